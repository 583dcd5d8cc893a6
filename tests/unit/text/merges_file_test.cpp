#include "text/merges_file.h"

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

constexpr std::string_view kVocabulary =
    R"({"<s>": 0, "<pad>": 1, "</s>": 2, "<unk>": 3, "<mask>": 4, "a": 5, "b": 6, "Ġ": 7, "ab": 8})";
constexpr std::string_view kMerges = "#version: 0.2\na b\n";

// A directory with vocab.json, merges.txt and what else is given as name and text.
class Directory {
 public:
  Directory() {
    add("vocab.json", kVocabulary);
    add("merges.txt", kMerges);
  }
  Directory& add(std::string_view name, std::string_view text) {
    write_file(directory_ / name, text);
    return *this;
  }
  ByteBpeConfig read() const { return read_merges_files(directory_.path()); }

 private:
  TemporaryDirectory directory_;
};

void expect_refused(const Directory& directory, std::initializer_list<std::string_view> fragments) {
  expect_error(ErrorKind::kMalformed, fragments, [&] { ByteBpeTokenizer{directory.read()}; });
}

TEST(MergesFile, AloneIsRoberta) {
  const ByteBpeTokenizer tokenizer(Directory().read());
  EXPECT_EQ(tokenizer.encode({"ab", "a<mask>", -1}, 16).ids, Ids({0, 8, 2, 2, 5, 4, 2}));
  EXPECT_EQ(Ids(tokenizer.special_ids().begin(), tokenizer.special_ids().end()),
            Ids({0, 1, 2, 3, 4}));
}

TEST(MergesFile, LinesMayEndInCarriageReturnsAndTheLastOneInNothing) {
  Directory directory;
  directory.add("vocab.json", R"({"<s>": 0, "</s>": 1, "a": 2, "b": 3, "ab": 4, "ba": 5})");
  directory.add("merges.txt", "#version: 0.2\r\na b\r\nb a");
  EXPECT_EQ(directory.read().merges,
            (std::vector<std::pair<std::string, std::string>>{{"a", "b"}, {"b", "a"}}));
}

TEST(MergesFile, SettingsAreFollowed) {
  Directory directory;
  directory.add("special_tokens_map.json",
                R"({"mask_token": {"content": "<mask>", "lstrip": true}})");
  directory.add("tokenizer_config.json",
                R"({"tokenizer_class": "RobertaTokenizer", "add_prefix_space": true})");
  const ByteBpeTokenizer tokenizer(directory.read());
  EXPECT_EQ(tokenizer.pieces("a  <mask>b"), Ids({7, 5, 4, 7, 6}));
}

TEST(MergesFile, AddedTokensFollowTheVocabulary) {
  Directory directory;
  directory.add("added_tokens.json", R"({"<new>": 9})");
  EXPECT_EQ(ByteBpeTokenizer(directory.read()).pieces("a<new>b"), Ids({5, 9, 6}));
}

TEST(MergesFile, OtherTokenizersAreRefused) {
  Directory directory;
  directory.add("tokenizer_config.json", R"({"tokenizer_class": "CLIPTokenizer"})");
  expect_refused(directory, {"vocab.json", "'CLIPTokenizer'", "'RobertaTokenizer'"});
}

TEST(HostileMergesFile, WithoutASpecialTokenIsRefused) {
  Directory directory;
  directory.add("vocab.json", R"({"</s>": 0, "a": 1, "b": 2, "ab": 3})");
  expect_refused(directory, {"vocab.json", "cls_token '<s>'", "4 tokens"});
  directory.add("vocab.json", R"({"<s>": 0, "a": 1, "b": 2, "ab": 3})");
  expect_refused(directory, {"vocab.json", "sep_token '</s>'"});
}

TEST(HostileMergesFile, LinesThatAreNoPairsAreRefused) {
  for (const std::string_view line : {"ab", "a b c", " b", "a ", "", "a\tb"}) {
    Directory directory;
    directory.add("merges.txt", "#version: 0.2\na b\n" + std::string(line) + "\nb a\n");
    expect_refused(directory, {"merges.txt", "merge 2 is ", "expected two tokens"});
  }
}

TEST(HostileMergesFile, WhatIsNotUtf8IsRefused) {
  Directory directory;
  directory.add("merges.txt", "a \xFF\n");
  expect_refused(directory, {"merges.txt", "merge 1 is not UTF-8", "\\xFF"});
}

TEST(HostileMergesFile, AVocabularyThatIsNoObjectOfIdsIsRefused) {
  expect_refused(Directory().add("vocab.json", "[]"), {"vocab.json", "array", "object"});
  expect_refused(Directory().add("vocab.json", R"({"a": "b"})"), {"vocab.json", "'a'"});
  expect_refused(Directory().add("vocab.json", R"({"a": 0, "b": 0})"), {"'a' and 'b'", "same id"});
  expect_refused(Directory().add("vocab.json", R"({"a": 0, "a": 1})"), {"'a'", "twice"});
}

TEST(HostileMergesFile, ManyHolesAreRefused) {
  expect_refused(Directory().add("vocab.json", R"({"<s>": 0, "</s>": 999999})"),
                 {"2 tokens", "ids up to 999999", "holes"});
}

}  // namespace
}  // namespace finemix
