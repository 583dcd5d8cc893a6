#include "pipeline/mitigations/methods.h"
#include "pipeline/mitigations/mixing.h"

namespace finemix {

MitigationMethod dare() {
  return {.name = kDare,
          .does = "keeps changes at random and enlarges them by 1/ρ",
          .rho = "0.1",
          .training = training_on_clean(),
          .preparation = {},
          .make = make_mixing<Select::kRescaled>};
}

}  // namespace finemix
