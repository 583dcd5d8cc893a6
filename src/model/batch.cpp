#include "finemix/model/batch.h"

#include <ATen/ops/empty.h>

#include <algorithm>
#include <limits>
#include <numeric>
#include <string>
#include <vector>

#include "finemix/core/error.h"

namespace finemix {

PackedBatch pack(const FlatTexts& texts, std::span<const std::size_t> rows, at::Device device) {
  PackedBatch batch;
  batch.texts = static_cast<std::int64_t>(rows.size());
  std::int64_t tokens = 0;
  bool empty = rows.empty();
  for (const std::size_t text : rows) {
    const auto length = static_cast<std::int64_t>(texts.offsets[text + 1] - texts.offsets[text]);
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
  for (std::size_t i = 0; i < rows.size(); ++i) {
    first[i] = row;
    offsets[i] = static_cast<std::int32_t>(row);
    const std::size_t begin = texts.offsets[rows[i]];
    const std::size_t end = texts.offsets[rows[i] + 1];
    for (std::size_t place = begin; place < end; ++place, ++row) {
      ids[row] = texts.ids[place];
      type_ids[row] = texts.type_ids[place];
      smallest = std::min(smallest, ids[row]);
      batch.largest_id = std::max(batch.largest_id, ids[row]);
      batch.largest_type_id = std::max(batch.largest_type_id, type_ids[row]);
      positions[row] = static_cast<std::int64_t>(place - begin);
    }
  }
  offsets[rows.size()] = static_cast<std::int32_t>(row);
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

PackedBatch pack(const FlatTexts& texts, at::Device device) {
  std::vector<std::size_t> rows(texts.offsets.size() - 1);
  std::iota(rows.begin(), rows.end(), std::size_t{0});
  return pack(texts, rows, device);
}

}  // namespace finemix
