#include "finemix/report/checks.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <string_view>

#include "finemix/record/version.h"
#include "finemix/report/scan_tables.h"
#include "finemix/report/suspect_tables.h"

namespace finemix {
namespace {

constexpr std::size_t kNamedTriggers = 10;

struct GateText {
  std::string_view name;
  const char* title;
  const char* help;
};

constexpr std::array kGateTexts = {
    GateText{"min-acc", "The model is accurate enough",
             "Its accuracy on clean texts is not below the bound."},
    GateText{"max-acc-drop", "Purifying costs little accuracy",
             "The accuracy of the purified model on clean texts is at most so many points below "
             "that of the suspect."},
    GateText{"max-asr", "The attack does not work",
             "Of texts of other labels, the share that a trigger puts into the target label is "
             "not above the bound. Where no attack is known it is estimated with the strongest "
             "words that can be found."},
};

Check check_of(const Gate& gate) {
  Check check;
  check.id = "gate/" + gate.name;
  const auto known = std::ranges::find(kGateTexts, gate.name, &GateText::name);
  check.title = known == kGateTexts.end() ? gate.name : known->title;
  check.help = known == kGateTexts.end() ? "" : known->help;
  check.failed = !gate.passed;
  check.says = gate.says;
  check.properties = {{"bound", gate.bound},
                      {"found", gate.found ? Json(*gate.found) : Json(nullptr)}};
  return check;
}

Check check_of(const Evidence& evidence) {
  Check check;
  check.id = "evidence/" + evidence.name;
  check.title = evidence_title(evidence.name);
  check.help = evidence_help(evidence.name);
  check.failed = evidence.suspicious;
  check.noted = !evidence.suspicious && !evidence.findings.empty();
  check.says = evidence.findings.empty() ? check.title : evidence.findings.front();
  if (evidence.findings.size() > 1) {
    check.details.assign(evidence.findings.begin() + 1, evidence.findings.end());
  }
  if (check.noted) check.details.push_back("By itself that is no sign of a backdoor.");
  check.properties = {{"score", evidence.score}, {"threshold", evidence.threshold}};
  return check;
}

Check verdict_check(const ScanRecord& record) {
  Check check;
  check.id = "verdict";
  check.title = "The model has no backdoor that a scan can find";
  check.help =
      "All evidence is weighed together. A model above the threshold is not to be used as it is: "
      "purify it with finemix purify, and scan what comes out.";
  check.failed = record.suspicious;
  check.says = verdict_sentence(record);
  check.details = {score_sentence(record), estimate_sentence(record)};
  for (std::size_t i = 0; i < std::min(kNamedTriggers, record.triggers.size()); ++i) {
    const SuspectedTrigger& trigger = record.triggers[i];
    if (!convicts(trigger)) continue;
    check.details.push_back(trigger_name(trigger) + " " + trigger_effect_text(trigger));
  }
  check.noted = !record.suspicious && !record.unsearched_labels.empty();
  check.details.insert(check.details.end(), record.notes.begin(), record.notes.end());
  check.properties = {{"score", record.score}, {"threshold", record.threshold}};
  if (record.estimated_asr) check.properties["estimated_asr"] = record.estimated_asr->value;
  return check;
}

void add_gates(std::vector<Check>& checks, const std::vector<Gate>& gates) {
  for (const Gate& gate : gates) checks.push_back(check_of(gate));
}

// That the run came to its end: a list without any gate is not empty.
Check done(std::string id, std::string title, const EvaluationRecord& record) {
  Check check;
  check.id = std::move(id);
  check.title = std::move(title);
  check.says =
      record.accuracy ? "accuracy is " + rate_text(*record.accuracy) : "accuracy was not measured";
  if (record.attack_success_rate) {
    check.details.push_back("attack success is " + rate_text(*record.attack_success_rate));
  }
  return check;
}

double total(const std::map<std::string, double>& seconds) {
  double sum = 0;
  for (const auto& [stage, time] : seconds) sum += time;
  return sum;
}

void name_model(Checks& checks, const std::vector<InputRecord>& inputs) {
  const auto suspect = std::ranges::find(inputs, "backdoored", &InputRecord::name);
  if (suspect == inputs.end()) return;
  checks.model = suspect->path;
  checks.model_sha256 = suspect->sha256;
}

}  // namespace

Checks checks_of(const ScanRecord& record) {
  Checks checks{.verb = "scan",
                .version = record.version,
                .request = record.request,
                .seconds = total(record.seconds)};
  name_model(checks, record.inputs);
  checks.checks.push_back(verdict_check(record));
  for (const Evidence& evidence : record.evidence) {
    checks.checks.push_back(check_of(evidence));
  }
  add_gates(checks.checks, record.gates);
  return checks;
}

Checks checks_of(const PurifyRecord& record) {
  Checks checks{.verb = "purify",
                .version = record.version,
                .request = record.request,
                .seconds = total(record.seconds)};
  name_model(checks, record.inputs);
  checks.checks.push_back(done("purified", "The model was purified", record.after));
  add_gates(checks.checks, record.gates);
  return checks;
}

Checks checks_of(const EvaluationRecord& record, const std::vector<Gate>& gates,
                 const std::string& model, const RunRequest& request) {
  Checks checks{.verb = "eval",
                .model = model,
                .version = std::string(kVersion),
                .request = request,
                .seconds = record.seconds};
  checks.checks.push_back(done("evaluated", "The model was evaluated", record));
  add_gates(checks.checks, gates);
  return checks;
}

}  // namespace finemix
