#include "text/byte_bpe_json.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "../io/io_testing.h"
#include "finemix/text/byte_bpe.h"

namespace finemix {
namespace {

using testing::expect_error;
using testing::TemporaryDirectory;
using testing::write_file;

using Ids = std::vector<std::int32_t>;

constexpr std::string_view kTokenizer = R"({
  "version": "1.0", "truncation": null, "padding": null,
  "added_tokens": [
    {"id": 0, "content": "<s>", "normalized": false, "special": true},
    {"id": 1, "content": "</s>", "normalized": false, "special": true},
    {"id": 2, "content": "<mask>", "lstrip": true, "normalized": false, "special": true}],
  "normalizer": null,
  "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true,
                    "use_regex": true},
  "post_processor": {"type": "RobertaProcessing", "sep": ["</s>", 1], "cls": ["<s>", 0],
                     "trim_offsets": true, "add_prefix_space": false},
  "decoder": {"type": "ByteLevel"},
  "model": {"type": "BPE", "dropout": null, "unk_token": null, "continuing_subword_prefix": "",
            "end_of_word_suffix": "", "fuse_unk": false, "byte_fallback": false,
            "ignore_merges": false,
            "vocab": {"<s>": 0, "</s>": 1, "<mask>": 2, "a": 3, "b": 4, "Ġ": 5, "ab": 6, "Ġab": 7},
            "merges": [["a", "b"], ["Ġ", "ab"]]}
})";

std::string replaced(std::string_view from, std::string_view to) {
  std::string result(kTokenizer);
  const std::size_t at = result.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return result.replace(at, from.size(), to);
}

ByteBpeConfig read(std::string_view text, std::string_view settings = "") {
  const TemporaryDirectory directory;
  write_file(directory / "tokenizer.json", text);
  if (!settings.empty()) write_file(directory / "tokenizer_config.json", settings);
  return read_byte_bpe_json(TokenizerJson(directory.path()));
}

Encoding encode(const ByteBpeConfig& config, const Example& example) {
  return ByteBpeTokenizer(config).encode(example, 64);
}

void expect_refused(std::string_view text, std::initializer_list<std::string_view> fragments) {
  expect_error(ErrorKind::kMalformed, {"tokenizer.json"}, [&] { read(text); });
  expect_error(ErrorKind::kMalformed, fragments, [&] { read(text); });
}

TEST(ByteBpeJson, IsReadInFull) {
  const ByteBpeConfig config = read(kTokenizer);
  EXPECT_EQ(config.vocabulary.size(), 8u);
  EXPECT_EQ(config.merges,
            (std::vector<std::pair<std::string, std::string>>{{"a", "b"}, {"Ġ", "ab"}}));
  EXPECT_EQ(config.unknown_token, "");
  EXPECT_FALSE(config.fuse_unknown || config.add_prefix_space || config.whole_words);
  EXPECT_TRUE(config.split_words);
  const Encoding pair = encode(config, {"ab ab", "b <mask>", -1});
  EXPECT_EQ(pair.ids, Ids({0, 6, 7, 1, 1, 4, 2, 1}));  // <mask> takes the space before it along
  EXPECT_EQ(pair.type_ids, std::vector<std::uint8_t>(8, 0));
}

TEST(ByteBpeJson, OptionsAreFollowed) {
  EXPECT_TRUE(read(replaced(R"("ignore_merges": false)", R"("ignore_merges": true)")).whole_words);
  EXPECT_TRUE(read(replaced(R"("fuse_unk": false)", R"("fuse_unk": true)")).fuse_unknown);
  EXPECT_EQ(read(replaced(R"("unk_token": null)", R"("unk_token": "<s>")")).unknown_token, "<s>");
  EXPECT_FALSE(read(replaced(R"("use_regex": true)", R"("use_regex": false)")).split_words);
  EXPECT_TRUE(read(replaced(R"("add_prefix_space": false, "trim_offsets": true,)",
                            R"("add_prefix_space": true, "trim_offsets": true,)"))
                  .add_prefix_space);
}

