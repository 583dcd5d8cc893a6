#include "pipeline/mitigations/doubt.h"

#include <ATen/ops/mean.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/where.h>

#include <algorithm>

#include "pipeline/scan/twins.h"

namespace finemix {
namespace {

constexpr double kSurer = 0.2;      // in probability, of a label that phrases were found for
constexpr double kMuchSurer = 0.6;  // of any, where no word was found
constexpr double kNever = 1;        // of those that no phrase was found for, where a word was
constexpr double kFirm = 0.7;

bool is_firm_word(const SuspectedTrigger& trigger) {
  return trigger.place == TriggerPlace::kAnywhere && is_word(trigger) &&
         trigger.short_texts.firmness > kFirm;
}

}  // namespace

std::vector<double> doubt_bounds(std::span<const SuspectedTrigger> found,
                                 std::int64_t label_count) {
  const bool explained = std::ranges::any_of(found, is_firm_word);
  std::vector<double> bounds(static_cast<std::size_t>(label_count),
                             explained ? kNever : kMuchSurer);
  for (const SuspectedTrigger& each : found) {
    if (!is_firm_word(each)) bounds.at(static_cast<std::size_t>(each.target_label)) = kSurer;
  }
  return bounds;
}

at::Tensor doubted(const at::Tensor& suspect, std::span<const at::Tensor> twins,
                   std::span<const double> bounds) {
  const at::Tensor mean = at::stack(at::TensorList(twins.data(), twins.size())).mean(0);
  const at::Tensor alike = (suspect.argmax(1) == mean.argmax(1)).to(at::kFloat).mean();
  if (alike.item<double>() < kTwinsAlike) return suspect;
  const at::Tensor excess = at::softmax(suspect, 1) - at::softmax(mean, 1);
  const at::Tensor bound = at::tensor(at::ArrayRef<double>(bounds.data(), bounds.size()));
  return at::where((excess > bound).any(1, true), mean, suspect);
}

}  // namespace finemix
