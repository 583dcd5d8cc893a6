#pragma once

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "finemix/eval/insertion.h"
#include "finemix/eval/predict.h"

namespace finemix {

// The margins that phrases give the texts of slots, (phrases, slots, labels), by a model whose
// weights don't change: each text is run once however often it is asked for, on more slots, for
// another label, or grown from another word.
class RememberedMargins {
 public:
  // `model` must outlive this.
  explicit RememberedMargins(const Classifier& model) : model_(model) {}

  at::Tensor operator()(std::span<const Phrase> phrases, std::span<const InsertionSlot> slots);

 private:
  Predictor model_;
  std::unordered_map<std::string, std::size_t> rows_;  // by what tells texts apart
  std::vector<float> logits_;                          // (rows, labels)
};

}  // namespace finemix
