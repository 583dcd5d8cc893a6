#include "finemix/text/vocabulary_file.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "../io/io_testing.h"
#include "finemix/text/wordpiece.h"

namespace finemix {
namespace {

using testing::expect_error;
using testing::TemporaryDirectory;
using testing::write_file;

using Ids = std::vector<std::int32_t>;

constexpr std::string_view kVocabulary = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\n##b\n";

// A directory with vocab.txt and what else is given as name and text.
class Directory {
 public:
  explicit Directory(std::string_view vocabulary = kVocabulary) { add("vocab.txt", vocabulary); }
  Directory& add(std::string_view name, std::string_view text) {
    write_file(directory_ / name, text);
    return *this;
  }
  WordPieceConfig read() const { return read_vocabulary(directory_.path()); }
  Ids pieces(std::string_view text) const { return WordPieceTokenizer(read()).pieces(text); }

 private:
  TemporaryDirectory directory_;
};

void expect_refused(const Directory& directory, std::initializer_list<std::string_view> fragments) {
  expect_error(ErrorKind::kMalformed, fragments, [&] { WordPieceTokenizer{directory.read()}; });
}

TEST(VocabularyFile, AloneIsLowerCasedBert) {
  const WordPieceConfig config = Directory().read();
  EXPECT_EQ(config.vocabulary.size(), 7u);
  EXPECT_EQ(config.normalizer, BertNormalizer{});
  const WordPieceTokenizer tokenizer(config);
  EXPECT_EQ(tokenizer.encode({"A ab", "a", -1}, 9).ids, Ids({2, 5, 5, 6, 3, 5, 3}));
  EXPECT_EQ(tokenizer.pieces("a[MASK][PAD]"), Ids({5, 4, 0}));
  EXPECT_EQ(Ids(tokenizer.special_ids().begin(), tokenizer.special_ids().end()),
            Ids({0, 1, 2, 3, 4}));
}

TEST(VocabularyFile, WhiteSpaceAtTheEndsOfLinesIsNoPartOfTheTokens) {
  EXPECT_EQ(Directory("[UNK]\r\n[CLS] \n[SEP]\t\u3000\na b").read().vocabulary,
            (std::vector<std::string>{"[UNK]", "[CLS]", "[SEP]", "a b"}));
}

TEST(VocabularyFile, TakesItsOptionsFromTheSettings) {
  const auto normalizer = [](std::string_view settings) {
    return Directory().add("tokenizer_config.json", settings).read().normalizer;
  };
  EXPECT_EQ(normalizer(R"({"do_lower_case": false})"), (BertNormalizer{true, true, false, false}));
  EXPECT_EQ(normalizer(R"({"do_lower_case": false, "strip_accents": true})"),
            (BertNormalizer{true, true, true, false}));
  EXPECT_EQ(normalizer(R"({"strip_accents": false})"), (BertNormalizer{true, true, false, true}));
  EXPECT_EQ(normalizer(R"({"strip_accents": null, "tokenize_chinese_chars": false})"),
            (BertNormalizer{true, false, true, true}));
}

TEST(VocabularyFile, SpecialTokensMayHaveOtherNames) {
  Directory directory("<pad>\n<unk>\n<s>\n</s>\na\n");
  directory.add("tokenizer_config.json",
                R"({"unk_token": "<unk>", "cls_token": {"content": "<s>", "lstrip": true},
                    "sep_token": "</s>", "pad_token": "<pad>"})");
  const WordPieceTokenizer tokenizer(directory.read());
  EXPECT_EQ(tokenizer.encode({"a x", std::nullopt, -1}, 9).ids, Ids({2, 4, 1, 3}));
  EXPECT_EQ(tokenizer.pieces("a </s>"), Ids({4, 3}));
}

TEST(VocabularyFile, OlderDirectoriesNameThemInSpecialTokensMap) {
  Directory directory("[UNK]\n<s>\n[SEP]\na\n");
  directory.add("special_tokens_map.json", R"({"cls_token": "<s>"})");
  EXPECT_EQ(WordPieceTokenizer(directory.read()).encode({"a", std::nullopt, -1}, 9).ids,
            Ids({1, 3, 2}));
}

TEST(VocabularyFile, AddedTokensFollowTheVocabulary) {
  Directory decoder;
  decoder.add("tokenizer_config.json", R"({"added_tokens_decoder": {
      "8": {"content": "New", "normalized": true, "special": false},
      "7": {"content": "[E]", "normalized": false, "special": true, "rstrip": true},
      "4": {"content": "[MASK]", "normalized": false, "special": true, "lstrip": true}}})");
  EXPECT_EQ(decoder.pieces("a [MASK] [E] NEW a"), Ids({5, 4, 7, 8, 5}));
  Directory old;
  old.add("added_tokens.json", R"({"New": 8, "<x>": 7})");
  EXPECT_EQ(old.pieces("a<x>new"), Ids({5, 7, 8}));
}

