#include "finemix/report/table.h"

#include <gtest/gtest.h>

namespace finemix {
namespace {

TEST(Table, AlignsByDisplayWidth) {
  Table table({{"token"}, {"score", Align::kRight}});
  table.add_row({{"中文"}, {"1.5"}});
  table.add_row({{"e\u0301"}, {"12.25"}});
  EXPECT_EQ(table.text(false),
            "  token  score\n"
            "  ─────  ─────\n"
            "  中文     1.5\n"
            "  e\u0301      12.25\n");
}

TEST(Table, MissingCellsStayEmptyAndLinesHaveNoTrail) {
  Table table({{"a"}, {"b"}, {""}});
  table.add_row({{"x"}});
  EXPECT_EQ(table.text(false),
            "  a  b\n"
            "  ─  ─\n"
            "  x\n");
}

TEST(Table, ColourDoesNotMoveColumns) {
  Table table({{"a", Align::kRight}});
  table.add_row({{"1", Style::kGreen}});
  table.add_row({{"10"}});
  EXPECT_EQ(table.text(true),
            "   \x1b[1ma\x1b[0m\n"
            "  \x1b[2m──\x1b[0m\n"
            "   \x1b[32m1\x1b[0m\n"
            "  10\n");
}

TEST(Styled, PlainTextStaysAsItIs) {
  EXPECT_EQ(styled("x", Style::kRed, false), "x");
  EXPECT_EQ(styled("x", Style::kPlain, true), "x");
  EXPECT_EQ(styled("x", Style::kRed, true), "\x1b[31mx\x1b[0m");
}

}  // namespace
}  // namespace finemix
