#include "report/markdown_text.h"

#include <string_view>

#include "finemix/core/quote.h"

namespace finemix {
namespace {

std::string cell_text(const Cell& cell) {
  const std::string text = markdown_escaped(cell.text);
  return cell.style == Style::kBold && !text.empty() ? "**" + text + "**" : text;
}

}  // namespace

std::string markdown_escaped(const std::string& text) {
  const std::string shown = printable(text, text.size());
  std::string result;
  for (std::size_t i = 0; i < shown.size(); ++i) {
    const char c = shown[i];
    // What GitHub and GitLab make links of without any mark: http://…, www.…, @name and #1.
    const bool links = (c == ':' && shown.compare(i + 1, 2, "//") == 0) ||
                       (c == '.' && i > 0 && (shown[i - 1] == 'w' || shown[i - 1] == 'W'));
    if (links || std::string_view("\\`*_{}[]<>()#|~&").find(c) != std::string_view::npos) {
      result += '\\';
    }
    result += c;
    // They find names and numbers of issues after Markdown's escapes are gone.
    const bool number = i + 1 < shown.size() && shown[i + 1] >= '0' && shown[i + 1] <= '9';
    if (c == '@' || (number && std::string_view("#!%$").find(c) != std::string_view::npos)) {
      result += "<!-- -->";
    }
  }
  return result;
}

std::string markdown_table(const Table& table) {
  std::string titles = "|", rule = "|", rows;
  for (const Table::Column& column : table.columns()) {
    titles += " " + markdown_escaped(column.title) + " |";
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

}  // namespace finemix
