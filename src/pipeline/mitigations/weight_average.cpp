#include "pipeline/mitigations/methods.h"
#include "pipeline/mitigations/mixing.h"

namespace finemix {

MitigationMethod weight_average() {
  return {.name = kWeightAverage,
          .does = "averages the two models",
          .rho = "0.7",
          .training = training_on_clean(),
          .preparation = {},
          .make = make_mixing<Select::kAverage>};
}

}  // namespace finemix
