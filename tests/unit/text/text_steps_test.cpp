#include "finemix/text/text_steps.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "../io/io_testing.h"
#include "expected_hashes.h"
#include "finemix/text/spm_model.h"
#include "finemix/text/unicode.h"

namespace finemix {
namespace {

using testing::expect_error;
using testing::expect_hashes;
using testing::Hash;
using testing::read_expected_hashes;

std::string after(TextStep step, std::string text) {
  TextSteps({std::move(step)}, "test").apply(text);
  return text;
}

TEST(TextSteps, EveryCodePointAsTheTokenizersPackageHasIt) {
  constexpr char32_t kBlock = 16384;
  constexpr char32_t kSurrogates = 0x800;
  const SpmModel model = read_spm_model(FINEMIX_TEST_DATA "/text/spm/albert/spiece.model");
  const std::map<std::string, TextStep> steps = {{"nfc", NormalForm::kNfc},
                                                 {"nfd", NormalForm::kNfd},
                                                 {"nfkc", NormalForm::kNfkc},
                                                 {"nfkd", NormalForm::kNfkd},
                                                 {"strip_accents", StripAccentsStep{}},
                                                 {"lowercase", LowercaseStep{}},
                                                 {"precompiled", Charsmap(model.charsmap, "test")},
                                                 {"join_whitespace", JoinWhitespaceStep{}}};
  const auto all = read_expected_hashes("step_hashes.txt");
  ASSERT_EQ(all.size(), steps.size());
  for (const auto& [name, expected] : all) {
    ASSERT_EQ(expected.size(), (kCodePoints - kSurrogates + kBlock - 1) / kBlock);
    const TextSteps one({steps.at(name)}, "test");
    expect_hashes(name, expected, [&](std::size_t block) {
      Hash hash;
      for (char32_t i = 0; i < kBlock; ++i) {
        char32_t code = static_cast<char32_t>(block) * kBlock + i;
        if (code >= 0xD800) code += kSurrogates;
        if (code >= kCodePoints) break;
        std::string text = "o";
        append_utf8(text, code);
        text += "\u0301";
        one.apply(text);
        hash.add_text(text);
      }
      return hash.value();
    });
  }
}

// Expected: what `tokenizers` 0.23.3 answers.
TEST(TextSteps, ReplaceText) {
  EXPECT_EQ(after(ReplaceStep{"``", "\""}, "``a````b`"), "\"a\"\"b`");
  EXPECT_EQ(after(ReplaceStep{"a", ""}, "aaa"), "");
  EXPECT_EQ(after(ReplaceSpacesStep{"_"}, "  a b   c "), "_a b_c ");
  EXPECT_EQ(after(JoinWhitespaceStep{}, "a \u00a0b\nc\u3000d\t"), "a b c\u3000d ");
}

TEST(TextSteps, StripAndPrepend) {
  EXPECT_EQ(after(StripStep{true, true}, " \u00a0a b\u3000"), "a b");
  EXPECT_EQ(after(StripStep{false, true}, " a "), " a");
  EXPECT_EQ(after(StripStep{true, false}, " a "), "a ");
  EXPECT_EQ(after(StripStep{true, false}, "  "), "");
  EXPECT_EQ(after(StripStep{false, true}, "  "), "");
  EXPECT_EQ(after(StripStep{false, false}, " \t"), " \t");
  EXPECT_EQ(after(PrependStep{"x"}, "a"), "xa");
  EXPECT_EQ(after(PrependStep{"x"}, ""), "");
}

TEST(TextSteps, NormalFormsSortAndCompose) {
  EXPECT_EQ(after(NormalForm::kNfc, "a\u0323\u0302"), "\u1ead");
  EXPECT_EQ(after(NormalForm::kNfc, "a\u0302\u0323"), "\u1ead");
  // A mark of the same class blocks the second one.
  EXPECT_EQ(after(NormalForm::kNfc, "o\u0327\u0328\u0301"), "\u00f3\u0327\u0328");
  EXPECT_EQ(after(NormalForm::kNfc, "\u1100\u1161\u11a8"), "\uac01");
  EXPECT_EQ(after(NormalForm::kNfd, "\uac01"), "\u1100\u1161\u11a8");
  EXPECT_EQ(after(NormalForm::kNfkd, "\ufb01\u2460"), "fi1");
  EXPECT_EQ(after(NormalForm::kNfkc, "\u0301\u0323x"), "\u0323\u0301x");
}

TEST(TextSteps, OneAfterTheOther) {
  std::string text = "ÀB";
  TextSteps({NormalForm::kNfkd, StripAccentsStep{}, LowercaseStep{}}, "test").apply(text);
  EXPECT_EQ(text, "ab");
}

TEST(TextSteps, ThatCouldMakeATextGrowWithoutBoundAreRefused) {
  const ReplaceStep grows{"a", std::string(33, 'a')};
  EXPECT_NO_THROW(TextSteps({grows, ReplaceStep{"b", std::string(31, 'a')}}, "test"));
  expect_error(ErrorKind::kMalformed, {"test", "1024"}, [&] { TextSteps({grows, grows}, "test"); });
}

// Two steps that each pass alone; what they make of a text is bounded by the text.
TEST(TextSteps, ThatMakeATextTooLongAreRefusedWhenTheyDo) {
  const ReplaceStep grows{"a", std::string(32, 'a')};
  const TextSteps steps({grows, grows}, "some/tokenizer.json");
  std::string few = "aaa" + std::string(100, 'b');
  steps.apply(few);
  EXPECT_EQ(few.size(), 3u * 32 * 32 + 100);
  expect_error(ErrorKind::kMalformed, {"some/tokenizer.json", "of a text of 100000"}, [&] {
    std::string many(100'000, 'a');
    steps.apply(many);
  });
}

// Of all characters, this one's form is the longest.
TEST(TextSteps, UnicodesLongestFormIsNoSuchGrowth) {
  std::string text;
  for (int i = 0; i < 10'000; ++i) text += "\ufdfa";
  TextSteps({NormalForm::kNfkd, StripAccentsStep{}, LowercaseStep{}}, "test").apply(text);
  EXPECT_EQ(text.size(), 330'000u);
}

TEST(TextSteps, SayWhetherTheyMayDropTheBeginning) {
  EXPECT_FALSE(TextSteps({LowercaseStep{}, NormalForm::kNfc, StripStep{false, true}}, "test")
                   .may_drop_beginning());
  EXPECT_TRUE(TextSteps({StripStep{true, false}}, "test").may_drop_beginning());
  EXPECT_TRUE(TextSteps({ReplaceStep{"a", ""}}, "test").may_drop_beginning());
  EXPECT_TRUE(TextSteps({StripAccentsStep{}}, "test").may_drop_beginning());
}

}  // namespace
}  // namespace finemix
