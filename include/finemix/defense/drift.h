#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "finemix/model/state_dict.h"
#include "finemix/record/records.h"
#include "finemix/record/scan_record.h"

namespace finemix {

// How far each tensor of the suspect that the pre-trained model has too has moved from it, in the
// order of their names. Shapes must be the same.
std::vector<TensorDrift> tensor_drift(const StateDict& pretrained, const StateDict& backdoored);

// How much further the row of the highest score has moved than rows of frequent training words do:
// the logarithm of its score over that which one row in a thousand of the moved ones exceeds, or
// over the next one's where 20 rows at most, and at most a tenth of those that moved, stand apart
// from all others. 0 or below is what fine-tuning does; the rows of an attack that trains
// embeddings stand several times above. `rows` are an E-PUR record's, highest score first, without
// those around every text.
double row_excess(const std::vector<EpurRow>& rows);
// The first rows that stand so far above that an attack on embeddings explains it best, `most` at
// most.
std::vector<std::int64_t> outlier_rows(const std::vector<EpurRow>& rows, std::size_t most);

// The excess from which on a row is such an outlier.
inline constexpr double kOutlierExcess = 1.0;

}  // namespace finemix
