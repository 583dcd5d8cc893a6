#include "finemix/text/wordpiece.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include "../io/cost_testing.h"
#include "../io/io_testing.h"
#include "finemix/text/unicode.h"

namespace finemix {
namespace {

using namespace std::string_literals;
using testing::expect_error;

// Ids: [PAD] 0, [UNK] 1, [CLS] 2, [SEP] 3, [MASK] 4, a 5, ##a 6, ab 7, ##b 8, . 9, é 10.
WordPieceConfig small_config() {
  WordPieceConfig config;
  config.name = "small";
  config.vocabulary = {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a",
                       "##a",   "ab",    "##b",   ".",     "é"};
  config.added_tokens = {AddedToken{.content = "[MASK]", .id = 4}};
  set_bert_templates(config, 2, 3);
  return config;
}

using Ids = std::vector<std::int32_t>;
using Types = std::vector<std::uint8_t>;

Ids pieces(std::string_view text, const WordPieceConfig& config = small_config()) {
  return WordPieceTokenizer(config).pieces(text);
}

Encoding encode(const Example& example, std::size_t max_length) {
  return WordPieceTokenizer(small_config()).encode(example, max_length);
}

void expect_refused(const WordPieceConfig& config,
                    std::initializer_list<std::string_view> fragments) {
  expect_error(ErrorKind::kMalformed, fragments, [&] { WordPieceTokenizer{config}; });
}

TEST(WordPiece, TakesTheLongestPieceFirst) {
  EXPECT_EQ(pieces("a"), Ids({5}));
  EXPECT_EQ(pieces("aba"), Ids({7, 6}));
  EXPECT_EQ(pieces("aab"), Ids({5, 6, 8}));
}

TEST(WordPiece, AWordWithAnUnknownPartIsUnknownAsAWhole) {
  EXPECT_EQ(pieces("abx a"), Ids({1, 5}));
  EXPECT_EQ(pieces("b"), Ids({1}));  // known as a continuation only
}

TEST(WordPiece, PunctuationStandsByItself) {
  EXPECT_EQ(pieces("a.ab..x"), Ids({5, 9, 7, 9, 9, 1}));
}

TEST(WordPiece, WordsOverTheLimitAreUnknown) {
  WordPieceConfig config = small_config();
  EXPECT_EQ(pieces(std::string(100, 'a')).size(), 100u);
  EXPECT_EQ(pieces(std::string(101, 'a')), Ids({1}));
  config.max_word_characters = 2;
  EXPECT_EQ(pieces("ab aba", config), Ids({7, 1}));
}

TEST(WordPiece, TheLimitCountsCharactersNotBytes) {
  WordPieceConfig config = small_config();
  config.normalizer.strip_accents = false;
  config.vocabulary.push_back("##é");
  std::string word;
  for (int i = 0; i < 100; ++i) word += "é";
  EXPECT_EQ(pieces(word, config).size(), 100u);
  EXPECT_EQ(pieces(word + "é", config), Ids({1}));
}

TEST(WordPiece, AddedTokensBeyondTheVocabularyGetTheNextIds) {
  WordPieceConfig config = small_config();
  config.added_tokens.push_back({.content = "[NEW]", .id = 11, .special = false});
  const WordPieceTokenizer tokenizer(config);
  EXPECT_EQ(tokenizer.vocabulary_size(), 12u);
  EXPECT_EQ(tokenizer.token(11), "[NEW]");
  EXPECT_EQ(tokenizer.id("[NEW]"), 11);
  EXPECT_EQ(tokenizer.id("##b"), 8);
  EXPECT_EQ(tokenizer.id("nothing"), -1);
  EXPECT_EQ(tokenizer.pieces("a[NEW]a"), Ids({5, 11, 5}));
}

TEST(WordPiece, NamesItsSpecialIds) {
  const WordPieceTokenizer tokenizer(small_config());
  EXPECT_EQ(Ids(tokenizer.special_ids().begin(), tokenizer.special_ids().end()), Ids({1, 2, 3, 4}));
}

TEST(WordPiece, AnIdThatItLacksIsABug) {
  const WordPieceTokenizer tokenizer(small_config());
  for (const std::int32_t id : {-1, 11}) {
    expect_error(ErrorKind::kInternal, {std::to_string(id)}, [&] { tokenizer.token(id); });
  }
}

TEST(WordPiece, InvalidUtf8IsReadAsTheReplacementCharacter) {
  EXPECT_EQ(pieces("a\xFF\xC3"), Ids({5}));  // cleaned away
  EXPECT_EQ(pieces("a\0b"s), Ids({7}));
  WordPieceConfig config = small_config();
  config.normalizer.clean_text = false;
  config.vocabulary.push_back("##\uFFFD");
  EXPECT_EQ(pieces("a\xFF", config), Ids({5, 11}));
}

TEST(Encode, PutsTheSpecialTokensAroundTheTexts) {
  const Encoding single = encode({"a.", std::nullopt, -1}, 8);
  EXPECT_EQ(single.ids, Ids({2, 5, 9, 3}));
  EXPECT_EQ(single.type_ids, Types({0, 0, 0, 0}));
  const Encoding pair = encode({"a.", "ab", -1}, 8);
  EXPECT_EQ(pair.ids, Ids({2, 5, 9, 3, 7, 3}));
  EXPECT_EQ(pair.type_ids, Types({0, 0, 0, 0, 1, 1}));
  EXPECT_EQ(encode({"", std::nullopt, -1}, 8).ids, Ids({2, 3}));
  EXPECT_EQ(encode({"", "", -1}, 8).ids, Ids({2, 3, 3}));
}

TEST(Encode, TruncatesToTheMaximumLength) {
  EXPECT_EQ(encode({"a ab a", std::nullopt, -1}, 4).ids, Ids({2, 5, 7, 3}));
  EXPECT_EQ(encode({"a ab a", std::nullopt, -1}, 2).ids, Ids({2, 3}));
  EXPECT_EQ(encode({"a ab a", "a", -1}, 5).ids, Ids({2, 5, 3, 5, 3}));
  EXPECT_EQ(encode({"a ab a", "a", -1}, 3).ids, Ids({2, 3, 3}));
}

TEST(Encode, AMaximumLengthBelowTheSpecialTokensIsRefused) {
  expect_error(ErrorKind::kUsage, {"is 1", "at least 2"}, [] {
    encode({"a", std::nullopt, -1}, 1);
  });
  expect_error(ErrorKind::kUsage, {"is 2", "at least 3"}, [] { encode({"a", "b", -1}, 2); });
}

// What is left of texts that were tokenized to their ends, for every length of both sides.
TEST(Encode, ReadingNoFurtherThanNeededChangesNothing) {
  const WordPieceTokenizer tokenizer(small_config());
  const auto text = [](std::size_t pieces) {
    std::string words;
    for (std::size_t i = 0; i < pieces; ++i) words += i % 5 == 4 ? ". " : i % 3 == 2 ? "a " : "ab ";
    return words;
  };
  for (std::size_t first = 0; first < 90; first += 1 + first / 8) {
    for (std::size_t second = 0; second < 90; second += 1 + second / 8) {
      for (std::size_t room = 0; room < 30; ++room) {
        const PairLengths kept = truncated({first, second}, room);
        Ids one = tokenizer.pieces(text(first));
        Ids other = tokenizer.pieces(text(second));
        ASSERT_EQ(one.size(), first);
        Ids single = {2};
        single.insert(single.end(), one.begin(), one.begin() + std::min(first, room));
        single.push_back(3);
        ASSERT_EQ(tokenizer.encode({text(first), std::nullopt, -1}, room + 2).ids, single);
        Ids pair = {2};
        pair.insert(pair.end(), one.begin(), one.begin() + kept.first);
        pair.push_back(3);
        pair.insert(pair.end(), other.begin(), other.begin() + kept.second);
        pair.push_back(3);
        const Encoding found = tokenizer.encode({text(first), text(second), -1}, room + 3);
        ASSERT_EQ(found.ids, pair) << first << " " << second << " " << room;
        ASSERT_EQ(std::ranges::count(found.type_ids, 1), kept.second + 1);
      }
    }
  }
}

TEST(Encode, ThereNeedBeNoMaximumLength) {
  constexpr std::size_t kNoLimit = std::numeric_limits<std::size_t>::max();
  EXPECT_EQ(encode({"a ab", "a", -1}, kNoLimit).ids, Ids({2, 5, 7, 3, 5, 3}));
  EXPECT_EQ(encode({"a ab", std::nullopt, -1}, kNoLimit).ids, Ids({2, 5, 7, 3}));
  WordPieceConfig config = small_config();
  std::erase_if(config.pair, [](auto& part) { return part.kind == TemplatePart::Kind::kToken; });
  EXPECT_EQ(WordPieceTokenizer(config).encode({"a ab", "a", -1}, kNoLimit).ids, Ids({5, 7, 5}));
}

TEST(Encode, AWordThatIsCutAtTheMaximumLengthIsStillKnownAsAWhole) {
  EXPECT_EQ(encode({"aabbx", std::nullopt, -1}, 4).ids, Ids({2, 1, 3}));
  EXPECT_EQ(encode({"a [MASK]", std::nullopt, -1}, 4).ids, Ids({2, 5, 4, 3}));
  EXPECT_EQ(encode({"[MASK] a", std::nullopt, -1}, 3).ids, Ids({2, 4, 3}));
}

TEST(WordPiece, AddedTokensInNormalizedTextAreFound) {
  WordPieceConfig config = small_config();
  config.added_tokens.push_back(
      {.content = "New One", .id = 11, .special = false, .normalized = true});
  EXPECT_EQ(pieces("a nEW\tONE ab[MASK]new one", config), Ids({5, 11, 7, 4, 11}));
}

// The cases of the `tokenizers` package's own rule.
TEST(Truncated, TheLongerTextLosesFirst) {
  EXPECT_EQ(truncated({3, 4}, 7), (PairLengths{3, 4}));
  EXPECT_EQ(truncated({0, 8}, 7), (PairLengths{0, 7}));
  EXPECT_EQ(truncated({2, 8}, 7), (PairLengths{2, 5}));
  EXPECT_EQ(truncated({8, 2}, 7), (PairLengths{5, 2}));
  EXPECT_EQ(truncated({4, 4}, 7), (PairLengths{3, 4}));
  EXPECT_EQ(truncated({4, 8}, 7), (PairLengths{3, 4}));
  EXPECT_EQ(truncated({8, 4}, 7), (PairLengths{4, 3}));
  EXPECT_EQ(truncated({8, 8}, 7), (PairLengths{3, 4}));
  EXPECT_EQ(truncated({8, 8}, 1), (PairLengths{0, 1}));
  EXPECT_EQ(truncated({9, 8}, 1), (PairLengths{1, 0}));
  EXPECT_EQ(truncated({8, 8}, 0), (PairLengths{0, 0}));
}

TEST(HostileVocabulary, DuplicatesAreRefused) {
  WordPieceConfig config = small_config();
  config.vocabulary.push_back("ab");
  expect_refused(config, {"small", "'ab'", "7", "11"});
}

TEST(HostileVocabulary, WithoutTheUnknownTokenIsRefused) {
  WordPieceConfig config = small_config();
  config.vocabulary[1] = "other";
  expect_refused(config, {"'[UNK]'", "not in the vocabulary"});
  config.vocabulary[1].clear();
  config.unknown_token.clear();
  expect_refused(config, {"''", "not in the vocabulary"});
  config = small_config();
  config.vocabulary.clear();
  expect_refused(config, {"'[UNK]'"});
}

TEST(HostileVocabulary, OverlongTokensAreRefused) {
  WordPieceConfig config = small_config();
  config.vocabulary.push_back(std::string(513, 'x'));
  expect_refused(config, {"token 11", "513"});
  config = small_config();
  config.added_tokens.push_back({.content = std::string(513, 'x'), .id = 11});
  expect_refused(config, {"added token 11", "513"});
  config.added_tokens.back().content.clear();
  expect_refused(config, {"added token 11", "0 bytes"});
}

TEST(HostileVocabulary, ItsSizeIsBounded) {
  WordPieceConfig config = small_config();
  config.vocabulary.resize(1'000'000);
  expect_refused(config, {"1000001 tokens"});
  config = small_config();
  for (int i = 0; i < 17'000; ++i) {
    std::string token = std::to_string(i);
    token.resize(512, 'x');
    config.vocabulary.push_back(token);
  }
  expect_refused(config, {"bytes", "8388608"});
}

TEST(HostileVocabulary, HugeWordsAreRefused) {
  WordPieceConfig config = small_config();
  config.max_word_characters = 1'001;
  expect_refused(config, {"max_input_chars_per_word", "1001"});
}

TEST(HostileVocabulary, AddedTokensThatContradictItAreRefused) {
  WordPieceConfig config = small_config();
  config.added_tokens[0].id = 5;
  expect_refused(config, {"'[MASK]'", "id 5", "expected 4"});
  config.added_tokens[0] = {.content = "[NEW]", .id = 12};
  expect_refused(config, {"'[NEW]'", "id 12", "expected 11"});
  config = small_config();
  config.added_tokens.push_back(config.added_tokens[0]);
  expect_refused(config, {"'[MASK]'", "twice"});
}

TEST(HostileVocabulary, AddedTokensThatNormalizeAlikeAreRefused) {
  WordPieceConfig config = small_config();
  config.added_tokens.push_back({.content = "New", .id = 11, .normalized = true});
  config.added_tokens.push_back({.content = "NEW", .id = 12, .normalized = true});
  expect_refused(config, {"'NEW'", "the same as another"});
  config.added_tokens.pop_back();
  config.added_tokens.back().content = "\u0301";
  expect_refused(config, {"normalizes to nothing"});
}

TEST(HostileVocabulary, TemplatesMustFit) {
  WordPieceConfig config = small_config();
  config.pair.back().type_id = 256;
  expect_refused(config, {"type id 256", "0 to 255"});
  set_bert_templates(config, 2, 11);
  expect_refused(config, {"id 11", "11 tokens"});
  set_bert_templates(config, -1, 3);
  expect_refused(config, {"id -1"});
  set_bert_templates(config, 2, 3);
  config.single.push_back(config.single[1]);
  expect_refused(config, {"template for 1 text"});
  set_bert_templates(config, 2, 3);
  config.pair.pop_back();
  config.pair.pop_back();
  expect_refused(config, {"template for 2 text"});
}

TEST(HostileText, TakesLinearTime) {
  const WordPieceTokenizer tokenizer(small_config());
  std::string marks = "a";
  for (int i = 0; i < 100'000; ++i) marks += "\u0301";
  std::string brackets;
  for (int i = 0; i < 1'000'000; ++i) brackets += "[MASK";
  const double start = testing::processor_seconds();
  EXPECT_EQ(tokenizer.pieces(std::string(10 << 20, 'a')), Ids({1}));
  EXPECT_EQ(tokenizer.pieces("a\u0301" + std::string(10 << 20, 'a')), Ids({1}));
  EXPECT_EQ(tokenizer.pieces(std::string(10 << 20, '.')).size(), 10u << 20);
  EXPECT_EQ(tokenizer.pieces(marks), Ids({5}));
  EXPECT_EQ(tokenizer.pieces(brackets).size(), 2'000'000u);
  EXPECT_EQ(tokenizer.pieces(std::string(10 << 20, '\xFF')), Ids());
  EXPECT_EQ(tokenizer.pieces(std::string(10 << 20, '\0')), Ids());
  EXPECT_LT(testing::processor_seconds() - start, 20.0);
}

}  // namespace
}  // namespace finemix
