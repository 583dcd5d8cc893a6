#include "finemix/eval/predict.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/argmax.h>
#include <ATen/ops/empty.h>

#include <algorithm>
#include <numeric>
#include <span>

#include "finemix/core/error.h"
#include "finemix/core/stop.h"

namespace finemix {

at::Tensor predict(const Classifier& model, const EncodedTexts& texts, Progress& progress,
                   std::size_t batch_tokens) {
  const at::NoGradGuard no_grad;
  std::vector<std::size_t> order(texts.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return texts.length(a) > texts.length(b); });
  at::Tensor logits =
      at::empty({static_cast<std::int64_t>(texts.size()), model.config().num_labels}, at::kFloat);
  for (std::span<const std::size_t> left(order); !left.empty();) {
    throw_if_stopped();
    const std::size_t longest = std::max<std::size_t>(1, texts.length(left.front()));
    const std::size_t fitting = std::max<std::size_t>(1, batch_tokens / longest);
    const auto rows = left.first(std::min(left.size(), fitting));
    left = left.subspan(rows.size());
    const at::Tensor found = model.logits(pack(texts, rows, model.device())).to(at::kCPU);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      logits[static_cast<std::int64_t>(rows[i])].copy_(found[static_cast<std::int64_t>(i)]);
    }
    progress.advance(rows.size());
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
