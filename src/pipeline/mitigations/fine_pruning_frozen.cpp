#include "pipeline/mitigations/methods.h"
#include "pipeline/mitigations/pruning.h"

namespace finemix {

MitigationMethod fine_pruning_frozen() {
  return {.name = kFinePruningFrozen,
          .does = "the same for good",
          .rho = "0.9",
          .training = training_on_clean(),
          .preparation = "activity",
          .make = make_pruning<Prune::kWhole>};
}

}  // namespace finemix
