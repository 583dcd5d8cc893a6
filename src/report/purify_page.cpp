#include "finemix/report/purify_page.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "finemix/core/number.h"
#include "finemix/report/page.h"
#include "finemix/report/purify_tables.h"
#include "finemix/report/suspect_tables.h"
#include "finemix/report/text.h"

namespace finemix {
namespace {

constexpr std::size_t kNamedTriggers = 3;  // at the head of the page, the others in a table
constexpr std::size_t kShownRows = 20;     // of the highest E-PUR scores, the others folded

std::string title(const PurifyRecord& record) {
  std::string text = "Purified by " + record.method;
  if (record.mix) text += " (ρ = " + plain_number(record.rho) + ")";
  return text + (record.epur ? " with E-PUR" : " without E-PUR");
}

// "is 85.3 % after 89.0 % (−3.7 points)"
std::string change(const Rate& before, const Rate& after) {
  const std::string difference = points(after.value - before.value);
  return "is " + percent(after.value) + " % after " + percent(before.value) + " % (" + difference +
         " points)";
}

std::string accuracy_sentence(const PurifyRecord& record) {
  if (!record.before.accuracy || !record.after.accuracy) {
    return "What it cost was not measured.";
  }
  std::string text = "Accuracy " + change(*record.before.accuracy, *record.after.accuracy);
  if (record.paired) {
    const McNemarRecord& test = *record.paired;
    const std::string p = p_value_text(test.p_value);
    text += "; " + grouped(test.before_only) + " texts were right only before and " +
            grouped(test.after_only) + " only after, p " + (p.starts_with('<') ? "" : "= ") + p +
            " by McNemar’s exact test";
  }
  return text + ".";
}

std::string estimated_success(const PurifyRecord& record) {
  if (!record.estimated) return "What is left of an attack was not measured.";
  const std::optional<Rate>& before = record.estimated->before.asr;
  const AsrEstimate& rest = after(*record.estimated);
  const std::optional<Rate>& left = rest.asr;
  if (!left && rest.candidates == 0) {
    return "What is left of an attack was not measured" + unsearched_text(rest.unsearched_labels) +
           ".";
  }
  const std::string says = before && left ? "Estimated attack success " + change(*before, *left)
                           : left         ? "Estimated attack success is " + rate_text(*left)
                                          : "No trigger was found in the purified model";
  return says + unsearched_text(rest.unsearched_labels) + ".";
}

std::string success_sentence(const PurifyRecord& record) {
  const std::optional<Rate>& before = record.before.attack_success_rate;
  const std::optional<Rate>& after = record.after.attack_success_rate;
  if (!before || !after) return estimated_success(record);
  const std::string attack = attack_sentence(record);
  const std::string floor = floor_sentence(record.after);
  return "Attack success " + change(*before, *after) + "." +
         (attack.empty() ? "" : " " + attack + ".") + (floor.empty() ? "" : " " + floor + ".");
}

std::vector<std::string> sentences(const PurifyRecord& record) {
  std::vector<std::string> text = {accuracy_sentence(record), success_sentence(record)};
  text.push_back((record.epur ? reset_rows(*record.epur) : std::string("No E-PUR")) + "; " +
                 (record.mix ? kept_share(*record.mix) : std::string("all weights kept")) + ".");
  for (std::size_t i = 0; i < std::min(record.triggers.size(), kNamedTriggers); ++i) {
    const SuspectedTrigger& trigger = record.triggers[i];
    text.push_back(trigger_name(trigger) + " looks like a trigger: put into clean texts it " +
                   trigger_effect_text(trigger) + ".");
  }
  add_gates_and_notes(text, record.gates, record.notes);
  return text;
}

std::string figures_section(const PurifyRecord& record) {
  if (!anything_measured(record)) return "";
  const std::string estimate = estimate_sentence(record);
  return heading_element("Before and after") +
         table_element(before_after_table(record), "Before and after") +
         (estimate.empty() ? "" : note_element(estimate + ".")) +
         note_element(
             std::string(kRatesLegend) +
             " Attack success: of the texts with another label, the share that the trigger puts "
             "into the target label. Trigger effect: that less the share of the same texts that "
             "end there without the trigger.");
}

std::string triggers_section(const PurifyRecord& record) {
  if (record.triggers.empty()) return "";
  const std::string title = triggers_title(record.triggers);
  return heading_element(title) +
         table_element(trigger_table(record.triggers, record.triggers.size()), title) +
         note_element(
             "Words that by themselves, put into clean texts of other labels, made the suspect "
             "answer with one label. They were found without knowing an attack." +
             whole_words_text(record.triggers));
}

std::string embeddings_section(const PurifyRecord& record) {
  if (!record.epur) return "";
  std::string text = heading_element("Word embeddings");
  text += PageFigures().elements_of(all_figures(record));
  const EpurRecord& epur = *record.epur;
  text += element("h4", "The highest scores") +
          table_element(epur_table(epur, kShownRows), "The highest scores");
  const std::size_t all = epur.rows.size();
  if (all > kShownRows) {
    text += folded("The " + grouped(std::min<std::size_t>(all, kReportedEpurRows)) + " highest",
                   table_element(epur_table(epur, kReportedEpurRows), "More of the highest"));
  }
  return text + note_element(
                    "Score: ‖δ‖₂ / log max(frequency, 20), δ what fine-tuning added to the "
                    "embedding. Rule " +
                    epur.rule + "; " + grouped(epur.clamped) +
                    " pieces are rarer than 20 and were scored as occurring 20 times.");
}

std::string rho_section(const PurifyRecord& record) {
  if (record.rho_curve.empty()) return "";
  return heading_element("How ρ was chosen") +
         table_element(rho_curve_table(record), "Accuracy by reserve ratio") +
         note_element(
             "Accuracy is cross-validated on the clean examples. Of the ρ that lose no more than "
             "--max-acc-drop points against the suspect, the smallest is taken that leaves the "
             "least estimated attack success, as far as its interval tells; where none keeps "
             "that much, of those that may be as accurate as the best, by their intervals, the one "
             "that leaves the least.");
}

Table tensors_table(const MixRecord& mix) {
  Table table({{"tensor"}, {"kept", Align::kRight}, {"of", Align::kRight}, {"%", Align::kRight}});
  for (const MixTensorRecord& tensor : mix.tensors) {
    table.add_row({{tensor.name},
                   {grouped(tensor.kept)},
                   {grouped(tensor.total)},
                   {percent(share_of(tensor.kept, tensor.total))}});
  }
  return table;
}

std::string mix_markup(const MixRecord& mix) {
  std::string text;
  // An average keeps a part of each weight.
  if (mix.kept < mix.total) {
    text += folded("Weights kept, tensor by tensor",
                   table_element(tensors_table(mix), "Weights kept, tensor by tensor"));
  }
  if (mix.kept_whole.empty()) return text;
  std::string names;
  for (const std::string& name : mix.kept_whole) names += (names.empty() ? "" : ", ") + name;
  return text + note_element("Taken whole from the suspect: " + names + ".");
}

std::string details_section(const PurifyRecord& record) {
  std::string text;
  if (record.training) {
    const TrainRecord& training = *record.training;
    text +=
        element("p", markup_escaped("Training took " + grouped(training.steps) + " steps in " +
                                    training.precision + ", " + duration(training.seconds) +
                                    "; loss " + fixed(training.loss, 4) + " over the last epoch."));
  }
  if (record.mix) text += mix_markup(*record.mix);
  if (!record.seconds.empty()) {
    text += folded("Time by stage", table_element(stages_table(record.seconds), "Time by stage"));
  }
  return text.empty() ? "" : heading_element("What was done") + text;
}

}  // namespace

std::string html(const PurifyRecord& record) {
  return page_document(
      {.title = title(record),
       .kicker = "finemix purification",
       .head = findings_elements(sentences(record)),
       .body = figures_section(record) + triggers_section(record) + embeddings_section(record) +
               rho_section(record) + details_section(record),
       .foot = how_to_repeat(record.request, record.inputs, record.version,
                             "The result follows the inputs, the configuration and the seed " +
                                 std::to_string(record.seed) + ".")});
}

}  // namespace finemix
