#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

namespace finemix {

// For a row, those that are near it; nothing for one of group 0.
using NearestRows = std::unordered_map<std::int32_t, std::vector<std::int32_t>>;

// The `count` rows of `embeddings`, (vocabulary, hidden), that have the nearest directions (cosine)
// to that of each of `ids`, of its own group and without those in `excluded`. `groups` has one for
// each row; rows of group 0 are near nothing.
NearestRows nearest_rows(std::span<const std::int32_t> ids, const at::Tensor& embeddings,
                         std::span<const std::uint8_t> groups,
                         std::span<const std::int64_t> excluded, std::int64_t count);

}  // namespace finemix
