#include "finemix/train/distillation.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/full.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/softmax.h>

#include <algorithm>
#include <cmath>

namespace finemix {

TrainingSet distillation_set(const TrainingSet& clean, EncodedTexts texts,
                             const at::Tensor& teacher_logits, const DistillationOptions& options) {
  const auto taught = static_cast<std::int64_t>(texts.size());
  const double wanted = options.clean_share / (1 - options.clean_share) *
                        static_cast<double>(taught) / static_cast<double>(clean.size());
  const std::int64_t repeats =
      options.clean_share > 0 ? std::max<std::int64_t>(1, std::llround(wanted)) : 0;

  TrainingSet set{std::move(texts), {}, {}};
  for (std::int64_t i = 0; i < repeats; ++i) set.texts.append(clean.texts);
  set.targets = at::cat({at::softmax(teacher_logits.to(at::kFloat) / options.temperature, -1),
                         clean.targets.repeat({repeats, 1})});
  set.temperatures = at::cat({at::full({taught}, options.temperature, at::kFloat),
                              at::ones({repeats * clean.size()}, at::kFloat)});
  return set;
}

}  // namespace finemix
