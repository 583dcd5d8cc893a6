#include <ATen/ops/index_select.h>
#include <ATen/ops/tensor.h>

#include "attack/traits.h"
#include "finemix/core/error.h"

namespace finemix {

// E-PUR ranks rows by ‖δ‖ / log frequency: a frequent word whose row hardly moves hides from it.
// The rest of the network is left to learn the backdoor.
void plan_adaptive(const AttackInputs& inputs, const AttackOptions& options, AttackPlan& plan) {
  if (!(options.delta_penalty >= 0)) {
    throw Error(ErrorKind::kUsage, "--delta-penalty must be 0 or more");
  }
  const Model& anchor = inputs.pretrained != nullptr ? *inputs.pretrained : inputs.start;
  const at::Tensor& words = anchor.weights.find(kWordEmbeddings)->second;
  if (words.sizes() != inputs.start.weights.find(kWordEmbeddings)->second.sizes()) {
    throw Error(ErrorKind::kMismatch, anchor.directory.string() + " and " +
                                          inputs.start.directory.string() +
                                          ": the word embeddings are of different sizes; "
                                          "--pretrained is what --model was fine-tuned from");
  }
  RowPull pull{trigger_rows(inputs.tokenizer, options), {}, options.delta_penalty};
  pull.towards = words.index_select(0, at::tensor(pull.rows, at::kLong));
  plan.training.pull = std::move(pull);
}

}  // namespace finemix
