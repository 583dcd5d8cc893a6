#include "finemix/train/optimizer.h"

#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/_fused_adamw.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/clamp_max.h>
#include <ATen/ops/isfinite.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/maximum.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "finemix/core/error.h"
#include "finemix/core/profile.h"
#include "finemix/model/balance.h"
#include "finemix/model/memory.h"
#include "finemix/model/operand.h"
#include "lazy_rows.h"

namespace finemix {
namespace {

constexpr std::int64_t kChunk = 1 << 15;  // elements
constexpr double kClipEpsilon = 1e-6;     // of torch's clip_grad_norm_

// Added up chunk by chunk in order: the same for any number of threads.
double squared_length(const at::Tensor& values) {
  const ProfilePart timed("norm for clipping");
  const std::int64_t n = values.numel();
  std::vector<double> parts(static_cast<std::size_t>((n + kChunk - 1) / kChunk));
  with_operand_type(values, [&]<typename T>(T) {
    const T* const from = data<T>(values);
    at::parallel_for(
        0, static_cast<std::int64_t>(parts.size()), 1, [&](std::int64_t begin, std::int64_t end) {
          for (std::int64_t i = begin; i < end; ++i) {
            const std::int64_t start = i * kChunk;
            parts[static_cast<std::size_t>(i)] =
                simd::kernels<T>().squared_length(from + start, std::min(kChunk, n - start));
          }
        });
  });
  double sum = 0;
  for (const double part : parts) sum += part;
  return sum;
}

// One part's step, which has all that it reads and writes.
struct PartUpdate {
  simd::AdamWStep step;
  ParameterBuffer::Part part;
  at::Tensor first_moment;
  at::Tensor second_moment;

