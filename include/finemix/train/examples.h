#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "finemix/model/batch.h"
#include "finemix/text/tokenizer.h"

namespace finemix {

// Tokenized examples with what the model should say of each.
struct TrainingSet {
  EncodedTexts texts;
  at::Tensor targets;  // (examples, labels), fp32: probabilities; one-hot for a hard label
  at::Tensor temperatures = {};  // (examples), fp32: of targets that are soft; undefined: all 1

  std::int64_t size() const { return static_cast<std::int64_t>(texts.size()); }
};

// The labels that a classifier of this data needs: one more than the largest, and at least two.
std::int64_t label_count(const Dataset& data);

// Tokenizes labelled data. Throws kMismatch on a label that is not below `labels`.
TrainingSet tokenize_labelled(const Tokenizer& tokenizer, const Dataset& data, std::int64_t labels,
                              std::size_t max_length);

}  // namespace finemix
