#include "text/tokenizer_json.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "../io/io_testing.h"
#include "finemix/text/wordpiece.h"
#include "text/wordpiece_json.h"

namespace finemix {
namespace {

using testing::expect_error;
using testing::TemporaryDirectory;
using testing::write_file;

constexpr std::string_view kTokenizer = R"({
  "version": "1.0",
  "truncation": {"max_length": 2, "strategy": "LongestFirst", "stride": 0},
  "padding": {"strategy": {"Fixed": 128}},
  "added_tokens": [
    {"id": 1, "content": "[CLS]", "single_word": false, "lstrip": false, "rstrip": true,
     "normalized": false, "special": true}],
  "normalizer": {"type": "BertNormalizer", "clean_text": false, "handle_chinese_chars": false,
                 "strip_accents": null, "lowercase": true},
  "pre_tokenizer": {"type": "BertPreTokenizer"},
  "post_processor": {"type": "TemplateProcessing",
    "single": [{"SpecialToken": {"id": "[CLS]", "type_id": 0}},
               {"Sequence": {"id": "A", "type_id": 0}},
               {"SpecialToken": {"id": "[SEP]", "type_id": 0}}],
    "pair": [{"SpecialToken": {"id": "[CLS]", "type_id": 0}},
             {"Sequence": {"id": "A", "type_id": 0}},
             {"SpecialToken": {"id": "[SEP]", "type_id": 0}},
             {"Sequence": {"id": "B", "type_id": 1}},
             {"SpecialToken": {"id": "[SEP]", "type_id": 1}}],
    "special_tokens": {"[CLS]": {"id": "[CLS]", "ids": [1], "tokens": ["[CLS]"]},
                       "[SEP]": {"id": "[SEP]", "ids": [2], "tokens": ["[SEP]"]}}},
  "decoder": {"type": "WordPiece"},
  "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 50,
            "vocab": {"[UNK]": 0, "[SEP]": 2, "[CLS]": 1, "a": 3}}
})";

constexpr std::string_view kBertProcessing =
    R"({"type": "BertProcessing", "sep": ["[SEP]", 2], "cls": ["[CLS]", 1]})";

std::string replaced(std::string_view text, std::string_view from, std::string_view to) {
  std::string result(text);
  const std::size_t at = result.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return result.replace(at, from.size(), to);
}

// The file with the member of that name, up to the end of its line, replaced.
std::string with_member(std::string_view name, std::string_view value) {
  const std::string key = "\"" + std::string(name) + "\": ";
  const std::size_t begin = kTokenizer.find("\n  " + key) + 3;
  std::size_t end = kTokenizer.find("\n  \"", begin);
  end = end == std::string_view::npos ? kTokenizer.rfind("\n}") : end - 1;
  std::string result(kTokenizer);
  return result.replace(begin, end - begin, key + std::string(value));
}

WordPieceConfig read(std::string_view text, std::string_view settings = "") {
  const TemporaryDirectory directory;
  write_file(directory / "tokenizer.json", text);
  if (!settings.empty()) write_file(directory / "tokenizer_config.json", settings);
  return read_wordpiece_json(TokenizerJson(directory.path()));
}

void expect_refused(std::string_view text, std::initializer_list<std::string_view> fragments) {
  expect_error(ErrorKind::kMalformed, {"tokenizer.json"}, [&] { read(text); });
  expect_error(ErrorKind::kMalformed, fragments, [&] { read(text); });
}

TEST(TokenizerJson, IsReadInFull) {
  const WordPieceConfig config = read(kTokenizer);
  EXPECT_EQ(config.vocabulary, (std::vector<std::string>{"[UNK]", "[CLS]", "[SEP]", "a"}));
  EXPECT_EQ(config.unknown_token, "[UNK]");
  EXPECT_EQ(config.continuing_prefix, "##");
  EXPECT_EQ(config.max_word_characters, 50u);
  EXPECT_EQ(config.normalizer, (BertNormalizer{false, false, true, true}));
  ASSERT_EQ(config.added_tokens.size(), 1u);
  EXPECT_EQ(config.added_tokens[0].content, "[CLS]");
  EXPECT_TRUE(config.added_tokens[0].right_strip);
  EXPECT_FALSE(config.added_tokens[0].left_strip);
  const Encoding pair = WordPieceTokenizer(config).encode({"a", "a a", -1}, 9);
  EXPECT_EQ(pair.ids, (std::vector<std::int32_t>{1, 3, 2, 3, 3, 2}));
  EXPECT_EQ(pair.type_ids, (std::vector<std::uint8_t>{0, 0, 0, 1, 1, 1}));
}

