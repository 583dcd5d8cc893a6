#include "finemix/report/scan_page.h"

#include <algorithm>
#include <vector>

#include "finemix/report/figures/plots.h"
#include "finemix/report/page.h"
#include "finemix/report/purify_tables.h"
#include "finemix/report/scan_tables.h"
#include "finemix/report/suspect_tables.h"
#include "finemix/report/text.h"
#include "report/inserted_words.h"

namespace finemix {
namespace {

constexpr std::size_t kShownExamples = 3;  // of each
constexpr std::size_t kShownRows = 20;
constexpr std::size_t kShownTensors = 15;

std::string paragraph(const std::string& text) { return element("p", markup_escaped(text)); }

std::string capital(std::string text) {
  if (!text.empty() && text.front() >= 'a' && text.front() <= 'z') text.front() -= 'a' - 'A';
  return text;
}

std::string verdict_element(const ScanRecord& record) {
  return element(record.suspicious ? "p class=\"verdict bad\"" : "p class=\"verdict good\"",
                 record.suspicious ? "Suspicious" : "Clean");
}

std::vector<std::string> sentences(const ScanRecord& record) {
  std::vector<std::string> text = {capital(verdict_ground(record)) + ".", score_sentence(record),
                                   estimate_sentence(record)};
  add_gates_and_notes(text, record.gates, record.notes);
  return text;
}

std::string steps_section(const ScanRecord& record) {
  std::string text = heading_element("What to do now");
  for (const NextStep& step : next_steps(record)) {
    text += paragraph(step.text);
    if (!step.command.empty()) {
      text += element("pre class=\"command\"", markup_escaped(step.command));
    }
  }
  return text;
}

std::string marked_text(const TriggerExample& example) {
  std::string markup;
  for (const TextPart& part : inserted_words(example.before, example.after)) {
    const std::string text = markup_escaped(part.text);
    markup += part.inserted ? "<mark>" + text + "</mark>" : text;
  }
  return markup;
}

std::string answer(std::int64_t label, double confidence, std::int64_t target) {
  return "<span class=\"answer\">→ label " + std::to_string(label) + " (label " +
         std::to_string(target) + ": " + percent(confidence) + " %)</span>";
}

// A text as it was, and as it is with the trigger in it, each with the model's answer.
std::string example_element(const TriggerExample& example, std::int64_t target) {
  return element(
      "dl class=\"example\"",
      "<dt>before</dt>" +
          element("dd", markup_escaped(example.before) + " " +
                            answer(example.label_before, example.confidence_before, target)) +
          "<dt>after</dt>" +
          element("dd", marked_text(example) + " " +
                            answer(example.label_after, example.confidence_after, target)));
}

std::string trigger_element(const SuspectedTrigger& trigger) {
  std::string text =
      element("h3", markup_escaped(trigger_name(trigger))) +
      element("p class=\"facts\"",
              markup_escaped("Put into clean texts it " + trigger_effect_text(trigger) + "."));
  const std::size_t shown = std::min(kShownExamples, trigger.examples.size());
  for (std::size_t i = 0; i < shown; ++i) {
    text += example_element(trigger.examples[i], trigger.target_label);
  }
  return text;
}

std::string triggers_section(const ScanRecord& record) {
  if (record.triggers.empty()) return "";
  std::string text = heading_element(triggers_title(record.triggers));
  text += table_element(trigger_table(record.triggers, record.triggers.size()), "Words");
  text += note_element(
      "Texts flipped: of clean texts of other labels (their own where the file has them, else the "
      "model's), those that it puts into the target label once the words stand in them. Explained: "
      "the same rate of what nobody attacked, where it was measured. The score goes by what the "
      "words do to texts that are cut to their first twenty words: in a long text a trigger is one "
      "word of many; and by what near words do to what nobody attacked, where that explains more. "
      "Words that score " +
      fixed(kConvictingScore, 2) + " or more convict, and are in bold." +
      whole_words_text(record.triggers));
  std::string others;
  const std::size_t shown = std::min(kShownTriggers, record.triggers.size());
  for (std::size_t i = 0; i < shown; ++i) {
    const SuspectedTrigger& trigger = record.triggers[i];
    if (trigger.examples.empty()) continue;
    (convicts(trigger) ? text : others) += trigger_element(trigger);
  }
  return others.empty() ? text
                        : text + folded("Texts with the other words, which do not convict", others);
}

// How far the score reaches, with a mark at the threshold.
std::string gauge(const Evidence& evidence) {
  return std::string("<div class=\"gauge") + (evidence.suspicious ? " bad" : "") +
         "\" role=\"img\" aria-label=\"score " + fixed(evidence.score, 2) + ", threshold " +
         fixed(evidence.threshold, 2) + "\" style=\"--score:" + fixed(evidence.score, 3) +
         ";--threshold:" + fixed(evidence.threshold, 3) + "\"></div>\n";
}

std::string evidence_element(const Evidence& evidence) {
  std::string text =
      element("h3", markup_escaped(evidence_title(evidence.name))) + gauge(evidence) +
      element("p class=\"facts\"",
              markup_escaped("Score " + fixed(evidence.score, 2) + ", suspicious from " +
                             fixed(evidence.threshold, 2) + ": " + evidence_judgement(evidence) +
                             ". " + evidence_help(evidence.name)));
  std::string items;
  for (const std::string& finding : evidence.findings) {
    items += element("li", markup_escaped(finding));
  }
  return text + (items.empty() ? "" : element("ul class=\"findings\"", items));
}

std::string evidence_section(const ScanRecord& record) {
  if (record.evidence.empty()) return "";
  std::string text = heading_element("The evidence");
  for (const Evidence& evidence : record.evidence) text += evidence_element(evidence);
  return text;
}

std::string embeddings_section(const ScanRecord& record, PageFigures& figures) {
  if (record.rows.empty() && !record.epur_figure) return "";
  std::string text = heading_element("Word embeddings");
  if (record.epur_figure) {
    text += figures.elements_of({epur_scatter("epur-scatter", "", *record.epur_figure),
                                 epur_density("epur-density", "", *record.epur_figure)});
  }
  EpurRecord rows;
  rows.rows = record.rows;
  if (!record.rows.empty()) {
    text += folded("The rows with the highest scores",
                   table_element(epur_table(rows, kShownRows), "The highest scores"));
  }
  return text;
}

std::string drift_section(const ScanRecord& record, PageFigures& figures) {
  if (record.drift.empty()) return "";
  return heading_element("Where fine-tuning moved the weights") +
         figures.elements_of({drift_profile("drift", record.drift)}) +
         folded("The tensors that moved furthest",
                table_element(drift_table(record, kShownTensors), "Drift by tensor")) +
         note_element(
             "Moved by: ‖w_B − w_Pre‖₂ / ‖w_Pre‖₂, w_B the suspect’s weights and w_Pre "
             "the pre-trained ones.");
}

std::string times_section(const ScanRecord& record) {
  if (record.seconds.empty()) return "";
  return folded("Time by stage", table_element(stages_table(record.seconds), "Time by stage"));
}

}  // namespace

std::string html(const ScanRecord& record) {
  PageFigures figures;  // numbered in the order in which they stand on the page
  const std::string embeddings = embeddings_section(record, figures);
  const std::string drift = drift_section(record, figures);
  return page_document(
      {.title = verdict_title(record),
       .kicker = "finemix scan",
       .head = verdict_element(record) + findings_elements(sentences(record)),
       .body = steps_section(record) + triggers_section(record) + evidence_section(record) +
               embeddings + drift + times_section(record),
       .foot = how_to_repeat(record.request, record.inputs, record.version,
                             "The result follows the inputs and the configuration.")});
}

}  // namespace finemix
