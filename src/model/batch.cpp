#include "finemix/model/batch.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>

#include <algorithm>
#include <limits>

#include "finemix/core/error.h"

namespace finemix {

PackedBatch pack(std::span<const TokenSpan> sequences, at::Device device) {
  PackedBatch batch;
  batch.texts = static_cast<std::int64_t>(sequences.size());
  std::int64_t tokens = 0;
  std::int64_t shortest = std::numeric_limits<std::int64_t>::max();
  for (const TokenSpan& sequence : sequences) {
    const auto length = static_cast<std::int64_t>(sequence.ids.size());
    tokens += length;
    shortest = std::min(shortest, length);
    batch.longest = std::max(batch.longest, length);
  }
  if (batch.texts == 0 || shortest == 0) {
    throw Error(ErrorKind::kInternal, "pack: a batch needs texts, and each at least one token");
  }

  batch.ids = at::empty({tokens}, at::kLong);
  batch.type_ids = at::empty({tokens}, at::kLong);
  batch.positions = at::empty({tokens}, at::kLong);
  batch.places = at::empty({tokens}, at::kLong);
  batch.first = at::empty({batch.texts}, at::kLong);
  auto* ids = batch.ids.data_ptr<std::int64_t>();
  auto* type_ids = batch.type_ids.data_ptr<std::int64_t>();
  auto* positions = batch.positions.data_ptr<std::int64_t>();
  auto* places = batch.places.data_ptr<std::int64_t>();
  auto* first = batch.first.data_ptr<std::int64_t>();
  std::int64_t row = 0;
  for (std::int64_t text = 0; text < batch.texts; ++text) {
    const TokenSpan& sequence = sequences[static_cast<std::size_t>(text)];
    first[text] = row;
    for (std::size_t i = 0; i < sequence.ids.size(); ++i, ++row) {
      ids[row] = sequence.ids[i];
      type_ids[row] = sequence.type_ids[i];
      positions[row] = static_cast<std::int64_t>(i);
      places[row] = text * batch.longest + static_cast<std::int64_t>(i);
    }
  }
  if (shortest < batch.longest) {
    batch.bias = at::full({batch.texts, 1, 1, batch.longest},
                          -std::numeric_limits<float>::infinity(), at::kFloat);
    batch.bias.view({-1}).index_fill_(0, batch.places, 0.0);
    batch.bias = batch.bias.to(device);
  }
  for (at::Tensor* tensor :
       {&batch.ids, &batch.type_ids, &batch.positions, &batch.places, &batch.first}) {
    *tensor = tensor->to(device);
  }
  return batch;
}

}  // namespace finemix
