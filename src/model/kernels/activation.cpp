#include "model/kernels/activation.h"

#include "finemix/core/profile.h"
#include "finemix/model/balance.h"
#include "model/kernels/composed.h"
#include "model/kernels/row_sums.h"

namespace finemix {
namespace {

constexpr std::int64_t kGrain = 32;  // rows

}  // namespace

void activation_forward(Activation activation, const at::Tensor& x, const at::Tensor& bias,
                        const at::Tensor& y, bool keep) {
  const ProfilePart part("bias, activation");
  if (!x.is_cpu()) return composed::activation_forward(activation, x, bias, y, keep);
  with_operand_type(x, [&]<typename T>(T) {
    const simd::ActivationForward<T> call{activation,        x.size(1),  data<T>(x),
                                          data<float>(bias), data<T>(y), keep};
    balanced_for(x.size(0), kGrain, [&](std::int64_t begin, std::int64_t end) {
      simd::kernels<T>().activation_forward(call, begin, end);
    });
  });
}

void activation_backward(const at::Tensor& slope, const at::Tensor& gradient,
                         const at::Tensor& bias_gradient, Workspace& workspace) {
  const ProfilePart part("bias, activation backward");
  if (!slope.is_cpu()) return composed::activation_backward(slope, gradient, bias_gradient);
  with_operand_type(slope, [&]<typename T>(T) {
    sum_over_rows(slope.size(0), slope.size(1), workspace, {bias_gradient},
                  [&](std::int64_t begin, std::int64_t end, float* sums) {
                    simd::kernels<T>().activation_backward(data<T>(slope), slope.size(1), begin,
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
