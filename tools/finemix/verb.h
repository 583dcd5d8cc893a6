#pragma once

#include <functional>
#include <string>
#include <vector>

#include "console.h"
#include "option_table.h"

namespace finemix {

// One sub-command. Its options are bound to a struct that `run` holds too.
struct Verb {
  std::string name;
  std::string summary;  // one line
  std::string details;  // a few sentences
  std::string example;  // a whole command line that works
  OptionTable options;
  std::function<void(Console&)> run;
};

Verb scan_verb();
Verb purify_verb();
Verb compare_verb();
Verb sweep_verb();
Verb epur_verb();
Verb mix_verb();
Verb train_verb();
Verb eval_verb();
Verb attack_verb();
Verb tokenize_verb();
Verb inspect_verb();
Verb verify_verb();
Verb report_verb();
Verb demo_verb();

// In the order in which help shows them.
std::vector<Verb> all_verbs();

}  // namespace finemix
