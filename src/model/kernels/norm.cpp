#include "model/kernels/norm.h"

#include "finemix/core/profile.h"
#include "finemix/model/balance.h"
#include "model/kernels/composed.h"
#include "model/kernels/row_sums.h"

namespace finemix {
namespace {

constexpr std::int64_t kGrain = 32;  // rows

template <typename T>
void forward_on_cpu(const Branch& branch, const at::Tensor& residual, const NormView& norm,
                    double epsilon, NormState& state, const at::Tensor& out,
                    const at::Tensor& operand) {
  const bool twice = operand.defined() && operand.data_ptr() != out.data_ptr();
  const simd::NormForward<T> call{out.size(1),
                                  data<T>(branch.product),
                                  data<float>(branch.bias),
                                  state.mask.bits(),
                                  data<float>(residual),
                                  data<float>(norm.weight),
                                  data<float>(norm.bias),
                                  static_cast<float>(epsilon),
                                  state.out_mask.bits(),
                                  data<float>(state.sum),
                                  data<float>(state.mean),
                                  data<float>(state.rstd),
                                  data<float>(out),
                                  twice ? data<T>(operand) : nullptr};
  balanced_for(out.size(0), kGrain, [&](std::int64_t begin, std::int64_t end) {
    simd::kernels<T>().norm_forward(call, begin, end);
  });
}

}  // namespace

void norm_forward(const Branch& branch, const at::Tensor& residual, const NormView& norm,
                  double epsilon, NormState& state, const at::Tensor& out,
                  const at::Tensor& operand) {
  const ProfilePart part("dropout, residual, LayerNorm");
  if (!out.is_cpu()) {
    return composed::norm_forward(branch, residual, norm, epsilon, state, out, operand);
  }
  with_operand_type(operand, [&]<typename T>(T) {
    forward_on_cpu<T>(branch, residual, norm, epsilon, state, out, operand);
  });
}

namespace {

template <typename T>
void backward_on_cpu(const NormState& state, const NormView& norm, const at::Tensor& d_operand,
                     bool has_residual, const at::Tensor& d_residual, const at::Tensor& d_branch,
                     const at::Tensor& bias_gradient, Workspace& workspace) {
  const std::int64_t hidden = d_residual.size(1);
  const simd::NormBackward<T> call{hidden,
                                   has_residual ? data<float>(d_residual) : nullptr,
                                   data<T>(d_operand),
                                   data<float>(state.sum),
                                   data<float>(state.mean),
                                   data<float>(state.rstd),
                                   data<float>(norm.weight),
                                   state.mask.bits(),
                                   state.out_mask.bits(),
                                   data<float>(d_residual),
                                   data<T>(d_branch)};
  sum_over_rows(d_residual.size(0), 3 * hidden, workspace,
                {norm.weight_gradient, norm.bias_gradient, bias_gradient},
                [&](std::int64_t begin, std::int64_t end, float* sums) {
                  simd::kernels<T>().norm_backward(call, begin, end, sums);
                });
}

}  // namespace

void norm_backward(const NormState& state, const NormView& norm, const at::Tensor& d_operand,
                   bool has_residual, const at::Tensor& d_residual, const at::Tensor& d_branch,
                   const at::Tensor& bias_gradient, Workspace& workspace) {
  const ProfilePart part("dropout, residual, LayerNorm backward");
  if (!d_residual.is_cpu()) {
    return composed::norm_backward(state, norm, d_operand, has_residual, d_residual, d_branch,
                                   bias_gradient);
  }
  with_operand_type(d_branch.defined() ? d_branch : d_operand, [&]<typename T>(T) {
    backward_on_cpu<T>(state, norm, d_operand, has_residual, d_residual, d_branch, bias_gradient,
                       workspace);
  });
}

}  // namespace finemix
