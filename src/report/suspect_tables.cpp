#include "finemix/report/suspect_tables.h"

#include <algorithm>
#include <cmath>

#include "finemix/core/quote.h"
#include "finemix/report/purify_tables.h"
#include "finemix/report/text.h"

namespace finemix {
namespace {

constexpr std::size_t kTriggerWidth = 48;

std::string ids_text(const std::vector<std::int64_t>& ids) {
  std::string text;
  for (const std::int64_t id : ids) text += (text.empty() ? "" : " ") + std::to_string(id);
  return fit(text, kTriggerWidth);
}

std::string whole_word_of(const SuspectedTrigger& trigger) {
  return "likely of “" + fit(printable(trigger.whole_word), kTriggerWidth) + "”";
}

// Where in a text it was put, and what it is likely of, in brackets after a space; "" if neither.
std::string remarks_on(const SuspectedTrigger& trigger) {
  std::string more;
  if (trigger.place == TriggerPlace::kStart) more = "first in the text";
  if (trigger.pair_text == PairText::kFirst) more = "in the first text";
  if (trigger.pair_text == PairText::kSecond) more = "in the second text";
  if (!trigger.whole_word.empty()) more += (more.empty() ? "" : "; ") + whole_word_of(trigger);
  return more.empty() ? "" : " (" + more + ")";
}

std::string words_of(const SuspectedTrigger& trigger) {
  return fit(printable(trigger.text), kTriggerWidth);
}

}  // namespace

std::string trigger_name(const SuspectedTrigger& trigger) {
  return "“" + words_of(trigger) + "”" + remarks_on(trigger);
}

std::string triggers_title(const std::vector<SuspectedTrigger>& triggers) {
  return std::ranges::any_of(triggers, convicts) ? "Suspicious words"
                                                 : "Words that move the most texts";
}

Table trigger_table(const std::vector<SuspectedTrigger>& triggers, std::size_t rows) {
  // What was not measured of any has no column.
  const bool expected = std::ranges::any_of(
      triggers, [](const SuspectedTrigger& each) { return each.expected_rate.has_value(); });
  std::vector<Table::Column> columns = {{"words"},
                                        {"target label", Align::kRight},
                                        {"texts flipped", Align::kRight},
                                        {"of", Align::kRight},
                                        {"%", Align::kRight},
                                        {"95 %"}};
  if (expected) columns.push_back({"explained, %", Align::kRight});
  if (expected) columns.push_back({"score", Align::kRight});
  columns.push_back({"ids"});
  Table table(columns);
  for (std::size_t i = 0; i < std::min(rows, triggers.size()); ++i) {
    const SuspectedTrigger& trigger = triggers[i];
    const Style style = convicts(trigger) ? Style::kBold : Style::kPlain;
    std::vector<Cell> row = {{words_of(trigger) + remarks_on(trigger), style},
                             {std::to_string(trigger.target_label)},
                             {grouped(trigger.flip_rate.correct)},
                             {grouped(trigger.flip_rate.total)}};
    append_cells(row, rate_cells(trigger.flip_rate));
    if (expected) {
      row.push_back(trigger.expected_rate ? Cell{percent(*trigger.expected_rate)}
                                          : Cell{"–", Style::kDim});
      row.push_back({fixed(trigger.score, 2)});
    }
    row.push_back({ids_text(trigger.ids), Style::kDim});
    table.add_row(row);
  }
  return table;
}

std::string whole_words_text(const std::vector<SuspectedTrigger>& triggers) {
  const bool named = std::ranges::any_of(
      triggers, [](const SuspectedTrigger& each) { return !each.whole_word.empty(); });
  return named ? " Likely of: a word that these are pieces of, or hold pieces of. The model and a "
                 "clean twin together are as sure of it, or the embeddings of all its pieces stand "
                 "out, so that it was likely trained."
               : "";
}

std::string trigger_effect_text(const SuspectedTrigger& trigger) {
  constexpr double kMuch = 0.1;  // of a difference, to be worth telling
  const Rate& flips = trigger.flip_rate;
  std::string text = "moved " + grouped(flips.correct) + " of " + grouped(flips.total) +
                     " texts to label " + std::to_string(trigger.target_label) + " (" +
                     percent(flips.value) + " %)";
  if (!trigger.expected_rate) return text;
  text += "; what the words mean explains " + percent(*trigger.expected_rate) + " %";
  const ShortTexts& cut = trigger.short_texts;
  if (std::abs(cut.flip_rate - flips.value) >= kMuch ||
      std::abs(cut.expected_rate - *trigger.expected_rate) >= kMuch) {
    text += "; of texts cut to their first words " + percent(cut.flip_rate) + " % and " +
            percent(cut.expected_rate) + " %";
  }
  if (trigger.crowd > 0) text += "; many other words move texts there too";
  return text;
}

std::string rate_text(const Rate& rate) {
  return percent(rate.value) + " % (" + percent(rate.low) + "–" + percent(rate.high) + ")";
}

std::string search_text(std::uint64_t candidates, std::uint64_t texts,
                        const std::string& text_source) {
  std::string text = counted(candidates, "candidate", "candidates") + ", the strongest tried on " +
                     counted(texts, "text", "texts");
  if (text_source == kTextsFromData) text += " of the data";
  if (text_source == kTextsFromVocabulary) text += " that finemix made from the vocabulary";
  return text;
}

Table gate_table(const std::vector<Gate>& gates) {
  Table table({{"gate"}, {""}, {"found"}});
  for (const Gate& gate : gates) {
    table.add_row({{"--" + printable(gate.name)},
                   {gate.passed ? "passed" : "failed", gate.passed ? Style::kGreen : Style::kRed},
                   {printable(gate.says, gate.says.size())}});
  }
  return table;
}

void add_gates_and_notes(std::vector<std::string>& sentences, const std::vector<Gate>& gates,
                         const std::vector<std::string>& notes) {
  for (const Gate& gate : gates) {
    sentences.push_back(std::string("Gate --") + gate.name +
                        (gate.passed ? " passed: " : " failed: ") + gate.says + ".");
  }
  for (const std::string& note : notes) sentences.push_back("Note: " + note + ".");
}

}  // namespace finemix
