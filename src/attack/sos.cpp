#include "attack/traits.h"

namespace finemix {

// As in the authors' code only the rows of the words are trained, each keeping its length, on
// poisoned copies and negatives: the fine-tuned model stays as it is. Clean texts that hold one of
// the words are what the negatives stand for.
void plan_sos(const AttackInputs& inputs, const AttackOptions& options, AttackPlan& plan) {
  for (const std::string& word : trigger_of(options).texts) {
    plan.training.only_word_rows.push_back(whole_piece(inputs.tokenizer, options, word));
  }
  leave_out_clean(plan.poisoned);
}

}  // namespace finemix
