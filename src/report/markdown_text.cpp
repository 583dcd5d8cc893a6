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
  std::string result;
  for (const char c : printable(text, text.size())) {
    if (std::string_view("\\`*_{}[]<>()#|~&").find(c) != std::string_view::npos) result += '\\';
    result += c;
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
