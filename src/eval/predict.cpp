#include "finemix/eval/predict.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/argmax.h>
#include <ATen/ops/empty.h>

#include <algorithm>
#include <numeric>

#include "finemix/core/error.h"
#include "finemix/core/stop.h"

namespace finemix {

at::Tensor predict(const Classifier& model, std::span<const Encoding> encodings, Progress& progress,
                   std::size_t batch_tokens) {
  const at::NoGradGuard no_grad;
  std::vector<std::size_t> order(encodings.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return encodings[a].ids.size() > encodings[b].ids.size();
  });
  at::Tensor logits = at::empty(
      {static_cast<std::int64_t>(encodings.size()), model.config().num_labels}, at::kFloat);
  std::vector<TokenSpan> batch;
  for (std::size_t start = 0; start < order.size(); start += batch.size()) {
    throw_if_stopped();
    const std::size_t longest = std::max<std::size_t>(1, encodings[order[start]].ids.size());
    const std::size_t end =
        std::min(order.size(), start + std::max<std::size_t>(1, batch_tokens / longest));
    batch.clear();
    for (std::size_t i = start; i < end; ++i) {
      const Encoding& encoding = encodings[order[i]];
      batch.push_back({encoding.ids, encoding.type_ids});
    }
    const at::Tensor rows = model.logits(pack(batch, model.device())).to(at::kCPU);
    for (std::size_t i = start; i < end; ++i) {
      logits[static_cast<std::int64_t>(order[i])].copy_(rows[static_cast<std::int64_t>(i - start)]);
    }
    progress.advance(batch.size());
  }
  if (!logits.isfinite().all().item<bool>()) {
    throw Error(ErrorKind::kNumeric, "the model's logits hold NaN or Inf; its weights are broken");
  }
  return logits;
}

std::vector<std::int64_t> predicted_labels(const at::Tensor& logits) {
  const at::Tensor labels = logits.argmax(-1).contiguous();
  const auto* first = labels.const_data_ptr<std::int64_t>();
  return {first, first + labels.numel()};
}

}  // namespace finemix
