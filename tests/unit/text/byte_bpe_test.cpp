#include "finemix/text/byte_bpe.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "../io/cost_testing.h"
#include "../io/io_testing.h"
#include "text/byte_alphabet.h"

namespace finemix {
namespace {

using namespace std::string_literals;
using namespace std::string_view_literals;
using testing::expect_error;
using testing::processor_seconds;

using Ids = std::vector<std::int32_t>;

// Ids: <s> 0, </s> 1, <unk> 2, bytes from 3 on, then ab, abc, Ġa, Ġab, aa, aaaa.
ByteBpeConfig small_config() {
  ByteBpeConfig config;
  config.name = "small";
  config.vocabulary = {"<s>", "</s>", "<unk>"};
  for (int byte = 0; byte < 256; ++byte) {
    config.vocabulary.push_back(byte_character(static_cast<unsigned char>(byte)));
  }
  for (const char* token : {"ab", "abc", "Ġa", "Ġab", "aa", "aaaa"}) {
    config.vocabulary.emplace_back(token);
  }
  config.merges = {{"a", "b"}, {"ab", "c"}, {"Ġ", "a"}, {"Ġ", "ab"}, {"a", "a"}, {"aa", "aa"}};
  config.added_tokens = {AddedToken{.content = "<s>", .id = 0},
                         AddedToken{.content = "</s>", .id = 1}};
  set_roberta_templates(config, 0, 1);
  return config;
}

std::int32_t byte_id(char byte) { return 3 + static_cast<unsigned char>(byte); }

constexpr std::int32_t kAb = 259;
constexpr std::int32_t kAbc = 260;
constexpr std::int32_t kSpaceA = 261;
constexpr std::int32_t kSpaceAb = 262;
constexpr std::int32_t kAa = 263;
constexpr std::int32_t kAaaa = 264;

Ids pieces(std::string_view text, const ByteBpeConfig& config = small_config()) {
  return ByteBpeTokenizer(config).pieces(text);
}

void expect_refused(const ByteBpeConfig& config,
                    std::initializer_list<std::string_view> fragments) {
  expect_error(ErrorKind::kMalformed, {"small: "}, [&] { ByteBpeTokenizer{config}; });
  expect_error(ErrorKind::kMalformed, fragments, [&] { ByteBpeTokenizer{config}; });
}

TEST(ByteBpe, JoinsPairsInTheOrderOfTheList) {
  EXPECT_EQ(pieces("abc"), Ids({kAbc}));
  EXPECT_EQ(pieces(" ab"), Ids({kSpaceAb}));
  EXPECT_EQ(pieces(" abc"), Ids({byte_id(' '), kAbc}));  // ab c before Ġ ab
  EXPECT_EQ(pieces("aaaaaaa"), Ids({kAaaa, kAa, byte_id('a')}));
  EXPECT_EQ(pieces(" aa"), Ids({kSpaceA, byte_id('a')}));
}

TEST(ByteBpe, NothingIsJoinedAcrossWords) {
  EXPECT_EQ(pieces("a,b"), Ids({byte_id('a'), byte_id(','), byte_id('b')}));
  EXPECT_EQ(pieces("a  ab"), Ids({byte_id('a'), byte_id(' '), kSpaceAb}));
}

TEST(ByteBpe, AnyBytesOfTheTextAreKnown) {
  EXPECT_EQ(pieces("é"), Ids({byte_id('\xC3'), byte_id('\xA9')}));
  EXPECT_EQ(pieces("\0"s), Ids({byte_id('\0')}));
  EXPECT_EQ(pieces("\xFF"), pieces("\uFFFD"));
}

TEST(ByteBpe, ASpaceBeforeTheTextIsAddedWhereThereIsNone) {
  ByteBpeConfig config = small_config();
  config.add_prefix_space = true;
  EXPECT_EQ(pieces("ab", config), Ids({kSpaceAb}));
  EXPECT_EQ(pieces(" ab", config), Ids({kSpaceAb}));
  // Also behind an added token, but not before nothing.
  EXPECT_EQ(pieces("ab<s>ab</s>", config), Ids({kSpaceAb, 0, kSpaceAb, 1}));
  EXPECT_EQ(pieces("", config), Ids());
  EXPECT_EQ(pieces("\nab", config), Ids({byte_id(' '), byte_id('\n'), kAb}));
}

TEST(ByteBpe, WithoutThePatternATextIsOneWord) {
  ByteBpeConfig config = small_config();
  config.split_words = false;
  config.vocabulary.emplace_back(",a");
  config.merges.emplace_back(",", "a");
  EXPECT_EQ(pieces("c,a", config), Ids({byte_id('c'), 265}));
  EXPECT_EQ(pieces("c,a"), Ids({byte_id('c'), byte_id(','), byte_id('a')}));
}

TEST(ByteBpe, WholeWordsNeedNoMerges) {
  ByteBpeConfig config = small_config();
  config.vocabulary.insert(config.vocabulary.end(), {"Ġabc", "abcabcabcabcabc"});
  EXPECT_EQ(pieces(" abc", config), Ids({byte_id(' '), kAbc}));
  config.whole_words = true;
  EXPECT_EQ(pieces(" abc", config), Ids({265}));
  EXPECT_EQ(pieces("abcabcabcabcabc", config), Ids({266}));
  EXPECT_EQ(pieces("abcabc", config), Ids({kAbc, kAbc}));
}

// More words of one hash than the table of words has room for: see word_table_test.cpp.
TEST(ByteBpe, AllWholeWordsAreFoundHoweverManyThereAre) {
  ByteBpeConfig config = small_config();
  config.whole_words = true;
  const std::size_t first = config.vocabulary.size();
  for (int i = 0; i < 20'000; ++i) config.vocabulary.push_back("x" + std::to_string(i) + "y");
  config.split_words = false;
  const ByteBpeTokenizer tokenizer(config);
  for (std::size_t id = first; id < config.vocabulary.size(); ++id) {
    ASSERT_EQ(tokenizer.pieces(config.vocabulary[id]), Ids({static_cast<std::int32_t>(id)}));
  }
}

TEST(ByteBpe, BytesThatTheVocabularyLacksAreDroppedOrUnknown) {
  ByteBpeConfig config = small_config();
  config.vocabulary[static_cast<std::size_t>(byte_id('x'))].clear();
  EXPECT_EQ(pieces("axxb", config), Ids({kAb}));
  config.unknown_token = "<unk>";
  EXPECT_EQ(pieces("axxb", config), Ids({byte_id('a'), 2, 2, byte_id('b')}));
  EXPECT_EQ(pieces("xax", config), Ids({2, byte_id('a'), 2}));
  config.fuse_unknown = true;
  EXPECT_EQ(pieces("axxbx", config), Ids({byte_id('a'), 2, byte_id('b'), 2}));
}

TEST(ByteBpe, RobertasPairsHaveTwoTokensBetweenThemAndOneType) {
  const Encoding pair = ByteBpeTokenizer(small_config()).encode({"ab", "abc", -1}, 16);
  EXPECT_EQ(pair.ids, Ids({0, kAb, 1, 1, kAbc, 1}));
  EXPECT_EQ(pair.type_ids, std::vector<std::uint8_t>(6, 0));
  EXPECT_EQ(ByteBpeTokenizer(small_config()).encode({"ab", std::nullopt, -1}, 16).ids,
            Ids({0, kAb, 1}));
}

TEST(ByteBpe, ReadingNoFurtherThanNeededChangesNothing) {
  const ByteBpeTokenizer tokenizer(small_config());
  const std::string text = "abc aab ab, aaaa  ab";
  const Ids all = tokenizer.pieces(text);
  for (std::size_t room = 0; room <= all.size(); ++room) {
    Ids expected = {0};
    expected.insert(expected.end(), all.begin(), all.begin() + static_cast<std::ptrdiff_t>(room));
    expected.push_back(1);
    EXPECT_EQ(tokenizer.encode({text, std::nullopt, -1}, room + 2).ids, expected);
  }
}

TEST(HostileByteBpe, MergesMustNameAndMakeTokens) {
  ByteBpeConfig config = small_config();
  config.merges.emplace_back("zz", "a");
  expect_refused(config, {"merge 7 joins 'zz'", "not in the vocabulary"});
  config.merges.back() = {"a", "zz"};
  expect_refused(config, {"merge 7 joins 'zz'"});
  config.merges.back() = {"a", "z"};
  expect_refused(config, {"merge 7 makes 'az'"});
  config.merges.back() = {"", "a"};
  expect_refused(config, {"merge 7 joins ''"});
}

TEST(HostileByteBpe, AMergeThatIsThereTwiceIsRefused) {
  ByteBpeConfig config = small_config();
  config.merges.emplace_back("ab", "c");
  expect_refused(config, {"merges 2 and 7", "'ab' and 'c'"});
}

TEST(HostileByteBpe, MergesAreBounded) {
  ByteBpeConfig config = small_config();
  config.merges.resize(1'000'001);
  expect_refused(config, {"1000001 merges"});
}

TEST(HostileByteBpe, TheUnknownTokenMustBeKnown) {
  ByteBpeConfig config = small_config();
  config.unknown_token = "<other>";
  expect_refused(config, {"'<other>'", "not in the vocabulary"});
}

TEST(HostileByteBpe, AVocabularyWithDuplicatesIsRefused) {
  ByteBpeConfig config = small_config();
  config.vocabulary.emplace_back("abc");
  expect_refused(config, {"'abc'", "260 and 265"});
}

std::string repeated(std::string_view unit, std::size_t bytes) {
  std::string text;
  while (text.size() < bytes) text += unit;
  return text;
}

// n log n: eight times the text takes little more than eight times as long, where quadratic time
// would be 64 times; caches that overflow make it more.
TEST(HostileByteBpe, NoTextTakesQuadraticTime) {
  const ByteBpeTokenizer tokenizer(small_config());
  for (const std::string_view unit :
       {"a"sv, "ab"sv, "\u0301"sv, "\xFF"sv, "\n"sv, " "sv, "'s"sv, "aab"sv, "<s"sv, "\0"sv}) {
    SCOPED_TRACE(::testing::PrintToString(unit));
    const std::string small = repeated(unit, 100'000);
    const std::string large = repeated(unit, 800'000);
    testing::expect_growth_below(
        24, 0.01, [&] { EXPECT_FALSE(tokenizer.pieces(small).empty()); },
        [&] { EXPECT_FALSE(tokenizer.pieces(large).empty()); });
  }
}

TEST(HostileByteBpe, TenMegabytesOfOneLetterTakeSeconds) {
  const ByteBpeTokenizer tokenizer(small_config());
  const std::string text(10 << 20, 'a');
  const double start = processor_seconds();
  EXPECT_EQ(tokenizer.pieces(text).size(), text.size() / 4);
  const double seconds = processor_seconds() - start;
  RecordProperty("seconds", std::to_string(seconds));
  EXPECT_LT(seconds, 20.0);
}

}  // namespace
}  // namespace finemix
