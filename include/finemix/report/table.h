#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace finemix {

enum class Style { kPlain, kBold, kDim, kGreen, kRed, kYellow };

// Text in ANSI colours, or as it is.
std::string styled(std::string_view text, Style style, bool color);

struct Cell {
  std::string text;
  Style style = Style::kPlain;
};

enum class Align { kLeft, kRight };

// Rows under a header, in columns that are as wide as their widest cell on a terminal.
class Table {
 public:
  struct Column {
    std::string title;
    Align align = Align::kLeft;
  };

  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  // Cells that are missing on the right stay empty.
  void add_row(std::vector<Cell> cells) { rows_.push_back(std::move(cells)); }
  const std::vector<Column>& columns() const { return columns_; }
  const std::vector<std::vector<Cell>>& rows() const { return rows_; }
  // Lines with a newline at the end of each.
  std::string text(bool color) const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<Cell>> rows_;
};

}  // namespace finemix
