#include "verb.h"

namespace finemix {

std::vector<Verb> all_verbs() {
  return {scan_verb(),     purify_verb(),  compare_verb(), sweep_verb(), report_verb(),
          epur_verb(),     mix_verb(),     train_verb(),   eval_verb(),  attack_verb(),
          tokenize_verb(), inspect_verb(), verify_verb(),  demo_verb()};
}

}  // namespace finemix
