#include "finemix/core/progress.h"

namespace finemix {

Progress& no_progress() {
  static Progress silent;
  return silent;
}

}  // namespace finemix
