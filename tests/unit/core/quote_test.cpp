#include "finemix/core/quote.h"

#include <gtest/gtest.h>

#include <string>

namespace finemix {
namespace {

TEST(Quote, PlainTextIsOnlyQuoted) {
  EXPECT_EQ(quote("bert.pooler"), "'bert.pooler'");
  EXPECT_EQ(quote(""), "''");
  EXPECT_EQ(printable("bert.pooler"), "bert.pooler");
}

TEST(Quote, UnicodeIsKept) {
  const std::string text = "na\u00EFve \u20AC \u4E2D \U0001F600 \U0010FFFF \u00A0 \uD7FF \uE000";
  EXPECT_EQ(printable(text), text);
}

TEST(Quote, ControlCharactersAreEscaped) {
  EXPECT_EQ(printable("a\x1B[2Jb\n\x7F"), "a\\x1B[2Jb\\x0A\\x7F");
  EXPECT_EQ(printable(std::string("\0", 1)), "\\x00");
  EXPECT_EQ(printable("\u0080\u009F"), "\\xC2\\x80\\xC2\\x9F");
}

TEST(Quote, WhatIsNotSeenOrTurnsTheLineRoundIsEscaped) {
  EXPECT_EQ(printable("a\u202Eb"), "a\\xE2\\x80\\xAEb");
  EXPECT_EQ(printable("\uFFFF"), "\\xEF\\xBF\\xBF");
  for (const char* each :
       {"\u00AD", "\u034F", "\u061C", "\u115F",     "\u180E",     "\u200B",    "\u200E", "\u200F",
        "\u2028", "\u202A", "\u2060", "\u2066",     "\u2069",     "\u2800",    "\u3164", "\uFEFF",
        "\uFFA0", "\uFFFB", "\uFFFE", "\U0001D173", "\U000E0020", "\U000E0FFF"}) {
    EXPECT_EQ(printable(each).front(), '\\') << printable(each);
  }
  // What stands beside them in Unicode, and what words of some scripts and emoji have.
  const std::string text =
      "\u00AE\u061B\u061D\u200A\u200C\u200D\u2010\u2027\u202F\u205F\u2070\u27FF\uFE0F\uFEFE\uFFFC"
      "\uFFFD"
      "\U0001F600\U0001D172\U000E0100\U000E1000";
  EXPECT_EQ(printable(text), text);
}

TEST(Quote, WhatIsNotUtf8IsEscaped) {
  EXPECT_EQ(printable("\x80"), "\\x80");
  EXPECT_EQ(printable("\xC0\xAF"), "\\xC0\\xAF");                    // overlong
  EXPECT_EQ(printable("\xE0\x9F\xBF"), "\\xE0\\x9F\\xBF");           // overlong
  EXPECT_EQ(printable("\xED\xA0\x80"), "\\xED\\xA0\\x80");           // a surrogate
  EXPECT_EQ(printable("\xF4\x90\x80\x80"), "\\xF4\\x90\\x80\\x80");  // over U+10FFFF
  EXPECT_EQ(printable("\xE2\x82"), "\\xE2\\x82");                    // cut short
  EXPECT_EQ(printable("\xF0\x9F\x98z"), "\\xF0\\x9F\\x98z");
}

TEST(Quote, OfLongTextBothEndsAreShown) {
  EXPECT_EQ(quote("abcdefghij", 10), "'abcdefghij'");
  EXPECT_EQ(quote("abcdefghijk", 5), "'abc ... jk'");
  EXPECT_LT(quote(std::string(10'000'000, '\x01')).size(), 1300u);
}

TEST(ShellWord, IsReadBackByAShellAndShownAsItIs) {
  EXPECT_EQ(shell_word("runs/bert-1"), "runs/bert-1");
  EXPECT_EQ(shell_word(""), "''");
  EXPECT_EQ(shell_word("it's na\u00EFve"), "'it'\\''s na\u00EFve'");
  EXPECT_EQ(shell_word("a\\b\n'\xFF"), "$'a\\\\b\\012\\'\\377'");
  for (const std::string word : {"mod\u200Bel", "\u202Egnp", "a\x1B[2J"}) {
    const std::string quoted = shell_word(word);
    EXPECT_EQ(printable(quoted), quoted) << "pasted from a page it would be another word";
  }
}

}  // namespace
}  // namespace finemix
