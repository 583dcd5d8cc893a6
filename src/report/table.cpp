#include "finemix/report/table.h"

#include <algorithm>

#include "finemix/report/text.h"

namespace finemix {
namespace {

constexpr std::string_view kGap = "  ";

std::string padded(const Cell& cell, std::size_t width, Align align, bool color) {
  const std::string fill(width - display_width(cell.text), ' ');
  const std::string text = styled(cell.text, cell.style, color);
  return align == Align::kLeft ? text + fill : fill + text;
}

std::string line(const std::vector<Cell>& cells, const std::vector<Table::Column>& columns,
                 const std::vector<std::size_t>& widths, bool color) {
  std::string text;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const Cell& cell = i < cells.size() ? cells[i] : Cell{};
    text += kGap;
    text += padded(cell, widths[i], columns[i].align, color);
  }
  text.erase(text.find_last_not_of(' ') + 1);
  return text + "\n";
}

}  // namespace

std::string styled(std::string_view text, Style style, bool color) {
  if (!color || style == Style::kPlain || text.empty()) return std::string(text);
  const char* code = style == Style::kBold    ? "1"
                     : style == Style::kDim   ? "2"
                     : style == Style::kGreen ? "32"
                     : style == Style::kRed   ? "31"
                                              : "33";
  return "\x1b[" + std::string(code) + "m" + std::string(text) + "\x1b[0m";
}

std::string Table::text(bool color) const {
  std::vector<std::size_t> widths;
  std::vector<Cell> titles;
  std::vector<Cell> rule;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    std::size_t width = display_width(columns_[i].title);
    for (const auto& row : rows_) {
      if (i < row.size()) width = std::max(width, display_width(row[i].text));
    }
    widths.push_back(width);
    titles.push_back({columns_[i].title, Style::kBold});
    std::string dashes;
    for (std::size_t n = 0; n < width; ++n) dashes += "─";
    rule.push_back({dashes, Style::kDim});
  }
  std::string result = line(titles, columns_, widths, color) + line(rule, columns_, widths, color);
  for (const auto& row : rows_) result += line(row, columns_, widths, color);
  return result;
}

}  // namespace finemix
