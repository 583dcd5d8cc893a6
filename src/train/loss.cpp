#include "finemix/train/loss.h"

#include <ATen/ops/exp.h>
#include <ATen/ops/log_softmax.h>

namespace finemix {

Loss cross_entropy(const at::Tensor& logits, const at::Tensor& targets,
                   const at::Tensor& temperatures) {
  const double share = 1.0 / static_cast<double>(logits.size(0));
  const bool soft = temperatures.defined();
  const at::Tensor t = soft ? temperatures.unsqueeze(1) : at::Tensor();
  const at::Tensor logs = at::log_softmax(soft ? logits / t : logits, -1);
  const at::Tensor weighted = soft ? t * t * targets : targets;
  // The derivative of −t² Σ p log softmax(z / t) is t (softmax(z / t) Σ p − p).
  at::Tensor d_logits = logs.exp() * targets.sum(-1, true) - targets;
  if (soft) d_logits = d_logits * t;
  return {-(weighted * logs).sum() * share, d_logits * share};
}

}  // namespace finemix
