#include "finemix/eval/predict.h"

#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/argmax.h>
#include <ATen/ops/empty.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <numeric>
#include <optional>
#include <span>
#include <vector>

#include "finemix/core/error.h"
#include "finemix/core/stop.h"
#include "finemix/model/fitting.h"

namespace finemix {
namespace {

// Tokens of a batch whose rows stay in a core's second cache, and of one that fills a GPU.
constexpr std::size_t kCpuTokens = 512;
constexpr std::size_t kGpuTokens = 8192;
// With fewer batches a thread, what the lanes need takes longer to make than they save.
constexpr std::size_t kBatchesALane = 4;

std::vector<std::size_t> longest_first(const EncodedTexts& texts) {
  std::vector<std::size_t> order(texts.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return texts.length(a) > texts.length(b); });
  return order;
}

std::vector<std::span<const std::size_t>> cut(std::span<const std::size_t> order,
                                              const EncodedTexts& texts, std::size_t tokens) {
  std::vector<std::span<const std::size_t>> batches;
  while (!order.empty()) {
    const std::size_t longest = std::max<std::size_t>(1, texts.length(order.front()));
    const std::size_t fitting = std::max<std::size_t>(1, tokens / longest);
    batches.push_back(order.first(std::min(order.size(), fitting)));
    order = order.subspan(batches.back().size());
  }
  return batches;
}

// The same for the CPU's threads, each of which takes a batch at a time: what fills few batches is
// shared out too. Into as many parts whatever the threads are, since results depend on it, if only
// by their rounding.
std::vector<std::span<const std::size_t>> shared_out(std::span<const std::size_t> order,
                                                     const EncodedTexts& texts) {
  constexpr std::size_t kParts = 4;
  constexpr std::size_t kFewestTokens = 128;  // of a part
  if (order.empty()) return {};
  const auto up = [](std::size_t a, std::size_t b) { return (a + b - 1) / b; };
  const std::size_t tokens = texts.ids().size();
  const std::size_t parts = kParts * std::max<std::size_t>(1, up(tokens, kParts * kCpuTokens));
  const std::size_t longest = texts.length(order.front());
  // A text more in each rather than a part more.
  return cut(order, texts, std::max(kFewestTokens, up(tokens, parts) + longest - 1));
}

// Calls work(lane, batch) for all batches, several lanes at a time; a lane takes the next batch
// when it is done with one.
template <typename Work>
void run_in_lanes(std::size_t lanes, std::size_t batches, const Work& work) {
  std::atomic<std::size_t> next{0};
  at::parallel_for(0, static_cast<std::int64_t>(lanes), 1,
                   [&](std::int64_t begin, std::int64_t end) {
                     for (std::int64_t lane = begin; lane < end; ++lane) {
                       for (std::size_t i = next++; i < batches; i = next++) {
                         try {
                           throw_if_stopped();
                           work(static_cast<std::size_t>(lane), i);
                         } catch (...) {
                           next = batches;  // ends the other lanes too
                           throw;
                         }
                       }
                     }
                   });
}

// Runs the texts in `lanes`, or where there are none one batch at a time.
at::Tensor run_batches(const Classifier& model, InferenceLanes* lanes, std::size_t count,
                       std::span<const std::span<const std::size_t>> batches,
                       const EncodedTexts& texts, Progress& progress) {
  at::Tensor logits =
      at::empty({static_cast<std::int64_t>(texts.size()), model.config().num_labels}, at::kFloat);
  std::mutex mutex;
  const auto keep = [&](std::span<const std::size_t> rows, const at::Tensor& found) {
    const std::lock_guard lock(mutex);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      logits[static_cast<std::int64_t>(rows[i])].copy_(found[static_cast<std::int64_t>(i)]);
    }
    progress.advance(rows.size());
  };
  if (lanes != nullptr) {
    run_in_lanes(count, batches.size(), [&](std::size_t lane, std::size_t i) {
      keep(batches[i], lanes->logits(lane, pack(texts, batches[i], model.device())));
    });
  } else {
    FittingParts fitting(model.device().str());
    for (const auto& rows : batches) {
      throw_if_stopped();
      fitting.run(rows, progress, [&](std::span<const std::size_t> part) {
        keep(part, model.logits(pack(texts, part, model.device())).to(at::kCPU));
      });
    }
  }
  if (!logits.isfinite().all().item<bool>()) {
    throw Error(ErrorKind::kNumeric,
                "the model's logits hold NaN or Inf where numbers are expected: its weights are "
                "broken, or their training diverged");
  }
  return logits;
}

std::size_t default_tokens(const Classifier& model) {
  return model.device().is_cpu() ? kCpuTokens : kGpuTokens;
}

// How many batches may run at a time.
std::size_t lanes_of(const Classifier& model) {
  return model.device().is_cpu() ? static_cast<std::size_t>(at::get_num_threads()) : 1;
}

}  // namespace

at::Tensor predict(const Classifier& model, const EncodedTexts& texts, Progress& progress,
                   std::size_t batch_tokens) {
  const at::NoGradGuard no_grad;
  const std::vector<std::size_t> order = longest_first(texts);
  const auto batches = cut(order, texts, batch_tokens > 0 ? batch_tokens : default_tokens(model));
  const std::size_t count = lanes_of(model);
  std::optional<InferenceLanes> lanes;
  if (model.device().is_cpu() && batches.size() >= kBatchesALane * count) {
    lanes.emplace(model, count);
  }
  return run_batches(model, lanes ? &*lanes : nullptr, count, batches, texts, progress);
}

Predictor::Predictor(const Classifier& model) : model_(model), count_(lanes_of(model)) {
  const at::NoGradGuard no_grad;
  if (model.device().is_cpu()) lanes_ = std::make_unique<InferenceLanes>(model, count_);
}

Predictor::~Predictor() = default;

at::Tensor Predictor::operator()(const EncodedTexts& texts) const {
  const at::NoGradGuard no_grad;
  const std::vector<std::size_t> order = longest_first(texts);
  const auto batches = model_.device().is_cpu() ? shared_out(order, texts)
                                                : cut(order, texts, default_tokens(model_));
  return run_batches(model_, lanes_.get(), count_, batches, texts, no_progress());
}

std::vector<std::int64_t> predicted_labels(const at::Tensor& logits) {
  const at::Tensor labels = logits.argmax(-1).contiguous();
  const auto* first = labels.const_data_ptr<std::int64_t>();
  return {first, first + labels.numel()};
}

}  // namespace finemix