TEST(ByteBpeJson, OlderFilesHaveMergesInOneString) {
  EXPECT_EQ(read(replaced(R"([["a", "b"], ["Ġ", "ab"]])", R"(["a b", "Ġ ab"])")).merges,
            read(kTokenizer).merges);
}

TEST(ByteBpeJson, OldFilesLeaveOutTheModelsType) {
  EXPECT_EQ(read(replaced(R"("type": "BPE", )", "")).vocabulary.size(), 8u);
}

TEST(ByteBpeJson, OtherPostProcessors) {
  const std::string_view roberta =
      R"({"type": "RobertaProcessing", "sep": ["</s>", 1], "cls": ["<s>", 0],
                     "trim_offsets": true, "add_prefix_space": false})";
  const Example example{"ab", "b", -1};
  const Encoding bert =
      encode(read(replaced(roberta,
                           R"({"type": "BertProcessing", "sep": ["</s>", 1], "cls": ["<s>", 0]})")),
             example);
  EXPECT_EQ(bert.ids, Ids({0, 6, 1, 4, 1}));
  EXPECT_EQ(bert.type_ids, (std::vector<std::uint8_t>{0, 0, 0, 1, 1}));
  const Encoding plain =
      encode(read(replaced(roberta, R"({"type": "ByteLevel", "trim_offsets": true})")), example);
  EXPECT_EQ(plain.ids, Ids({6, 4}));
  EXPECT_EQ(plain.type_ids, (std::vector<std::uint8_t>{0, 1}));
}

TEST(ByteBpeJson, WhatFinemixDoesNotHaveIsRefused) {
  expect_refused(
      replaced(R"("continuing_subword_prefix": "")", R"("continuing_subword_prefix": "##")"),
      {"'continuing_subword_prefix' is '##'", "expected none"});
  expect_refused(replaced(R"("end_of_word_suffix": "")", R"("end_of_word_suffix": "</w>")"),
                 {"'end_of_word_suffix' is '</w>'"});
  expect_refused(replaced(R"("dropout": null)", R"("dropout": 0.1)"), {"'dropout'"});
  expect_refused(replaced(R"("byte_fallback": false)", R"("byte_fallback": true)"),
                 {"'byte_fallback'", "byte 0 has no token"});
  expect_refused(replaced(R"("normalizer": null)", R"("normalizer": {"type": "NFC"})"),
                 {"'normalizer' is there", "expected null"});
  expect_refused(replaced(R"({"type": "ByteLevel", "add_prefix_space")",
                          R"({"type": "Whitespace", "add_prefix_space")"),
                 {"'pre_tokenizer' is 'Whitespace'", "expected 'ByteLevel'"});
}

TEST(ByteBpeJson, MergesThatAreNoPairsAreRefused) {
  const auto merges = [](std::string_view text) {
    return replaced(R"([["a", "b"], ["Ġ", "ab"]])", text);
  };
  expect_refused(merges(R"(["a b", "Ġab"])"), {"merge 2 is 'Ġab'", "expected two tokens"});
  expect_refused(merges(R"(["a b c"])"), {"merge 1 is 'a b c'"});
  expect_refused(merges(R"([" b"])"), {"merge 1 is ' b'"});
  expect_refused(merges(R"(["a "])"), {"merge 1 is 'a '"});
  expect_refused(merges(R"([["a", "b", "c"]])"), {"merge 1", R"(["a","b","c"])"});
  expect_refused(merges(R"([["a", 1]])"), {"merge 1"});
  expect_refused(merges("[7]"), {"merge 1 is 7"});
  expect_refused(merges("{}"), {"'merges' is object"});
}

TEST(ByteBpeJson, TheSettingsOfAClassCountBeforeIt) {
  const auto prefixes = [](std::string_view settings) {
    return read(kTokenizer, settings).add_prefix_space;
  };
  EXPECT_TRUE(prefixes(R"({"tokenizer_class": "RobertaTokenizerFast", "add_prefix_space": true})"));
  EXPECT_FALSE(prefixes(R"({"tokenizer_class": "RobertaTokenizer"})"));
  EXPECT_FALSE(
      prefixes(R"({"tokenizer_class": "PreTrainedTokenizerFast", "add_prefix_space": true})"));
}

}  // namespace
}  // namespace finemix
