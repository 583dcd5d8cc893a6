#include "pipeline/mitigations/methods.h"
#include "pipeline/mitigations/mixing.h"

namespace finemix {

MitigationMethod fine_mixing_sel() {
  return {.name = kFineMixingSel,
          .does = "keeps weights by --select instead",
          .rho = "auto",
          .training = training_on_clean(),
          .preparation = {},
          .make = [](const MitigationInputs& inputs, Progress&) -> std::unique_ptr<Mitigation> {
            return std::make_unique<Mixing>(inputs, inputs.options.select);
          }};
}

}  // namespace finemix
