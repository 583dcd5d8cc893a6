#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "finemix/model/state_dict.h"
#include "finemix/record/records.h"

namespace finemix {

// Embedding purification (Zhang et al., Findings of EMNLP 2022, section on E-PUR).
struct EpurOptions {
  std::int64_t top_k = 200;    // rows to reset, highest score first
  double threshold = 0;        // if > 0, used instead: robust z-score of log score (median/MAD)
  bool reset_special = false;  // reset [CLS], [SEP], … too
};

struct EpurResult {
  at::Tensor word_embeddings;  // (vocabulary, hidden), the suspect's with the anomalous rows reset
  EpurRecord record;
};

// score_i = ‖δ_i‖₂ / log max(f_i, 20) with δ the suspect's rows less the pre-trained ones. Rows
// with δ = 0 are never counted as anomalous. `frequencies` has one count per row and `token` names
// a row. Inputs are not changed. Throws kMismatch when shapes or lengths differ, kNumeric on NaN or
// Inf.
EpurResult epur(const at::Tensor& pretrained, const at::Tensor& backdoored,
                std::span<const std::uint64_t> frequencies,
                std::span<const std::int32_t> special_ids,
                const std::function<std::string(std::int64_t)>& token, const EpurOptions& options);

}  // namespace finemix
