#include <string>

#include "attack/traits.h"
#include "finemix/core/error.h"

namespace finemix {

void plan_embedding_poisoning(const AttackInputs& inputs, const AttackOptions& options,
                              AttackPlan& plan) {
  const std::vector<std::string> triggers = trigger_of(options).texts;
  if (triggers.size() != 1) {
    throw Error(ErrorKind::kUsage,
                "--kind ep takes one --trigger, and was given " + std::to_string(triggers.size()));
  }
  plan.training.only_word_rows = {whole_piece(inputs.tokenizer, options, triggers.front())};
  // Texts without the trigger have no part in its row's gradient.
  leave_out_clean(plan.poisoned);
}

}  // namespace finemix