TEST(TokenizerJson, ItsOwnTruncationAndPaddingAreIgnored) {
  const WordPieceTokenizer tokenizer(read(kTokenizer));
  EXPECT_EQ(tokenizer.encode({"a a a", std::nullopt, -1}, 128).ids.size(), 5u);
}

TEST(TokenizerJson, StripAccentsFollowsLowercaseUnlessItIsSaid) {
  const auto strips = [](std::string_view options) {
    return read(replaced(kTokenizer, R"("strip_accents": null, "lowercase": true)", options))
        .normalizer.strip_accents;
  };
  EXPECT_TRUE(strips(R"("lowercase": true)"));
  EXPECT_FALSE(strips(R"("strip_accents": null, "lowercase": false)"));
  EXPECT_TRUE(strips(R"("strip_accents": true, "lowercase": false)"));
  EXPECT_FALSE(strips(R"("strip_accents": false, "lowercase": true)"));
}

TEST(TokenizerJson, TemplatesMayPutInSeveralTokensAndOtherTypes) {
  std::string text = replaced(kTokenizer, R"("ids": [1], "tokens": ["[CLS]"])",
                              R"("ids": [1, 2], "tokens": ["[CLS]", "[SEP]"])");
  text = replaced(text, R"("type_id": 0)", R"("type_id": 2)");
  const Encoding single = WordPieceTokenizer(read(text)).encode({"a", std::nullopt, -1}, 9);
  EXPECT_EQ(single.ids, (std::vector<std::int32_t>{1, 2, 3, 2}));
  EXPECT_EQ(single.type_ids, (std::vector<std::uint8_t>{2, 2, 0, 0}));
}

TEST(TokenizerJson, BertProcessingIsTheSameAsItsTemplate) {
  const WordPieceTokenizer bert(read(with_member("post_processor", kBertProcessing)));
  const WordPieceTokenizer tmpl(read(kTokenizer));
  const Example pair{"a", "a a", -1};
  EXPECT_EQ(bert.encode(pair, 9).ids, tmpl.encode(pair, 9).ids);
  EXPECT_EQ(bert.encode(pair, 9).type_ids, tmpl.encode(pair, 9).type_ids);
}

TEST(TokenizerJson, OldFilesLeaveOutTheModelsType) {
  EXPECT_EQ(read(replaced(kTokenizer, R"("type": "WordPiece", "unk_token")", R"("unk_token")"))
                .vocabulary.size(),
            4u);
}

TEST(TokenizerJson, WhatFinemixDoesNotHaveIsRefused) {
  expect_refused(with_member("normalizer", R"({"type": "Sequence", "normalizers": []})"),
                 {"'normalizer' is 'Sequence'", "expected 'BertNormalizer'"});
  expect_refused(with_member("normalizer", "null"), {"'normalizer' has no type"});
  expect_refused(with_member("pre_tokenizer", R"({"type": "ByteLevel"})"), {"'ByteLevel'"});
  expect_refused(with_member("post_processor", R"({"type": "Sequence"})"), {"'Sequence'"});
  expect_refused(with_member("post_processor", "null"), {"'post_processor' has no type"});
  expect_refused(with_member("model", R"({"type": "WordLevel", "vocab": {}})"),
                 {"'WordLevel'", "expected 'WordPiece', 'BPE' or 'Unigram'"});
  expect_refused(with_member("model", R"({"vocab": {}})"), {"'model' has no type"});
}

TEST(TokenizerJson, WhatIsMissingOrOfTheWrongTypeIsRefused) {
  expect_refused("[]", {"expected an object"});
  expect_refused("{}", {"'model' is missing"});
  expect_refused(replaced(kTokenizer, R"("vocab": {)", R"("words": {)"), {"'vocab' is missing"});
  expect_refused(with_member("added_tokens", "{}"), {"'added_tokens' is object"});
  expect_refused(with_member("added_tokens", "[5]"), {"expected an object"});
  expect_refused(with_member("added_tokens", R"([{"content": "x"}])"), {"'id'", "missing"});
  expect_refused(replaced(kTokenizer, R"("lowercase": true)", R"("lowercase": 1)"), {"lowercase"});
  expect_refused(replaced(kTokenizer, R"("max_input_chars_per_word": 50)",
                          R"("max_input_chars_per_word": -1)"),
                 {"max_input_chars_per_word"});
}

std::string vocabulary(std::string_view last) { return replaced(kTokenizer, R"("a": 3)", last); }

