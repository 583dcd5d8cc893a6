#include "pipeline/mitigations/methods.h"
#include "pipeline/mitigations/whole_suspect.h"

namespace finemix {

MitigationMethod fine_tuning() {
  return {.name = kFineTuning,
          .does = "trains the suspect on the clean texts",
          .rho = {},
          .training = training_on_clean(),
          .preparation = {},
          .make = WholeSuspect::make};
}

}  // namespace finemix
