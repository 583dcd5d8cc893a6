#include "finemix/text/unicode.h"

#include <gtest/gtest.h>

#include <string>

namespace finemix {
namespace {

using namespace std::string_literals;

const std::string kBad = "\xEF\xBF\xBD";  // U+FFFD

std::string repaired(std::string_view text) {
  std::string storage;
  return std::string(valid_utf8(text, storage));
}

TEST(ValidUtf8, LeavesWellFormedTextWhereItIs) {
  for (const std::string& text : {""s, "plain"s, "é中😀"s, "\0nul"s, "\uD7FF\uE000\U0010FFFF"s}) {
    std::string storage;
    const std::string_view valid = valid_utf8(text, storage);
    EXPECT_EQ(valid.data(), text.data());
    EXPECT_EQ(valid, text);
  }
}

// Expected: what Python's bytes.decode("utf-8", "replace") gives.
TEST(ValidUtf8, ReplacesEachMaximalPartOfAnIllFormedSequence) {
  EXPECT_EQ(repaired("a\x80z"), "a" + kBad + "z");
  EXPECT_EQ(repaired("a\xC3"), "a" + kBad);
  EXPECT_EQ(repaired("\xC3("), kBad + "(");
  EXPECT_EQ(repaired("\xE4\xB8z"), kBad + "z");
  EXPECT_EQ(repaired("\xF0\x9F\x98z"), kBad + "z");
  EXPECT_EQ(repaired("\xF0\x9F\x98"), kBad);
  EXPECT_EQ(repaired("é\xFF\xFEé"), "é" + kBad + kBad + "é");
  EXPECT_EQ(repaired("\xC0\xAF"), kBad + kBad);                        // overlong
  EXPECT_EQ(repaired("\xE0\x80\x80"), kBad + kBad + kBad);             // overlong
  EXPECT_EQ(repaired("\xED\xA0\x80"), kBad + kBad + kBad);             // surrogate
  EXPECT_EQ(repaired("\xF4\x90\x80\x80"), kBad + kBad + kBad + kBad);  // over U+10FFFF
  EXPECT_EQ(repaired("\xF5z"), kBad + "z");
}

TEST(ValidUtf8, ReusesItsStorage) {
  std::string storage = "left over";
  EXPECT_EQ(valid_utf8("a\xFF", storage), "a" + kBad);
  EXPECT_EQ(valid_utf8("b\xFF", storage), "b" + kBad);
}

TEST(Utf8, EveryCodePointSurvivesTheWayThere) {
  for (char32_t code = 0; code < kCodePoints; ++code) {
    if (code == 0xD800) code = 0xE000;
    std::string text;
    append_utf8(text, code);
    std::size_t at = 0;
    ASSERT_TRUE(next_code_point(text, at) == code) << std::hex << static_cast<std::uint32_t>(code);
    ASSERT_EQ(at, text.size());
    std::string storage;
    ASSERT_EQ(valid_utf8(text, storage).data(), text.data())
        << std::hex << static_cast<std::uint32_t>(code);
  }
}

TEST(CodePoints, HaveTheirProperties) {
  const auto has = [](char32_t code, std::uint8_t property) {
    return (code_point_properties()[code] & property) != 0;
  };
  EXPECT_TRUE(has(U' ', kWhitespace) && has(0x3000, kWhitespace) && has(0x85, kWhitespace));
  EXPECT_TRUE(has(U'$', kPunctuation) && has(0x3002, kPunctuation));
  EXPECT_FALSE(has(0x20AC, kPunctuation));  // the euro sign is a symbol, and not ASCII
  EXPECT_TRUE(has(0x301, kMark) && has(0x301, kReorders));
  EXPECT_FALSE(has(0x302E, kMark));
  EXPECT_TRUE(has(U'_', kWordCharacter) && has(0x4E2D, kWordCharacter));
  EXPECT_FALSE(has(U'-', kWordCharacter));
  EXPECT_TRUE(has(0xAD, kOther) && has(0xE000, kOther) && has(0, kOther));
  EXPECT_FALSE(has(U'\t', kOther));
}

TEST(CodePoints, ChineseIsWhatBertCallsSo) {
  for (const char32_t code : {0x3400, 0x4DBF, 0x4E00, 0x9FFF, 0xF900, 0x2A6DF, 0x2FA1F}) {
    EXPECT_TRUE(is_chinese(code)) << std::hex << static_cast<std::uint32_t>(code);
  }
  for (const char32_t code : {0x41, 0x33FF, 0x4DC0, 0x3042, 0xAC00, 0x2A6E0, 0x10FFFF}) {
    EXPECT_FALSE(is_chinese(code)) << std::hex << static_cast<std::uint32_t>(code);
  }
}

TEST(CodePoints, LowerCaseMayBeLonger) {
  EXPECT_TRUE(lower_case(U'A') == U"a");
  EXPECT_TRUE(lower_case(0x130) == U"i\u0307");
  EXPECT_TRUE(lower_case(0x3A3) == U"\u03C3");
}

TEST(CodePoints, DecompositionIsFull) {
  const auto decomposed = [](char32_t code) {
    std::u32string out;
    append_decomposition(code, out);
    return out;
  };
  EXPECT_TRUE(decomposed(0xE9) == U"e\u0301");
  EXPECT_TRUE(decomposed(0x1EA5) == U"a\u0302\u0301");
  EXPECT_TRUE(decomposed(0xF900) == U"\u8C48");
  EXPECT_TRUE(decomposed(0xAC00) == U"\u1100\u1161");
  EXPECT_TRUE(decomposed(0xAC01) == U"\u1100\u1161\u11A8");
  EXPECT_TRUE(decomposed(0xD7A3) == U"\u1112\u1175\u11C2");
}

}  // namespace
}  // namespace finemix