TEST(VocabularyFile, AddedTokensWithOddIdsAreRefused) {
  Directory odd;
  odd.add("tokenizer_config.json", R"({"added_tokens_decoder": {"9": {"content": "[E]"}}})");
  expect_refused(odd, {"'[E]'", "id 9", "expected 7"});
  odd.add("tokenizer_config.json", R"({"added_tokens_decoder": {"x": {"content": "[E]"}}})");
  expect_refused(odd, {"tokenizer_config.json", "'x'", "expected an id"});
  odd.add("tokenizer_config.json", R"({"added_tokens_decoder": {"99999999999": {}}})");
  expect_refused(odd, {"'99999999999'"});
  odd.add("tokenizer_config.json", R"({"added_tokens_decoder": []})");
  expect_refused(odd, {"added_tokens_decoder"});
}

// What transformers 5 makes of this vocabulary.
TEST(VocabularyFile, MpnetIsBertWithRobertasSpecialTokens) {
  Directory directory("<s>\n<pad>\n</s>\n<unk>\n[UNK]\na\n##b\n<mask>\n");
  directory.add("tokenizer_config.json", R"({"tokenizer_class": "MPNetTokenizer"})");
  const WordPieceTokenizer tokenizer(directory.read());
  const Encoding pair = tokenizer.encode({"A ab x", "a  <mask>", -1}, 16);
  EXPECT_EQ(pair.ids, Ids({0, 5, 5, 6, 4, 2, 2, 5, 7, 2}));
  EXPECT_EQ(pair.type_ids, std::vector<std::uint8_t>(10, 0));
  EXPECT_EQ(Ids(tokenizer.special_ids().begin(), tokenizer.special_ids().end()),
            Ids({0, 1, 2, 4, 7}));
}

TEST(VocabularyFile, OtherTokenizersAreRefused) {
  Directory directory;
  directory.add("tokenizer_config.json", R"({"tokenizer_class": "BertJapaneseTokenizer"})");
  expect_refused(directory, {"vocab.txt", "'BertJapaneseTokenizer'", "'BertTokenizer'"});
  directory.add("tokenizer_config.json", R"({"tokenizer_class": "DistilBertTokenizerFast"})");
  EXPECT_NO_THROW(directory.read());
}

TEST(HostileVocabularyFile, WithoutASpecialTokenIsRefused) {
  expect_refused(Directory("[PAD]\n[CLS]\n[SEP]\n"), {"unk_token", "'[UNK]'"});
  expect_refused(Directory("[UNK]\n[SEP]\n"), {"cls_token", "'[CLS]'"});
  expect_refused(Directory("[UNK]\n[CLS]\n"), {"sep_token", "'[SEP]'"});
  expect_refused(Directory(""), {"vocab.txt", "'[UNK]'"});
}

TEST(HostileVocabularyFile, DuplicatesAreRefused) {
  expect_refused(Directory("[UNK]\n[CLS]\n[SEP]\na\na\n"), {"vocab.txt", "'a'", "3 and 4"});
}

TEST(HostileVocabularyFile, WhatIsNotUtf8IsRefused) {
  expect_refused(Directory("[UNK]\n[CLS]\n[SEP]\n\xFF\n"), {"vocab.txt", "line 4", "not UTF-8"});
}

TEST(HostileVocabularyFile, SettingsThatAreNoObjectAreRefused) {
  expect_refused(Directory().add("tokenizer_config.json", "[]"), {"tokenizer_config.json"});
  expect_refused(Directory().add("tokenizer_config.json", R"({"do_lower_case": "yes"})"),
                 {"tokenizer_config.json", "do_lower_case"});
  expect_refused(Directory().add("tokenizer_config.json", R"({"unk_token": 5})"), {"unk_token"});
}

}  // namespace
}  // namespace finemix
