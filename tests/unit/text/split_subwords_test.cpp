#include "finemix/text/split_subwords.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace finemix {
namespace {

// Keeps the words that it is given, and gives as many ids as a word has bytes.
class Recorder : public PieceModel {
 public:
  explicit Recorder(std::vector<std::string>& words) : words_(words) {}
  void append(std::string_view word, std::vector<std::int32_t>& ids) const override {
    words_.emplace_back(word);
    ids.resize(ids.size() + word.size());
  }
  std::int32_t unknown_id() const override { return 3; }

 private:
  std::vector<std::string>& words_;
};

using Words = std::vector<std::string>;

Words words_of(WordRule rule, std::string_view text, bool begins_text = true,
               std::size_t enough = 1000) {
  Words words;
  const SplitSubwords model(TextSteps(), std::move(rule), std::make_unique<Recorder>(words));
  std::vector<std::int32_t> ids;
  model.append({text, begins_text}, enough, ids);
  return words;
}

Metaspace metaspace(Metaspace::Prepend prepend, bool splits = true) {
  Metaspace result;
  result.mark = "_";
  result.prepend = prepend;
  result.splits = splits;
  return result;
}

TEST(SplitSubwords, WithoutARuleTheTextIsOneWord) {
  EXPECT_EQ(words_of({}, " a b"), (Words{" a b"}));
  EXPECT_EQ(words_of({}, ""), (Words{}));
}

TEST(SplitSubwords, WhiteSpaceOfAnyKindIsDropped) {
  EXPECT_EQ(words_of({true, std::nullopt}, " a\u00a0\u3000bc\td\u2028"), (Words{"a", "bc", "d"}));
  EXPECT_EQ(words_of({true, std::nullopt}, "\u00a0 "), (Words{}));
}

TEST(SplitSubwords, AMarkBeginsEachWord) {
  using Prepend = Metaspace::Prepend;
  const WordRule always{false, metaspace(Prepend::kAlways)};
  EXPECT_EQ(words_of(always, "a  bc d "), (Words{"_a", "_", "_bc", "_d", "_"}));
  EXPECT_EQ(words_of(always, " a"), (Words{"_a"}));
  EXPECT_EQ(words_of(always, "_a"), (Words{"_a"}));
  const WordRule never{false, metaspace(Prepend::kNever)};
  EXPECT_EQ(words_of(never, "a b"), (Words{"a", "_b"}));
  const WordRule whole{false, metaspace(Prepend::kAlways, false)};
  EXPECT_EQ(words_of(whole, "a b"), (Words{"_a_b"}));
  const WordRule both{true, metaspace(Prepend::kAlways)};
  EXPECT_EQ(words_of(both, " a\tb_c"), (Words{"_a", "_b", "_c"}));
}

TEST(SplitSubwords, FirstMeansWhereTheTextBegins) {
  using Prepend = Metaspace::Prepend;
  const WordRule first{false, metaspace(Prepend::kFirst)};
  EXPECT_EQ(words_of(first, "a b"), (Words{"_a", "_b"}));
  EXPECT_EQ(words_of(first, "a b", false), (Words{"a", "_b"}));
  const WordRule both{true, metaspace(Prepend::kFirst)};
  EXPECT_EQ(words_of(both, "a b"), (Words{"_a", "b"}));
  EXPECT_EQ(words_of(both, " a b"), (Words{"a", "b"}));
}

TEST(SplitSubwords, StopsWhenThereIsEnough) {
  const WordRule both{true, metaspace(Metaspace::Prepend::kAlways)};
  EXPECT_EQ(words_of(both, "ab c d e", true, 4), (Words{"_ab", "_c"}));
  const WordRule marks{false, metaspace(Metaspace::Prepend::kAlways)};
  EXPECT_EQ(words_of(marks, "ab c d e", true, 3), (Words{"_ab"}));
}

TEST(SplitSubwords, NormalizesBeforeItSplits) {
  Words words;
  const SplitSubwords model(TextSteps({LowercaseStep{}, ReplaceStep{"x", " "}}, "test"),
                            {true, std::nullopt}, std::make_unique<Recorder>(words));
  EXPECT_EQ(model.normalize({"AXb"}), "a b");
  std::vector<std::int32_t> ids;
  model.append({"AXb"}, 10, ids);
  EXPECT_EQ(words, (Words{"a", "b"}));
  model.append_normalized({"Ax"}, 10, ids);
  EXPECT_EQ(words.back(), "Ax");
  EXPECT_EQ(model.unknown_id(), 3);
}

}  // namespace
}  // namespace finemix
