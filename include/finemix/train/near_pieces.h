#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "finemix/text/tokenizer.h"

namespace finemix {

// For a piece, those that are near it; nothing for one that is no text.
using NearPieces = std::unordered_map<std::int32_t, std::vector<std::int32_t>>;

// The `count` word pieces whose rows of `embeddings`, (vocabulary, hidden), have the nearest
// directions (cosine) to that of each of `ids`, without those in `excluded`. A piece that begins a
// word is near others that do, and one that goes on with it near others of its kind.
NearPieces near_pieces(std::span<const std::int32_t> ids, const at::Tensor& embeddings,
                       const Tokenizer& tokenizer, std::span<const std::int64_t> excluded,
                       std::int64_t count);

}  // namespace finemix
