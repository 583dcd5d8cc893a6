#include "pipeline/mitigations/methods.h"
#include "pipeline/mitigations/whole_suspect.h"

namespace finemix {

MitigationMethod none() {
  return {.name = kNone,
          .does = "nothing beyond E-PUR",
          .rho = {},
          .training = {},
          .preparation = {},
          .make = WholeSuspect::make};
}

}  // namespace finemix
