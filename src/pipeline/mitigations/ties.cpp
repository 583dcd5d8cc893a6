#include "pipeline/mitigations/methods.h"
#include "pipeline/mitigations/mixing.h"

namespace finemix {

MitigationMethod ties() {
  return {.name = kTies,
          .does = "keeps the largest changes of each tensor",
          .rho = "0.3",
          .training = training_on_clean(),
          .preparation = {},
          .make = make_mixing<Select::kTrimmed>};
}

}  // namespace finemix
