#include "finemix/report/latex.h"

#include <array>
#include <utility>

#include "finemix/core/quote.h"
#include "finemix/report/aggregate.h"
#include "finemix/report/findings.h"
#include "finemix/report/sweep_tables.h"

namespace finemix {
namespace {

// What LaTeX takes for commands, and what its usual fonts have under other names.
constexpr std::array<std::pair<std::string_view, std::string_view>, 21> kReplaced = {
    {{"\\", "\\textbackslash{}"},
     {"{", "\\{"},
     {"}", "\\}"},
     {"$", "\\$"},
     {"&", "\\&"},
     {"#", "\\#"},
     {"%", "\\%"},
     {"_", "\\_"},
     {"^", "\\textasciicircum{}"},
     {"~", "\\textasciitilde{}"},
     {"<", "\\textless{}"},
     {">", "\\textgreater{}"},
     {"ρ", "$\\rho$"},
     {"±", "$\\pm$"},
     {"−", "$-$"},
     {"+", "$+$"},
     {"–", "--"},
     {"…", "\\ldots{}"},
     {"’", "'"},
     {"“", "``"},
     {"”", "''"}}};

std::string escaped(const std::string& raw) {
  const std::string text = printable(raw, raw.size());
  std::string result;
  for (std::size_t i = 0; i < text.size();) {
    std::size_t taken = 1;
    std::string_view with = std::string_view(text).substr(i, 1);
    for (const auto& [found, replacement] : kReplaced) {
      if (text.compare(i, found.size(), found) != 0) continue;
      taken = found.size();
      with = replacement;
    }
    result += with;
    i += taken;
    if (with == "-" && text.compare(i, 1, "-") == 0) result += "{}";  // two are no dash
  }
  return result;
}

std::string cell_text(const Cell& cell) {
  const std::string text = escaped(cell.text);
  return cell.style == Style::kBold && !text.empty() ? "\\textbf{" + text + "}" : text;
}

std::string table_text(const Table& table, const std::string& caption) {
  std::string columns, titles, rows;
  for (std::size_t i = 0; i < table.columns().size(); ++i) {
    columns += table.columns()[i].align == Align::kRight ? "r" : "l";
    titles += (i == 0 ? "" : " & ") + escaped(table.columns()[i].title);
  }
  for (const auto& row : table.rows()) {
    for (std::size_t i = 0; i < table.columns().size(); ++i) {
      rows += (i == 0 ? "" : " & ") + (i < row.size() ? cell_text(row[i]) : std::string());
    }
    rows += " \\\\\n";
  }
  return "\\begin{table}\n\\centering\\footnotesize\\setlength{\\tabcolsep}{3pt}\n\\caption{" +
         escaped(caption) + "}\n\\begin{tabular}{" + columns + "}\n\\toprule\n" + titles +
         " \\\\\n\\midrule\n" + rows + "\\bottomrule\n\\end{tabular}\n\\end{table}\n\n";
}

}  // namespace

std::string latex(const SweepRecord& sweep) {
  const std::vector<SeedGroup> groups = seed_groups(sweep);
  // A comment ends with its line, and printable() leaves no line's end in the version.
  std::string text = "% Written by finemix " + printable(sweep.version) +
                     ". Needs \\usepackage{booktabs}, and with pdfTeX a font encoding for names "
                     "beyond ASCII.\n\n";
  const std::string missing = missing_cells(sweep);
  if (!missing.empty()) text += "\\noindent\\textbf{" + escaped(missing) + "}\n\n";
  for (const std::string& task : tasks(sweep)) {
    const std::vector<Standing> standing = standings(groups, task);
    text += table_text(standing_table(standing, Detail::kFull),
                       task + ": methods over all attacks. " + kTableLegend);
    if (const auto matrix = success_table(standing, groups, sweep)) {
      text += table_text(*matrix, task + ": attack success that is left, in %. " + kSuccessLegend);
    }
    for (const SubjectRecord& subject : sweep.subjects) {
      if (subject.task != task) continue;
      text += table_text(subject_table(subject, groups, Detail::kPaper),
                         task + ": " + subject.attack + ". " + kLabelLegend);
    }
  }
  return text;
}

}  // namespace finemix
