#include "finemix/text/tokenizer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "../io/io_testing.h"
#include "finemix/core/parallel.h"

namespace finemix {
namespace {

using testing::expect_error;
using testing::TemporaryDirectory;
using testing::write_file;

std::shared_ptr<const Tokenizer> from_vocabulary(std::string_view vocabulary) {
  const TemporaryDirectory directory;
  write_file(directory / "vocab.txt", vocabulary);
  return load_tokenizer(directory.path());
}

TEST(IsTextPiece, SpecialUnusedAndUnknownIdsAreNone) {
  const auto tokenizer = from_vocabulary("[UNK]\n[CLS]\n[SEP]\n[unused7]\na\n##b\n");
  const auto is = [&](std::int32_t id) { return is_text_piece(*tokenizer, id); };
  EXPECT_TRUE(is(4) && is(5));
  EXPECT_FALSE(is(-1) || is(0) || is(1) || is(2) || is(3) || is(6));
}

TEST(SwapGroups, AreOfWordsAndOfWhatGoesOnWithThem) {
  const auto tokenizer = from_vocabulary("[UNK]\n[CLS]\n[SEP]\n[unused7]\na\n##b\n");
  EXPECT_EQ(swap_groups(*tokenizer, 8), (std::vector<std::uint8_t>{0, 0, 0, 0, 1, 2, 0, 0}));
}

TEST(CanBeInText, IsAllButWhatStandsAroundTexts) {
  const auto tokenizer = from_vocabulary("[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n[unused7]\na\n##b\n");
  std::vector<std::int32_t> can;
  for (std::int32_t id = -1; id < 9; ++id) {
    if (can_be_in_text(*tokenizer, id)) can.push_back(id);
  }
  EXPECT_EQ(can, (std::vector<std::int32_t>{0, 1, 4, 5, 6, 7})) << "not [CLS] and [SEP]";
}

// Pieces put together again are the text, whatever marks the tokenizer has for words.
TEST(PieceText, IsWhatAPieceStandsFor) {
  const std::string text = "the moviegoers were unimpressed by it";
  for (const char* directory : {"lower", "byte_bpe/files", "byte_bpe/json", "spm/xlmr",
                                "spm/albert", "spm/camembert_json"}) {
    const auto tokenizer = load_tokenizer(FINEMIX_TEST_DATA "/text/" + std::string(directory));
    std::string joined;
    std::size_t continuing = 0;
    for (const std::int32_t id : tokenizer->pieces(" " + text)) {
      const PieceText piece = tokenizer->piece_text(id);
      continuing += piece.continues;
      joined += (piece.continues ? "" : " ") + piece.text;
    }
    EXPECT_EQ(joined, " " + text) << directory;
    EXPECT_GT(continuing, 0u) << directory;
  }
  const auto bytes = load_tokenizer(FINEMIX_TEST_DATA "/text/byte_bpe/files");
  std::string joined;
  for (const std::int32_t id : bytes->pieces(" \u00e9t\u00e9")) {
    joined += bytes->piece_text(id).text;
  }
  EXPECT_EQ(joined, "\u00e9t\u00e9");
}

TEST(LoadTokenizer, TakesTokenizerJsonBeforeTheVocabularyFile) {
  const TemporaryDirectory directory;
  std::filesystem::copy(FINEMIX_TEST_DATA "/text/cased/tokenizer.json",
                        directory / "tokenizer.json");
  write_file(directory / "vocab.txt", "");
  EXPECT_EQ(load_tokenizer(directory.path())->vocabulary_size(), 2000u);
}

// It is not passed over for another file, nor taken for a bug.
TEST(LoadTokenizer, ALinkThatLeadsNowhereIsRefused) {
  for (const char* name :
       {"tokenizer.json", "vocab.txt", "vocab.json", "spiece.model", "tokenizer_config.json",
        "special_tokens_map.json", "config.json", "added_tokens.json"}) {
    for (const char* target : {"nothing", name}) {
      const TemporaryDirectory directory;
      const std::string_view file = name;
      if (file != "vocab.txt") {
        write_file(directory / "vocab.txt", "[UNK]\n[CLS]\n[SEP]\na\n");
      }
      if (file == "vocab.json" || file == "spiece.model") {
        std::filesystem::remove(directory / "vocab.txt");
        write_file(directory / "config.json", R"({"model_type": "albert"})");
        write_file(directory / "merges.txt", "");
      }
      std::filesystem::create_symlink(target, directory / name);
      SCOPED_TRACE(file);
      expect_error(ErrorKind::kMalformed, {(directory / name).native(), "is a link"},
                   [&] { load_tokenizer(directory.path()); });
    }
  }
}

TEST(LoadTokenizer, ADirectoryWithoutOneIsRefused) {
  const TemporaryDirectory directory;
  expect_error(ErrorKind::kFile, {directory.path().native(), "tokenizer.json", "vocab.txt"},
               [&] { load_tokenizer(directory.path()); });
  expect_error(ErrorKind::kFile, {"no-such"}, [&] { load_tokenizer(directory / "no-such"); });
}

// What transformers 5.23 gives of a pair by AutoTokenizer, by class, type of model and setting.
TEST(LoadTokenizer, TypeIdsAreThoseThatTransformersHandsToAModel) {
  const auto second_type = [](const std::string& settings, const std::string& config) {
    const TemporaryDirectory directory;
    write_file(directory / "vocab.txt", "[UNK]\n[CLS]\n[SEP]\na\n");
    if (!settings.empty()) write_file(directory / "tokenizer_config.json", settings);
    if (!config.empty()) write_file(directory / "config.json", config);
    return static_cast<int>(
        load_tokenizer(directory.path())->encode({"a", "a", -1}, 9).type_ids[3]);
  };
  const auto of_class = [](const std::string& name) {
    return R"({"tokenizer_class": ")" + name + "\"}";
  };
  const auto of_model = [](const std::string& type) {
    return R"({"model_type": ")" + type + "\"}";
  };
  EXPECT_EQ(second_type("", ""), 1);
  for (const char* type : {"bert", "distilbert", "electra"}) {
    EXPECT_EQ(second_type("", of_model(type)), 1) << type;
    EXPECT_EQ(second_type("{}", of_model(type)), 1) << type;
  }
  for (const char* type : {"albert", "roberta", "xlm-roberta", "camembert"}) {
    EXPECT_EQ(second_type("", of_model(type)), 0) << type;
  }
  for (const char* name : {"BertTokenizer", "BertTokenizerFast", "ElectraTokenizerFast"}) {
    EXPECT_EQ(second_type(of_class(name), of_model("albert")), 1) << name;
  }
  EXPECT_EQ(second_type(of_class("DistilBertTokenizer"), of_model("bert")), 0);
  const std::string typed = R"({"model_input_names": ["input_ids", "token_type_ids"]})";
  EXPECT_EQ(second_type(typed, of_model("albert")), 1);
  EXPECT_EQ(second_type(R"({"model_input_names": ["input_ids"]})", of_model("bert")), 0);
}

