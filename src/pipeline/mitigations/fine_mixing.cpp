#include "pipeline/mitigations/methods.h"
#include "pipeline/mitigations/mixing.h"

namespace finemix {

MitigationMethod fine_mixing() {
  return {.name = kFineMixing,
          .does = "keeps weights at random, the rest is pre-trained (the paper's recipe)",
          .rho = "auto",
          .training = training_on_clean(),
          .preparation = {},
          .make = make_mixing<Select::kRandom>};
}

}  // namespace finemix
