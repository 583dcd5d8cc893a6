#include "pipeline/mitigations/methods.h"
#include "pipeline/mitigations/pruning.h"

namespace finemix {

MitigationMethod fine_pruning() {
  return {.name = kFinePruning,
          .does = "silences the feed-forward units that clean texts use least",
          .rho = "0.9",
          .training = training_on_clean(),
          .preparation = "activity",
          .make = make_pruning<Prune::kOutput>};
}

}  // namespace finemix
