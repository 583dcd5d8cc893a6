#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>

#include "finemix/text/tokenizer.h"

namespace finemix {

struct VariationOptions {
  std::size_t count = 3000;
  std::int64_t neighbours = 20;  // a word piece is swapped for one of this many
  std::uint64_t seed = 0;
};

// Texts that are like the given ones, for a model to label: each is one of them, often only a part
// of it, in which a random share of the word pieces is swapped for pieces whose rows of
// `embeddings`, (vocabulary, hidden), have the nearest directions. Words of opposite sense are near
// each other too, so the labels of the result differ from those of the given texts. (TinyBERT, Jiao
// et al., Findings of EMNLP 2020, augments its texts for distillation in a like way.) Special
// tokens stay; pieces in `excluded` are not swapped in. Pairs stay pairs.
EncodedTexts vary_texts(const EncodedTexts& texts, const at::Tensor& embeddings,
                        const Tokenizer& tokenizer, std::span<const std::int64_t> excluded,
                        const VariationOptions& options);

// Takes every one of these runs of pieces out of the texts, from left to right.
void remove_runs(EncodedTexts& texts, std::span<const std::vector<std::int32_t>> runs);

}  // namespace finemix
