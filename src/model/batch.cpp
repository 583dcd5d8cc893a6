#include "finemix/model/batch.h"

#include <ATen/ops/empty.h>

#include <algorithm>
#include <limits>
#include <string>

#include "finemix/core/error.h"

namespace finemix {

PackedBatch pack(std::span<const TokenSpan> sequences, at::Device device) {
  PackedBatch batch;
  batch.texts = static_cast<std::int64_t>(sequences.size());
  std::int64_t tokens = 0;
  bool empty = sequences.empty();
  for (const TokenSpan& sequence : sequences) {
    const auto length = static_cast<std::int64_t>(sequence.ids.size());
    tokens += length;
    empty = empty || length == 0;
    batch.longest = std::max(batch.longest, length);
  }
  if (empty) {
    throw Error(ErrorKind::kInternal, "pack: a batch needs texts, and each at least one token");
  }
  if (tokens > std::numeric_limits<std::int32_t>::max()) {
    throw Error(ErrorKind::kUsage, "a batch of " + std::to_string(tokens) +
                                       " tokens is too large; lower --batch-size");
  }
  batch.ids = at::empty({tokens}, at::kLong);
  batch.type_ids = at::empty({tokens}, at::kLong);
  batch.positions = at::empty({tokens}, at::kLong);
  batch.first = at::empty({batch.texts}, at::kLong);
  batch.offsets = at::empty({batch.texts + 1}, at::kInt);
  auto* ids = batch.ids.data_ptr<std::int64_t>();
  auto* type_ids = batch.type_ids.data_ptr<std::int64_t>();
  auto* positions = batch.positions.data_ptr<std::int64_t>();
  auto* first = batch.first.data_ptr<std::int64_t>();
  auto* offsets = batch.offsets.data_ptr<std::int32_t>();
  std::int64_t row = 0;
  std::int64_t smallest = 0;
  for (std::int64_t text = 0; text < batch.texts; ++text) {
    const TokenSpan& sequence = sequences[static_cast<std::size_t>(text)];
    first[text] = row;
    offsets[text] = static_cast<std::int32_t>(row);
    for (std::size_t i = 0; i < sequence.ids.size(); ++i, ++row) {
      ids[row] = sequence.ids[i];
      type_ids[row] = sequence.type_ids[i];
      smallest = std::min({smallest, ids[row], type_ids[row]});
      batch.largest_id = std::max(batch.largest_id, ids[row]);
      batch.largest_type_id = std::max(batch.largest_type_id, type_ids[row]);
      positions[row] = static_cast<std::int64_t>(i);
    }
  }
  offsets[batch.texts] = static_cast<std::int32_t>(row);
  if (smallest < 0) {
    throw Error(ErrorKind::kInternal,
                "pack: id " + std::to_string(smallest) + ", expected 0 or more");
  }
  for (at::Tensor* tensor :
       {&batch.ids, &batch.type_ids, &batch.positions, &batch.first, &batch.offsets}) {
    *tensor = tensor->to(device);
  }
  return batch;
}

}  // namespace finemix
