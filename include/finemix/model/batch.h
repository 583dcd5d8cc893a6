#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include <cstdint>
#include <span>

namespace finemix {

// The ids of many texts one after the other: those of a text begin at offsets[text] and end at
// offsets[text + 1]. A view of what holds them so, as EncodedTexts does, while that is unchanged.
struct FlatTexts {
  template <typename Texts>
  requires requires(const Texts& texts) { texts.offsets(); }
  FlatTexts(const Texts& texts)
      : ids(texts.ids()), type_ids(texts.type_ids()), offsets(texts.offsets()) {}

  std::span<const std::int32_t> ids;
  std::span<const std::uint8_t> type_ids;
  std::span<const std::size_t> offsets;
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

// A batch of the texts `rows`, in this order. Throws kInternal when there are none, when one of
// them is empty, and on ids below 0; kUsage when the batch is too large.
PackedBatch pack(const FlatTexts& texts, std::span<const std::size_t> rows, at::Device device);
// Of all texts.
PackedBatch pack(const FlatTexts& texts, at::Device device);

}  // namespace finemix
