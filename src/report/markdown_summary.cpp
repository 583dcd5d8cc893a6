#include "finemix/report/markdown_summary.h"

#include <algorithm>

#include "finemix/core/number.h"
#include "finemix/report/purify_tables.h"
#include "finemix/report/scan_tables.h"
#include "finemix/report/suspect_tables.h"
#include "finemix/report/text.h"
#include "report/markdown_text.h"

namespace finemix {
namespace {

std::string line(const std::string& text) { return markdown_escaped(text) + "\n\n"; }

std::string head(const std::string& verb, const std::string& result, const std::string& sentence) {
  return "## finemix " + verb + ": " + markdown_escaped(result) + "\n\n**" +
         markdown_escaped(sentence) + "**\n\n";
}

std::string gates_part(const std::vector<Gate>& gates) {
  return gates.empty() ? "" : markdown_table(gate_table(gates));
}

std::string triggers_part(const std::vector<SuspectedTrigger>& triggers) {
  if (triggers.empty()) return "";
  return "### " + triggers_title(triggers) + "\n\n" +
         markdown_table(trigger_table(triggers, kShownTriggers));
}

// "gates passed", "2 gates failed"; nothing where there are none.
std::string gates_result(const std::vector<Gate>& gates, const std::string& none) {
  if (gates.empty()) return none;
  const auto failed = static_cast<std::uint64_t>(std::ranges::count(gates, false, &Gate::passed));
  return failed == 0 ? "all gates passed" : counted(failed, "gate failed", "gates failed");
}

std::string foot(const std::string& version, const std::string& command) {
  return "Made by finemix " + markdown_escaped(version) +
         (command.empty() ? "" : " with " + markdown_escaped(command)) + "\n";
}

}  // namespace

std::string markdown(const ScanRecord& record) {
  std::string text = head("scan", std::string(verdict(record)), verdict_sentence(record));
  text += line(score_sentence(record)) + line(estimate_sentence(record));
  if (!record.evidence.empty()) text += markdown_table(evidence_table(record));
  text += gates_part(record.gates);
  if (record.suspicious) text += triggers_part(record.triggers);
  for (const std::string& note : record.notes) text += line("Note: " + note);
  return text + foot(record.version, record.request.command);
}

std::string markdown(const PurifyRecord& record) {
  const std::string model = checks_of(record).model;
  std::string text = head("purify", gates_result(record.gates, "done"),
                          (model.empty() ? "The model" : model) + ", purified by " + record.method +
                              (record.mix ? " with ρ = " + plain_number(record.rho) : ""));
  text += gates_part(record.gates);
  if (anything_measured(record)) text += markdown_table(before_after_table(record));
  for (const std::string& sentence :
       {estimate_sentence(record), attack_sentence(record), floor_sentence(record.after)}) {
    if (!sentence.empty()) text += line(sentence + ".");
  }
  text += triggers_part(record.triggers);
  for (const std::string& note : record.notes) text += line("Note: " + note);
  return text + foot(record.version, record.request.command);
}

std::string markdown(const EvaluationRecord& record, const std::vector<Gate>& gates,
                     const std::string& model) {
  return head("eval", gates_result(gates, "done"), model) + gates_part(gates) +
         markdown_table(figures_table(record));
}

}  // namespace finemix
