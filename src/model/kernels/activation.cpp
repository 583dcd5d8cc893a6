#include "model/kernels/activation.h"

#include <ATen/Parallel.h>

#include "finemix/core/profile.h"
#include "model/kernels/composed.h"
#include "model/kernels/row_sums.h"

namespace finemix {
namespace {

constexpr std::int64_t kGrain = 32;  // rows

template <typename T>
simd::ActivationRows<T> rows_of(Activation activation, const at::Tensor& x,
                                const at::Tensor& bias) {
  return {activation, x.size(1), data<T>(x), data<float>(bias)};
}

}  // namespace

void activation_forward(Activation activation, const at::Tensor& x, const at::Tensor& bias,
                        const at::Tensor& y) {
  const ProfilePart part("bias, activation");
  if (!x.is_cpu()) return composed::activation_forward(activation, x, bias, y);
  with_operand_type(x, [&]<typename T>(T) {
    at::parallel_for(0, x.size(0), kGrain, [&](std::int64_t begin, std::int64_t end) {
      simd::kernels<T>().activation_forward(rows_of<T>(activation, x, bias), begin, end,
                                            data<T>(y));
    });
  });
}

void activation_backward(Activation activation, const at::Tensor& x, const at::Tensor& bias,
                         const at::Tensor& gradient, const at::Tensor& bias_gradient,
                         Workspace& workspace) {
  const ProfilePart part("bias, activation backward");
  if (!x.is_cpu()) {
    return composed::activation_backward(activation, x, bias, gradient, bias_gradient);
  }
  with_operand_type(x, [&]<typename T>(T) {
    sum_over_rows(x.size(0), x.size(1), workspace, {bias_gradient},
                  [&](std::int64_t begin, std::int64_t end, float* sums) {
                    simd::kernels<T>().activation_backward(rows_of<T>(activation, x, bias), begin,
                                                           end, data<T>(gradient), sums);
                  });
  });
}

void column_sums(const at::Tensor& rows, const at::Tensor& sums, Workspace& workspace) {
  const ProfilePart part("bias gradients of the projections");
  if (!rows.is_cpu()) return composed::column_sums(rows, sums);
  with_operand_type(rows, [&]<typename T>(T) {
    sum_over_rows(rows.size(0), rows.size(1), workspace, {sums},
                  [&](std::int64_t begin, std::int64_t end, float* block) {
                    simd::kernels<T>().column_sums(data<T>(rows), rows.size(1), begin, end, block);
                  });
  });
}

}  // namespace finemix
