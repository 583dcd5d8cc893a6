// A tokenizer's files from an attacker either load, and then give ids that the vocabulary has, or
// are refused: thousands of valid files, each broken in a few places that a reader may trust too
// much. FINEMIX_MUTANTS says how many of each kind; the sanitizer build runs this too.
#include <gtest/gtest.h>

#include <array>
#include <iterator>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "../io/io_testing.h"
#include "../io/mutants.h"
#include "finemix/core/random.h"
#include "finemix/text/tokenizer.h"

namespace finemix {
namespace {

using testing::TemporaryDirectory;

using Files = std::map<std::string, std::string>;

Files wordpiece_json() {
  return {{"tokenizer.json", R"({"version":"1.0","truncation":null,"padding":null,"added_tokens":[)"
                             R"({"id":1,"content":"[CLS]","single_word":false,"lstrip":false,)"
                             R"("rstrip":true,"normalized":false,"special":true},)"
                             R"({"id":6,"content":"New","normalized":true,"special":false}],)"
                             R"("normalizer":{"type":"BertNormalizer","clean_text":true,)"
                             R"("strip_accents":null,"lowercase":true},)"
                             R"("pre_tokenizer":{"type":"BertPreTokenizer"},)"
                             R"("post_processor":{"type":"TemplateProcessing","single":[)"
                             R"({"SpecialToken":{"id":"[CLS]","type_id":0}},)"
                             R"({"Sequence":{"id":"A","type_id":0}}],"pair":[)"
                             R"({"Sequence":{"id":"A","type_id":0}},)"
                             R"({"Sequence":{"id":"B","type_id":1}}],"special_tokens":{)"
                             R"("[CLS]":{"id":"[CLS]","ids":[1],"tokens":["[CLS]"]}}},)"
                             R"("model":{"type":"WordPiece","unk_token":"[UNK]",)"
                             R"("continuing_subword_prefix":"##","max_input_chars_per_word":100,)"
                             R"("vocab":{"[UNK]":0,"[CLS]":1,"[SEP]":2,"a":3,"##b":4,"ab":5}}})"}};
}

Files bpe_json() {
  return {{"tokenizer.json",
           R"({"added_tokens":[{"id":0,"content":"<s>","normalized":false,"special":true},)"
           R"({"id":7,"content":"<mask>","lstrip":true,"normalized":true,"special":true}],)"
           R"("normalizer":null,"pre_tokenizer":{"type":"ByteLevel","add_prefix_space":true,)"
           R"("use_regex":true},"post_processor":{"type":"RobertaProcessing",)"
           R"("sep":["</s>",1],"cls":["<s>",0],"trim_offsets":true},)"
           R"("model":{"type":"BPE","dropout":null,"unk_token":null,)"
           R"("continuing_subword_prefix":"","end_of_word_suffix":"","fuse_unk":false,)"
           R"("byte_fallback":false,"ignore_merges":false,)"
           R"("vocab":{"<s>":0,"</s>":1,"a":2,"b":3,"Ġ":4,"ab":5,"Ġab":6},)"
           R"("merges":[["a","b"],"Ġ ab"]}})"}};
}

Files merges() {
  return {{"vocab.json", R"({"<s>":0,"<pad>":1,"</s>":2,"a":3,"b":4,"Ġ":5,"ab":6,"Ġab":7})"},
          {"merges.txt", "#version: 0.2\na b\nĠ ab\n"},
          {"added_tokens.json", R"({"<x>":8})"},
          {"tokenizer_config.json", R"({"tokenizer_class":"RobertaTokenizer",)"
                                    R"("add_prefix_space":false,"mask_token":"<x>"})"}};
}

Files vocabulary_lines() {
  return {{"vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\n##b\nab\né\n中\n"},
          {"tokenizer_config.json", R"({"tokenizer_class":"BertTokenizer","do_lower_case":true,)"
                                    R"("strip_accents":null,"added_tokens_decoder":{)"
                                    R"("10":{"content":"New","normalized":true}}})"},
          {"special_tokens_map.json", R"({"mask_token":{"content":"[MASK]","lstrip":true}})"}};
}

// What a number or a word of a file is replaced by.
constexpr std::array<std::string_view, 28> kPieces = {
    "0",        "1",    "-1",     "5",          "6",
    "7",        "256",  "999999", "2147483647", "18446744073709551615",
    "1e308",    "0.5",  "null",   "true",       "[]",
    "{}",       "\"\"", "a",      "ab",         "##",
    "[UNK]",    "<s>",  "\n",     "\\u0000",    "\\ud800",
    "\xC3\xA9", "\xFF", "\"BPE\""};

// Breaks one of the files in one to three places.
class Mutator {
 public:
  explicit Mutator(std::uint64_t seed) : random_(seed, "tokenizer mutant") {}

  Files operator()(Files files) {
    for (std::uint64_t places = 1 + random_.below(3); places > 0; --places) {
      auto file = files.begin();
      std::advance(file, static_cast<std::ptrdiff_t>(random_.below(files.size())));
      if (!file->second.empty()) change(file->second);
    }
    return files;
  }

 private:
  void change(std::string& text) {
    switch (random_.below(8)) {
      case 0:
        return text.resize(place(text));
      case 1:
        text[place(text)] = static_cast<char>(random_.below(256));
        return;
      case 2:
        return replace_run(text, "0123456789");
      case 3:
        return replace_run(text, "abcdefghijklmnopqrstuvwxyz_ABFOL0123456789");
      case 4: {  // a stretch to another place
        const std::string stretch = text.substr(place(text), 1 + random_.below(60));
        text.insert(place(text), stretch);
        return;
      }
      case 7: {  // a stretch many times
        const std::size_t begin = place(text);
        const std::string stretch = text.substr(begin, 1 + random_.below(40));
        std::string again;
        for (std::uint64_t times = testing::times_again(random_, stretch.size()); times > 0;
             --times)
          again += stretch;
        text.insert(begin, again);
        return;
      }
      case 5: {  // a member or a line to behind its end
        const std::size_t begin = text.find_first_of(",\n", place(text));
        if (begin == text.npos) return;
        const std::size_t end = text.find_first_of(",\n", begin + 1);
        if (end != text.npos) text.insert(end, text.substr(begin, end - begin));
        return;
      }
      default:
        text.erase(place(text), 1 + random_.below(30));
        return;
    }
  }

  std::size_t place(const std::string& text) { return random_.below(text.size()); }

  void replace_run(std::string& text, std::string_view characters) {
    const std::size_t begin = text.find_first_of(characters, place(text));
    if (begin == text.npos) return;
    const std::size_t end = std::min(text.find_first_not_of(characters, begin), text.size());
    text.replace(begin, end - begin, kPieces[random_.below(kPieces.size())]);
  }

  RandomSequence random_;
};

const std::string kText = "New abab \t[CLS]a <mask>b's <x>é中\xFF  \n12 \u0301";

void expect_valid_ids(const Tokenizer& tokenizer) {
  const auto limit = static_cast<std::int32_t>(tokenizer.vocabulary_size());
  const auto check = [&](std::span<const std::int32_t> ids) {
    for (const std::int32_t id : ids) {
      EXPECT_GE(id, 0);
      EXPECT_LT(id, limit);
      if (id >= 0 && id < limit) {
        const std::string& token = tokenizer.token(id);
        EXPECT_TRUE(token.empty() || tokenizer.id(token) == id) << token;
      }
    }
  };
  check(tokenizer.pieces(kText));
  check(tokenizer.special_ids());
  check(tokenizer.encode({kText, kText, -1}, 200).ids);
}

// False when they are refused.
bool loads(const std::filesystem::path& directory, const Files& files) {
  for (const auto& [name, text] : files) testing::replace_file(directory / name, text);
  try {
    expect_valid_ids(*load_tokenizer(directory));
    return true;
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kMalformed) << error.what();
    return false;
  }
}

struct Kind {
  const char* name;
  Files (*files)();
};

class TokenizerMutants : public ::testing::TestWithParam<Kind> {};

TEST_P(TokenizerMutants, EachLoadsOrIsRefused) {
  const TemporaryDirectory directory;
  const Files valid = GetParam().files();
  ASSERT_TRUE(loads(directory.path(), valid));
  testing::expect_accepted_or_refused(
      testing::mutant_count(10'000), {0.01, 0.9},
      [&](std::uint64_t seed) { return loads(directory.path(), Mutator(seed)(valid)); });
}

INSTANTIATE_TEST_SUITE_P(Kinds, TokenizerMutants,
                         ::testing::Values(Kind{"wordpiece_json", wordpiece_json},
                                           Kind{"bpe_json", bpe_json}, Kind{"merges", merges},
                                           Kind{"vocabulary_lines", vocabulary_lines}),
                         [](const auto& kind) { return std::string(kind.param.name); });

}  // namespace
}  // namespace finemix
