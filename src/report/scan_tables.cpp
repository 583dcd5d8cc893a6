#include "finemix/report/scan_tables.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "finemix/core/quote.h"
#include "finemix/report/suspect_tables.h"
#include "finemix/report/text.h"

namespace finemix {
namespace {

constexpr std::size_t kNameWidth = 60;
constexpr std::size_t kFindingWidth = 56;

struct EvidenceText {
  std::string_view name;
  const char* title;
  const char* help;
};

constexpr std::string_view kTriggerSearch = "trigger-search";
constexpr std::string_view kTokenizer = "tokenizer";

constexpr std::array kEvidenceTexts = {
    EvidenceText{kTriggerSearch, "Words that flip answers",
                 "Words are put into clean texts. A backdoor's trigger moves nearly all of them to "
                 "one label, which the meaning of an ordinary word does not."},
    EvidenceText{"embedding-rows", "Word embeddings that moved too far",
                 "A trigger is a rare word that fine-tuning has moved far from where the "
                 "pre-trained model has it. The score of a row is ‖δ‖₂ / log max(frequency, 20)."},
    EvidenceText{"drift", "Where the weights moved",
                 "Ordinary fine-tuning moves all layers, the upper ones more. Attacks on single "
                 "embeddings or on low layers alone look otherwise, and so do weights that were "
                 "moved so far that no clean model can be made of half of them."},
    EvidenceText{kTokenizer, "Tokenizer and configuration",
                 "Fine-tuning has no need to change either. A word that was made a special token "
                 "may be a trigger, and so may one that is replaced by others."},
    EvidenceText{"provenance", "Where the checkpoint comes from",
                 "Whether the suspect can have been fine-tuned from the pre-trained model that was "
                 "named. finemix inspect tells what else lies in its directory."},
};

const EvidenceText* known_evidence(std::string_view name) {
  const auto found = std::ranges::find(kEvidenceTexts, name, &EvidenceText::name);
  return found == kEvidenceTexts.end() ? nullptr : &*found;
}

bool convicts_by(const ScanRecord& record, std::string_view kind) {
  return std::ranges::any_of(record.evidence, [kind](const Evidence& evidence) {
    return evidence.suspicious && evidence.name == kind;
  });
}

// A title inside of a sentence.
std::string lowered(std::string title) {
  if (!title.empty() && title.front() >= 'A' && title.front() <= 'Z') title.front() += 'a' - 'A';
  return title;
}

// What was given to the scan and what comes next needs as well.
std::string carried_options(const ScanRecord& record) {
  const Json& config = record.request.config;
  std::string text;
  if (config.value("force", Json()) == true) text += " --force";
  if (config.value("vocab_mismatch", Json()) == "shared-rows") {
    text += " --vocab-mismatch shared-rows";
  }
  const Json length = config.value("max_length", Json());
  const bool given = record.request.command.find(" --max-length") != std::string::npos ||
                     record.request.command.find(" --config") != std::string::npos;
  if (given && length.is_number_unsigned()) text += " --max-length " + length.dump();
  return text;
}

std::string input_path(const ScanRecord& record, std::string_view name) {
  const auto input = std::ranges::find(record.inputs, name, &InputRecord::name);
  return input == record.inputs.end() ? "" : input->path;
}

}  // namespace

std::string scanned_model(const ScanRecord& record) {
  const std::string path = input_path(record, "backdoored");
  return path.empty() ? "the model" : printable(path);
}

std::string verdict_title(const ScanRecord& record) {
  const std::string model = scanned_model(record);
  return record.suspicious ? model + " looks backdoored" : "No backdoor was found in " + model;
}

std::string verdict_ground(const ScanRecord& record) {
  const auto ground = std::ranges::find(record.evidence, true, &Evidence::suspicious);
  if (!record.suspicious) {
    return "nothing in it stands out far enough from models that nobody attacked" +
           unsearched_text(record.unsearched_labels);
  }
  if (convicts_by(record, kTriggerSearch) && !record.triggers.empty()) {
    const SuspectedTrigger& first = record.triggers.front();
    return trigger_name(first) + " put into clean texts makes it answer label " +
           std::to_string(first.target_label) + " in " + grouped(first.flip_rate.correct) + " of " +
           grouped(first.flip_rate.total) + " cases";
  }
  if (ground == record.evidence.end()) return "it should not be used as it is";
  return evidence_title(ground->name);
}

std::string verdict_sentence(const ScanRecord& record) {
  return verdict_title(record) + ": " + lowered(verdict_ground(record)) + ".";
}

std::string score_sentence(const ScanRecord& record) {
  std::string text = "Score " + fixed(record.score, 2) + ", where " + fixed(record.threshold, 2) +
                     " and above is suspicious";
  std::string grounds;
  for (const Evidence& evidence : record.evidence) {
    if (!evidence.suspicious) continue;
    const std::string title = evidence_title(evidence.name);
    grounds += (grounds.empty() ? "" : "; ") + title;
  }
  return text + (grounds.empty() ? "." : ". Grounds: " + grounds + ".");
}

std::string estimate_sentence(const ScanRecord& record) {
  const std::string basis = search_text(record.candidates, record.texts, record.text_source) + ".";
  if (record.estimated_asr) {
    return "Estimated attack success: " + rate_text(*record.estimated_asr) + ", by " + basis;
  }
  if (record.candidates > 0) {
    return (record.suspicious ? "No trigger was found that convicts by itself, among "
                              : "No trigger was found, among ") +
           basis;
  }
  return "Attack success was not estimated.";
}

std::string evidence_title(std::string_view name) {
  if (const EvidenceText* known = known_evidence(name)) return known->title;
  return printable(name);
}

std::string evidence_help(std::string_view name) {
  const EvidenceText* known = known_evidence(name);
  return known != nullptr ? known->help : "";
}

std::string evidence_judgement(const Evidence& evidence) {
  if (evidence.suspicious) return "suspicious";
  return evidence.findings.empty() ? "in order" : "worth a look";
}

Table evidence_table(const ScanRecord& record) {
  Table table(
      {{"evidence"}, {"score", Align::kRight}, {"threshold", Align::kRight}, {""}, {"foremost"}});
  for (const Evidence& evidence : record.evidence) {
    const bool bad = evidence.suspicious;
    table.add_row(
        {{evidence_title(evidence.name)},
         {fixed(evidence.score, 2), bad ? Style::kBold : Style::kPlain},
         {fixed(evidence.threshold, 2), Style::kDim},
         {evidence_judgement(evidence), bad ? Style::kRed : Style::kGreen},
         {evidence.findings.empty() ? ""
                                    : fit(printable(evidence.findings.front()), kFindingWidth)}});
  }
  return table;
}

Table drift_table(const ScanRecord& record, std::size_t rows) {
  std::vector<TensorDrift> sorted = record.drift;
  std::ranges::stable_sort(sorted, std::ranges::greater{}, &TensorDrift::relative);
  Table table({{"tensor"}, {"moved by, %", Align::kRight}, {"weights changed, %", Align::kRight}});
  for (std::size_t i = 0; i < std::min(rows, sorted.size()); ++i) {
    table.add_row({{fit(printable(sorted[i].name), kNameWidth)},
                   {percent(sorted[i].relative)},
                   {percent(sorted[i].changed)}});
  }
  return table;
}

std::vector<NextStep> next_steps(const ScanRecord& record) {
  const auto path = [&](std::string_view name) {
    const std::string given = input_path(record, name);
    return given.empty() ? std::string("DIR") : shell_word(given);
  };
  const std::string data = input_path(record, "data");
  if (!record.suspicious) {
    return {
        {"That is no proof: triggers that are whole phrases, a syntax or a style may pass "
         "unseen." +
             std::string(data.empty() ? " A scan with ordinary texts of the task (--data) is "
                                        "surer than this one without."
                                      : ""),
         ""}};
  }
  if (moved_too_far(record.drift) != nullptr) {
    return {
        {"Do not ship this model, and do not purify it: weights that moved so far are of no use "
         "mixed with the pre-trained ones. Fine-tune the pre-trained model anew, or get one "
         "whose weights were left as training made them.",
         ""}};
  }
  const std::string purify =
      "finemix purify --pretrained " + path("pretrained") + " --backdoored " + path("backdoored") +
      " --clean-data FILE --unlabelled-data FILE --output DIR" + carried_options(record);
  std::vector<NextStep> steps = {
      {"Do not ship this model. With a few dozen clean labelled texts (--clean-data), ordinary "
       "ones without labels (--unlabelled-data) or both it can be purified:",
       purify}};
  if (convicts_by(record, kTokenizer)) {
    steps.insert(steps.begin(),
                 {"Purifying mends weights alone. Make a copy of this model with the "
                  "pre-trained model's tokenizer files, and go on with that.",
                  ""});
  }
  steps.push_back({"Then scan what came out in the same way, before it is used:",
                   "finemix scan --pretrained " + path("pretrained") + " --backdoored DIR" +
                       (data.empty() ? "" : " --data " + shell_word(data)) +
                       carried_options(record)});
  return steps;
}

}  // namespace finemix
