#include "model/kernels/simd/functions.h"
#include "model/kernels/simd/lanes.h"

namespace finemix::simd::FINEMIX_ISA {

template <typename T>
void norm_forward(const NormForward<T>& call, std::int64_t begin, std::int64_t end) {
  const std::int64_t n = call.hidden;
  const float share = 1.0f / static_cast<float>(n);
  for (std::int64_t row = begin; row < end; ++row) {
    float* const total = call.sum + row * n;
    F32 values_sum{};
    for_lanes(n, [&](std::int64_t i, std::int64_t count) {
      F32 value;
      if (call.branch) {
        value = load(call.branch + row * n + i, count) + load(call.bias + i, count);
        if (call.mask.words) {
          value = dropped(value, call.mask.words + row * mask_words(n), i, call.mask.scale);
        }
        value += load(call.residual + row * n + i, count);
        store(total + i, value, count);
      } else {
        value = load(total + i, count);
      }
      values_sum += value;
    });
    const float mean = sum(values_sum) * share;
    F32 squares{};
    for_lanes(n, [&](std::int64_t i, std::int64_t count) {
      const F32 difference = only(load(total + i, count) - mean, count);
      squares += difference * difference;
    });
    const float rstd = 1.0f / __builtin_sqrtf(sum(squares) * share + call.epsilon);
    for_lanes(n, [&](std::int64_t i, std::int64_t count) {
      const F32 normal = (load(total + i, count) - mean) * rstd;
      F32 out = normal * load(call.gamma + i, count) + load(call.beta + i, count);
      if (call.out_mask.words) {
        out = dropped(out, call.out_mask.words + row * mask_words(n), i, call.out_mask.scale);
      }
      store(call.out + row * n + i, out, count);
      if (call.out_operand) store(call.out_operand + row * n + i, out, count);
    });
    call.mean[row] = mean;
    call.rstd[row] = rstd;
  }
}

template <typename T>
void norm_backward(const NormBackward<T>& call, std::int64_t begin, std::int64_t end, float* sums) {
  const std::int64_t n = call.hidden;
  const float share = 1.0f / static_cast<float>(n);
  float* const d_gamma = sums;
  float* const d_beta = sums + n;
  float* const d_bias = sums + 2 * n;
  for (std::int64_t i = 0; i < 3 * n; ++i) sums[i] = 0;
  for (std::int64_t row = begin; row < end; ++row) {
    const F32 mean = splat(call.mean[row]);
    const F32 rstd = splat(call.rstd[row]);
    float* const d_sum = call.d_sum + row * n;
    F32 sum_g{}, sum_gx{};
    for_lanes(n, [&](std::int64_t i, std::int64_t count) {
      F32 d_out{};
      if (call.d_out) d_out = load(call.d_out + row * n + i, count);
      if (call.d_operand) d_out += load(call.d_operand + row * n + i, count);
      if (call.out_mask.words) {
        d_out = dropped(d_out, call.out_mask.words + row * mask_words(n), i, call.out_mask.scale);
      }
      const F32 normal = only((load(call.sum + row * n + i, count) - mean) * rstd, count);
      store(d_gamma + i, load(d_gamma + i, count) + d_out * normal, count);
      store(d_beta + i, load(d_beta + i, count) + d_out, count);
      const F32 g = d_out * load(call.gamma + i, count);
      sum_g += g;
      sum_gx += g * normal;
      store(d_sum + i, g, count);
    });
    const float mean_g = sum(sum_g) * share;
    const float mean_gx = sum(sum_gx) * share;
    for_lanes(n, [&](std::int64_t i, std::int64_t count) {
      const F32 normal = (load(call.sum + row * n + i, count) - mean) * rstd;
      const F32 g = load(d_sum + i, count);
      const F32 value = rstd * (g - mean_g - normal * mean_gx);
      store(d_sum + i, value, count);
      if (!call.d_branch) return;
      const F32 branch = call.mask.words ? dropped(value, call.mask.words + row * mask_words(n), i,
                                                   call.mask.scale)
                                         : value;
      store(call.d_branch + row * n + i, branch, count);
      store(d_bias + i, load(d_bias + i, count) + branch, count);
    });
  }
}

template void norm_forward(const NormForward<float>&, std::int64_t, std::int64_t);
template void norm_forward(const NormForward<Bf16>&, std::int64_t, std::int64_t);
template void norm_backward(const NormBackward<float>&, std::int64_t, std::int64_t, float*);
template void norm_backward(const NormBackward<Bf16>&, std::int64_t, std::int64_t, float*);

}  // namespace finemix::simd::FINEMIX_ISA
