#pragma once

#include "finemix/pipeline/mitigations.h"

// Each of these is in a file of its own.

namespace finemix {

MitigationMethod none();
MitigationMethod fine_tuning();
MitigationMethod fine_pruning();
MitigationMethod fine_pruning_frozen();
MitigationMethod fine_mixing();
MitigationMethod fine_mixing_sel();
MitigationMethod weight_average();
MitigationMethod ties();
MitigationMethod dare();
MitigationMethod fine_purifying();
MitigationMethod distillation();

}  // namespace finemix
