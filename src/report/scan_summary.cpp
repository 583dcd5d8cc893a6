#include "finemix/report/scan_summary.h"

#include <algorithm>

#include "finemix/core/quote.h"
#include "finemix/report/scan_tables.h"
#include "finemix/report/suspect_tables.h"
#include "finemix/report/text.h"

namespace finemix {
namespace {

std::string line(const std::string& text) { return text + "\n"; }

std::string triggers_text(const ScanRecord& record, bool color) {
  if (record.triggers.empty()) return "";
  std::string text = "\n" + trigger_table(record.triggers, kShownTriggers).text(color);
  if (record.triggers.size() > kShownTriggers) {
    text += line("… and " + grouped(record.triggers.size() - kShownTriggers) +
                 " more, all in the record (--json)");
  }
  return text;
}

std::string steps_text(const ScanRecord& record, bool color) {
  std::string text = "\n" + line(styled("What to do now", Style::kBold, color));
  for (const NextStep& step : next_steps(record)) {
    text += line(step.text);
    if (!step.command.empty()) text += line("  " + step.command);
  }
  return text;
}

}  // namespace

std::string summary(const ScanRecord& record, bool color) {
  const std::string word = record.suspicious ? "SUSPICIOUS" : "CLEAN";
  const Style style = record.suspicious ? Style::kRed : Style::kGreen;
  std::string text = line(styled(word, style, color) + "  " +
                          styled(verdict_sentence(record), Style::kBold, color)) +
                     line(score_sentence(record)) + line(estimate_sentence(record));
  if (!record.evidence.empty()) text += "\n" + evidence_table(record).text(color);
  text += triggers_text(record, color);
  if (!record.gates.empty()) text += "\n" + gate_table(record.gates).text(color);
  if (!record.notes.empty()) text += "\n";
  for (const std::string& note : record.notes) {
    text += line("Note: " + printable(note, note.size()));
  }
  return text + steps_text(record, color);
}

}  // namespace finemix