TEST(LoadTokenizer, AClassForAnyTokenizerJsonHandsOverNoTypeIds) {
  const TemporaryDirectory directory;
  std::filesystem::copy(FINEMIX_TEST_DATA "/text/cased/tokenizer.json",
                        directory / "tokenizer.json");
  const auto types = [&] { return load_tokenizer(directory.path())->encode({"a", "b", -1}, 9); };
  EXPECT_EQ(types().type_ids, (std::vector<std::uint8_t>{0, 0, 0, 1, 1}));
  write_file(directory / "tokenizer_config.json",
             R"({"tokenizer_class": "PreTrainedTokenizerFast"})");
  EXPECT_EQ(types().type_ids, std::vector<std::uint8_t>(5, 0));
}

TEST(CheckSameVocabulary, TellsTheFirstDifference) {
  const auto one = from_vocabulary("[UNK]\n[CLS]\n[SEP]\na\nb\n");
  EXPECT_NO_THROW(check_same_vocabulary(*one, *one));
  expect_error(ErrorKind::kMismatch, {"token 3", "'a'", "'b'"}, [&] {
    check_same_vocabulary(*one, *from_vocabulary("[UNK]\n[CLS]\n[SEP]\nb\na\n"));
  });
  expect_error(ErrorKind::kMismatch, {"5 tokens", "has 4"},
               [&] { check_same_vocabulary(*one, *from_vocabulary("[UNK]\n[CLS]\n[SEP]\na\n")); });
}

TEST(EncodeAll, GivesTheSameAtAnyThreadCount) {
  const auto tokenizer = load_tokenizer(FINEMIX_TEST_DATA "/text/lower");
  Dataset data{"sample", {}};
  for (int i = 0; i < 500; ++i) {
    data.examples.push_back({"the movie is good " + std::to_string(i), std::nullopt, 0});
  }
  set_thread_count(1);
  const EncodedTexts alone = encode_all(*tokenizer, data, 16);
  set_thread_count(3);
  EXPECT_TRUE(encode_all(*tokenizer, data, 16) == alone);
  set_thread_count(0);
  EXPECT_TRUE(encode_all(*tokenizer, {"nothing", {}}, 16).empty());
  ASSERT_EQ(alone.size(), 500u);
  for (std::size_t i = 0; i < alone.size(); ++i) {
    const Encoding expected = tokenizer->encode(data.examples[i], 16);
    ASSERT_EQ(alone[i].ids, expected.ids);
    ASSERT_EQ(alone[i].type_ids, expected.type_ids);
  }
}

}  // namespace
}  // namespace finemix