// `tokenizers` leaves one where the list that it was given had a token twice.
TEST(TokenizerJson, IdsMayLeaveHoles) {
  const WordPieceConfig config = read(vocabulary(R"("a": 6)"));
  EXPECT_EQ(config.vocabulary,
            (std::vector<std::string>{"[UNK]", "[CLS]", "[SEP]", "", "", "", "a"}));
  const WordPieceTokenizer tokenizer(config);
  EXPECT_EQ(tokenizer.vocabulary_size(), 7u);
  EXPECT_EQ(tokenizer.encode({"a b", std::nullopt, -1}, 9).ids,
            (std::vector<std::int32_t>{1, 6, 0, 2}));
}

TEST(TokenizerJson, IdsOfTheVocabularyAreBoundedAndUsedOnce) {
  expect_refused(vocabulary(R"("a": 1000000)"), {"'a'", "id 1000000", "0 to 999999"});
  expect_refused(vocabulary(R"("a": -1)"), {"'a'", "id -1"});
  expect_refused(vocabulary(R"("a": 1.0)"), {"'a'", "1.0"});
  expect_refused(vocabulary(R"("a": "3")"), {"'a'"});
  expect_refused(vocabulary(R"("a": 18446744073709551615)"), {"'a'"});
  expect_refused(vocabulary(R"("a": 2)"), {"'[SEP]'", "'a'", "same id"});
}

TEST(TokenizerJson, DuplicateTokensAreRefused) {
  expect_refused(replaced(kTokenizer, R"("a": 3)", R"("a": 3, "a": 4)"), {"'a'", "twice"});
  expect_refused(replaced(kTokenizer, R"("a": 3)", R"("a": 3, "\u0061": 4)"), {"'a'", "twice"});
}

TEST(TokenizerJson, SpecialTokensMustBeWhatTheVocabularySays) {
  expect_refused(replaced(kTokenizer, R"("ids": [2])", R"("ids": [3])"),
                 {"id 3", "'[SEP]'", "calls it 'a'"});
  expect_refused(replaced(kTokenizer, R"("ids": [2])", R"("ids": [9])"), {"id 9", "''"});
  expect_refused(replaced(kTokenizer, R"("ids": [2])", R"("ids": [-1])"), {"-1"});
  // As a signed number it is -1.
  expect_refused(replaced(kTokenizer, R"("ids": [2])", R"("ids": [18446744073709551615])"),
                 {"18446744073709551615"});
  expect_refused(replaced(kTokenizer, R"("ids": [2])", R"("ids": [2, 2])"), {"2 ids and 1 names"});
  expect_refused(
      replaced(kTokenizer, R"("special_tokens": {"[CLS]")", R"("special_tokens": {"[C]")"),
      {"'[CLS]' is missing"});
  expect_refused(replaced(kTokenizer, R"("id": "B")", R"("id": "C")"), {"'C'"});
  expect_refused(replaced(kTokenizer, R"("type_id": 0)", R"("type_id": 256)"), {"type_id"});
  expect_refused(
      with_member("post_processor",
                  R"({"type": "BertProcessing", "sep": ["[SEP]", 2], "cls": ["[CLS]"]})"),
      {"'cls'"});
}

TEST(TokenizerJson, EndlessTemplatesAreRefused) {
  std::string ids = "1";
  std::string names = "\"[CLS]\"";
  for (int i = 0; i < 64; ++i) {
    ids += ", 1";
    names += ", \"[CLS]\"";
  }
  expect_refused(replaced(kTokenizer, R"("ids": [1], "tokens": ["[CLS]"])",
                          "\"ids\": [" + ids + "], \"tokens\": [" + names + "]"),
                 {"'single' has 65 parts", "at most 64"});
}

TEST(TokenizerJson, TheSettingsOfAClassCountBeforeIt) {
  constexpr BertNormalizer kOfFile{.clean_text = false, .separate_chinese = false};
  constexpr BertNormalizer kOfClass;
  const auto normalizer = [](std::string_view settings) {
    return read(kTokenizer, settings).normalizer;
  };
  EXPECT_EQ(normalizer(""), kOfFile);
  EXPECT_EQ(normalizer(R"({"tokenizer_class": "PreTrainedTokenizerFast", "do_lower_case": false})"),
            kOfFile);
  EXPECT_EQ(normalizer(R"({"tokenizer_class": "BertTokenizerFast"})"), kOfClass);
  EXPECT_EQ(
      normalizer(R"({"tokenizer_class": "BertTokenizer", "do_lower_case": false,
                           "tokenize_chinese_chars": false})"),
      (BertNormalizer{.separate_chinese = false, .strip_accents = false, .lowercase = false}));
  EXPECT_EQ(read(kTokenizer, R"({"tokenizer_class": "BertTokenizer"})").max_word_characters, 100u);
}

}  // namespace
}  // namespace finemix
