#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include <cstdint>
#include <span>

namespace finemix {

// One text's ids on their way into the model.
struct TokenSpan {
  std::span<const std::int32_t> ids;
  std::span<const std::int32_t> type_ids;
};

// A batch without padding: the tokens of all texts one after the other.
struct PackedBatch {
  at::Tensor ids;        // (tokens), int64
  at::Tensor type_ids;   // (tokens), int64
  at::Tensor positions;  // (tokens), int64; 0 at each text's first token
  at::Tensor first;      // (texts), int64: row of each text's [CLS]
  at::Tensor offsets;    // (texts + 1), int32: row of each text's first token, then their number
  std::int64_t texts = 0;
  std::int64_t longest = 0;
  std::int64_t largest_id = 0;       // of `ids`
  std::int64_t largest_type_id = 0;  // of `type_ids`

  std::int64_t tokens() const { return ids.size(0); }
};

// `sequences` must not be empty, nor any of them. Throws kInternal then, and on ids below 0.
PackedBatch pack(std::span<const TokenSpan> sequences, at::Device device);

}  // namespace finemix
