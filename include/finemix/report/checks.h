#pragma once

#include <string>
#include <vector>

#include "finemix/record/gate.h"
#include "finemix/record/purify_record.h"
#include "finemix/record/scan_record.h"

namespace finemix {

// A record as continuous integration takes it: what was looked at, and what of it is a finding.

// A kind of evidence, a gate, or the verdict over all.
struct Check {
  std::string id;     // "verdict", "evidence/drift", "gate/min-acc"
  std::string title;  // what it looks at
  std::string help;   // how, in a few sentences
  bool failed = false;
  // Worth a look, though it convicts nobody: two tokenizers that differ, say.
  bool noted = false;
  std::string says;                  // in one sentence
  std::vector<std::string> details;  // further ones
  Json properties = Json::object();  // its numbers
};

struct Checks {
  std::string verb;               // "scan", "purify", "eval"
  std::string model = {};         // the directory of what was looked at, as given
  std::string model_sha256 = {};  // "" where it was not hashed
  std::string version = {};
  RunRequest request = {};
  double seconds = 0;
  // Something of these failed if and only if the verb's exit code is 1.
  std::vector<Check> checks = {};
};

Checks checks_of(const ScanRecord& record);
// Of the purified model, found in the suspect.
Checks checks_of(const PurifyRecord& record);
Checks checks_of(const EvaluationRecord& record, const std::vector<Gate>& gates,
                 const std::string& model, const RunRequest& request);

}  // namespace finemix
