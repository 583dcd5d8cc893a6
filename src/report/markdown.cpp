#include "finemix/report/markdown.h"

#include "finemix/core/quote.h"
#include "finemix/report/aggregate.h"
#include "finemix/report/findings.h"
#include "finemix/report/sweep_tables.h"

namespace finemix {
namespace {

// So that text is shown as it is.
std::string escaped(const std::string& text) {
  std::string result;
  for (const char c : printable(text, text.size())) {
    if (std::string_view("\\`*_{}[]<>()#|~&").find(c) != std::string_view::npos) result += '\\';
    result += c;
  }
  return result;
}

std::string cell_text(const Cell& cell) {
  const std::string text = escaped(cell.text);
  return cell.style == Style::kBold && !text.empty() ? "**" + text + "**" : text;
}

std::string table_text(const Table& table) {
  std::string titles = "|", rule = "|", rows;
  for (const Table::Column& column : table.columns()) {
    titles += " " + escaped(column.title) + " |";
    rule += column.align == Align::kRight ? " ---: |" : " --- |";
  }
  for (const auto& row : table.rows()) {
    rows += "|";
    for (std::size_t i = 0; i < table.columns().size(); ++i) {
      rows += " " + (i < row.size() ? cell_text(row[i]) : std::string()) + " |";
    }
    rows += "\n";
  }
  return titles + "\n" + rule + "\n" + rows + "\n";
}

}  // namespace

std::string markdown(const SweepRecord& sweep) {
  const std::vector<SeedGroup> groups = seed_groups(sweep);
  std::string text =
      "# " + (sweep.title.empty() ? "A comparison of mitigations" : escaped(sweep.title)) + "\n\n";
  const std::string missing = missing_cells(sweep);
  if (!missing.empty()) text += "**" + escaped(missing) + "**\n\n";
  for (const std::string& task : tasks(sweep)) {
    const std::vector<Standing> standing = standings(groups, task);
    text += "## " + escaped(task) + "\n\n";
    for (const std::string& sentence : findings(standing)) text += escaped(sentence) + "\n\n";
    text += table_text(standing_table(standing, Detail::kFull));
    if (const auto matrix = success_table(standing, groups, sweep)) {
      text += "### " + escaped(task + ", attack success that is left, in %") + "\n\n" +
              table_text(*matrix) + escaped(kSuccessLegend) + "\n\n";
    }
    for (const SubjectRecord& subject : sweep.subjects) {
      if (subject.task != task) continue;
      text += "### " + escaped(task + ", " + subject.attack) + "\n\n" +
              table_text(subject_table(subject, groups, Detail::kFull));
    }
  }
  return text + escaped(kTableLegend) + " " + escaped(kLabelLegend) + " " + escaped(kFullLegend) +
         "\n\nMade by finemix " + escaped(sweep.version) + " with " +
         escaped(sweep.request.command) + "\n";
}

}  // namespace finemix
