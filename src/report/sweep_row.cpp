#include "finemix/report/sweep_row.h"

#include <array>
#include <span>

#include "finemix/core/number.h"
#include "finemix/core/quote.h"
#include "finemix/report/text.h"

namespace finemix {
namespace {

struct Column {
  const char* title;
  std::size_t width;
  bool right;
};

constexpr std::array<Column, 9> kColumns = {{{"task", 8, false},
                                             {"attack", 16, false},
                                             {"method", 22, false},
                                             {"E-PUR", 5, false},
                                             {"ρ", 4, true},
                                             {"texts", 5, true},
                                             {"seed", 4, true},
                                             {"ACC", 5, true},
                                             {"ASR", 5, true}}};

std::string line(std::span<const std::string> cells) {
  std::string text;
  for (std::size_t i = 0; i < kColumns.size(); ++i) {
    const Column& column = kColumns[i];
    const std::string cell = fit(cells[i], column.width);
    const std::string fill(column.width - display_width(cell), ' ');
    text += (i > 0 ? "  " : "") + (column.right ? fill + cell : cell + fill);
  }
  return text;
}

std::string rate_text(const std::optional<Rate>& rate) { return rate ? percent(rate->value) : "–"; }

}  // namespace

std::string sweep_row_titles() {
  std::array<std::string, kColumns.size()> cells;
  for (std::size_t i = 0; i < cells.size(); ++i) cells[i] = kColumns[i].title;
  return line(cells);
}

std::string sweep_row(const CellRecord& record) {
  const CellKey& key = record.key;
  const std::array<std::string, kColumns.size()> cells = {
      printable(key.task),
      printable(key.attack),
      printable(key.method),
      key.epur ? "yes" : "–",
      plain_number(record.rho),
      key.clean_size > 0 ? std::to_string(key.clean_size) : "all",
      std::to_string(key.seed),
      rate_text(record.after.accuracy),
      rate_text(record.after.attack_success_rate)};
  return line(cells);
}

}  // namespace finemix