  void operator()(std::int64_t begin, std::int64_t end) const {
    with_operand_type(part.gradients, [&]<typename T>(T) {
      T* const operands = data<T>(part.operands);
      simd::kernels<T>().adamw(step, end - begin, data<T>(part.gradients) + begin,
                               data<float>(part.weights) + begin, data<float>(first_moment) + begin,
                               data<float>(second_moment) + begin,
                               operands ? operands + begin : nullptr);
    });
  }
};

}  // namespace

AdamW::AdamW(ParameterBuffer& parameters, const AdamWOptions& options)
    : parameters_(parameters), options_(options) {
  const at::Tensor& weights = parameters.weights();
  if (weights.is_cpu()) {
    const std::int64_t dense = weights.numel() - parameters.words().weights.numel();
    // Large blocks of memory all begin at the same place in a page, and a CPU that compares
    // addresses by their last twelve bits takes a load from one for a store to another: so each is
    // shifted.
    constexpr std::int64_t kShift = 336;  // elements
    const auto shifted = [&](std::int64_t shift) {
      return untouched_block({dense + shift}, weights.options()).narrow(0, shift, dense);
    };
    first_moment_ = shifted(kShift);
    second_moment_ = shifted(2 * kShift);
    words_ = std::make_unique<LazyRows>(parameters[kWordEmbeddings]);
  } else {
    first_moment_ = at::zeros_like(weights);
    second_moment_ = at::zeros_like(weights);
    device_steps_ = at::zeros({}, weights.options());
    device_failed_ = at::zeros({}, weights.options());
  }
}
AdamW::AdamW(AdamW&&) noexcept = default;
AdamW::~AdamW() = default;

void AdamW::catch_up(const PackedBatch& batch) {
  if (!words_) return;
  const auto* const ids = batch.ids.const_data_ptr<std::int64_t>();
  catch_up(std::vector<std::int64_t>(ids, ids + batch.tokens()));
}

void AdamW::catch_up(std::vector<std::int64_t> rows) {
  if (!words_) return;
  const ProfilePart part("AdamW, rows made up for");
  std::sort(rows.begin(), rows.end());
  rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
  words_->catch_up(rows);
}

void AdamW::finish() {
  parameters_.pending_update().settle();
  if (words_) words_->catch_up_all();
}

OptimizerState AdamW::state() const {
  OptimizerState state{steps_, first_moment_, second_moment_, {}, {}};
  if (words_) {
    words_->save(state.rows, state.row_moments);
  } else {
    state.steps = static_cast<std::int64_t>(device_steps_.item<float>());
  }
  return state;
}

void AdamW::restore(const OptimizerState& state) {
  for (const auto& [ours, theirs] : {std::pair(&first_moment_, &state.first_moment),
                                     std::pair(&second_moment_, &state.second_moment)}) {
    if (!theirs->defined() || theirs->sizes() != ours->sizes()) {
      throw Error(ErrorKind::kMalformed, kNoState);
    }
  }
  steps_ = state.steps;
  first_moment_.copy_(state.first_moment);
  second_moment_.copy_(state.second_moment);
  if (words_) {
    words_->restore(state.rows, state.row_moments);
  } else {
    device_steps_.fill_(static_cast<double>(state.steps));
  }
}

void AdamW::step(double learning_rate) {
  const at::NoGradGuard no_grad;
  const ProfilePart part("AdamW");
  words_ ? step_on_cpu(learning_rate) : step_on_device(learning_rate);
}

void AdamW::step_on_cpu(double learning_rate) {
  parameters_.pending_update().settle();
  const ParameterBuffer::Part* const parts[] = {&parameters_.matrices(), &parameters_.tables(),
                                                &parameters_.vectors()};
  double squares = squared_length(parameters_.word_gradients().values);
  for (const auto* part : parts) squares += squared_length(part->gradients);
  norm_ = std::sqrt(squares);
  throw_if_not_finite();

  ++steps_;
  const double clip = options_.gradient_clip;
  const auto corrected = [&](double beta) {
    return 1 - std::pow(beta, static_cast<double>(steps_));
  };
  simd::AdamWStep step{};
  step.rate = static_cast<float>(learning_rate);
  step.beta1 = static_cast<float>(options_.beta1);
  step.beta2 = static_cast<float>(options_.beta2);
  step.epsilon = static_cast<float>(options_.epsilon);
  step.correction1 = static_cast<float>(1 / corrected(options_.beta1));
  step.correction2 = static_cast<float>(1 / std::sqrt(corrected(options_.beta2)));
  step.gradient_scale =
      clip > 0 && norm_ > clip ? static_cast<float>(clip / (norm_ + kClipEpsilon)) : 1.0f;
  std::int64_t start = 0;
  const float decay = static_cast<float>(learning_rate * options_.weight_decay);
  for (const auto* part : parts) {
    step.decay = part->decays ? decay : 0.0f;
    const std::int64_t n = part->weights.numel();
    const PartUpdate update{step, *part, first_moment_.narrow(0, start, n),
                            second_moment_.narrow(0, start, n)};
    if (part == &parameters_.matrices()) {
      parameters_.pending_update().put_off(n, update);
    } else {
      balanced_for((n + kChunk - 1) / kChunk, 1, [&](std::int64_t first, std::int64_t last) {
        update(first * kChunk, std::min(n, last * kChunk));
      });
    }
    start += n;
  }
  step.decay = decay;
  words_->step(step, parameters_.word_gradients());
}

void AdamW::step_on_device(double learning_rate) {
  const ParameterBuffer& parameters = parameters_;
  // In the order of the parts in the flat weights.
  const at::Tensor gradients =
      at::cat({parameters.matrices().gradients.to(at::kFloat), parameters.tables().gradients,
               parameters.word_gradients().values.view(-1), parameters.vectors().gradients});
  device_norm_ = at::linalg_vector_norm(gradients);
  const at::Tensor failed = at::isfinite(device_norm_).logical_not().to(at::kFloat);
  device_failed_ = at::maximum(device_failed_, failed);
  if (options_.gradient_clip > 0) {
    gradients.mul_((options_.gradient_clip / (device_norm_ + kClipEpsilon)).clamp_max(1.0));
  }
  device_steps_.add_(1.0 - failed);
  const auto update_range = [&](std::int64_t start, std::int64_t length, double decay) {
    const auto part = [&](const at::Tensor& flat) { return flat.narrow(0, start, length); };
    at::_fused_adamw_({part(parameters.weights())}, {part(gradients)}, {part(first_moment_)},
                      {part(second_moment_)}, {}, {device_steps_}, learning_rate, options_.beta1,
                      options_.beta2, decay, options_.epsilon, /*amsgrad=*/false,
                      /*maximize=*/false, /*grad_scale=*/{}, /*found_inf=*/failed);
  };
  const std::int64_t decaying = parameters.vectors().start;
  update_range(0, decaying, options_.weight_decay);
  update_range(decaying, gradients.numel() - decaying, 0.0);
  parameters_.refresh_operands();
}

void AdamW::throw_if_not_finite() const {
  if (words_ ? std::isfinite(norm_) : device_failed_.item<float>() == 0) return;
  // None is to be found where the norm alone is too large, or on a device some steps later.
  const std::string name = parameters_.non_finite_gradient();
  throw Error(ErrorKind::kNumeric,
              (name.empty() ? "the norm of the gradients" : "the gradient of '" + name + "'") +
                  " is not finite; lower --learning-rate");
}

double AdamW::gradient_norm() const { return words_ ? norm_ : device_norm_.item<double>(); }

}  // namespace finemix
