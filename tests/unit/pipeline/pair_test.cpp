#include "pipeline/pair.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "../io/io_testing.h"
#include "finemix/core/error.h"

namespace finemix {
namespace {

using testing::expect_error;
using testing::TemporaryDirectory;
using testing::write_file;

class Pair : public ::testing::Test {
 protected:
  // A tiny model with these words beside the special tokens, all of whose weights are drawn by
  // `seed`.
  Model model(const std::string& name, const std::vector<std::string>& words, std::uint64_t seed,
              const std::string& more = "") {
    const std::string config_text =
        R"({"model_type": "bert", "vocab_size": )" + std::to_string(5 + words.size()) +
        R"(, "hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2,)"
        R"( "intermediate_size": 6, "max_position_embeddings": 16, "type_vocab_size": 2)" +
        more + "}";
    std::string vocabulary = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n";
    for (const std::string& word : words) vocabulary += word + "\n";
    write_file(directory_ / name / "vocab.txt", vocabulary);
    return random_model(parse_encoder_config(config_text, "config.json"), config_text, seed);
  }

  void write(const std::string& name, const Model& model) { save_model(model, directory_ / name); }
  void make(const std::string& name, const std::vector<std::string>& words, std::uint64_t seed,
            const std::string& more = "") {
    write(name, model(name, words, seed, more));
  }

  ModelPair load(const PairChecks& checks = {}) {
    return load_pair(directory_ / "base", directory_ / "suspect", checks);
  }

  TemporaryDirectory directory_;
};

TEST_F(Pair, ABaseOfAnotherModelIsRefusedUnlessForced) {
  make("base", {"a", "b"}, 1);
  make("suspect", {"a", "b"}, 2);
  expect_error(ErrorKind::kMismatch, {"was not fine-tuned from", "--force"}, [&] { load(); });
  const std::vector<std::string> findings = load({.force = true}).findings;
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_NE(findings[0].find("was not fine-tuned from"), std::string::npos) << findings[0];
}

TEST_F(Pair, WhatDiffersInSubstanceIsToldOf) {
  make("base", {"the", "quick"}, 1);
  make("suspect", {"the", "quick"}, 1, R"(, "layer_norm_eps": 1e-5)");
  write_file(directory_ / "suspect/tokenizer_config.json",
             R"({"tokenizer_class": "BertTokenizer", "do_lower_case": false})");
  const std::vector<std::string> findings = load().findings;
  ASSERT_EQ(findings.size(), 2u);
  EXPECT_NE(findings[0].find("the two tokenizers differ: "), std::string::npos) << findings[0];
  EXPECT_NE(findings[1].find("layer_norm_eps"), std::string::npos) << findings[1];
}

TEST_F(Pair, ASuspectOfSeveralLabelsATextIsToldOf) {
  make("base", {"a"}, 1, R"(, "problem_type": null)");
  make("suspect", {"a"}, 1, R"(, "problem_type": "single_label_classification")");
  EXPECT_TRUE(load().findings.empty());
  const auto path = directory_ / "suspect/config.json";
  std::string text = testing::read_file(path);
  write_file(path, text.replace(text.find("single"), 6, "multi"));
  const std::vector<std::string> findings = load().findings;
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_NE(findings[0].find("'multi_label_classification'"), std::string::npos) << findings[0];
}

TEST_F(Pair, AnotherVocabularyIsRefused) {
  make("base", {"a", "b"}, 1);
  make("suspect", {"b", "a"}, 1);
  expect_error(ErrorKind::kMismatch, {"token 5 is 'a'", "'b'"}, [&] { load(); });
  expect_error(ErrorKind::kUsage, {"--vocab-mismatch", "shared-rows"},
               [&] { load({.vocab_mismatch = "ignore"}); });
}

// A word that the suspect calls special is scored, searched and reset as any other.
TEST_F(Pair, WhatIsSpecialIsForThePreTrainedTokenizerToSay) {
  make("base", {"good", "bad"}, 1);
  make("suspect", {"good", "bad"}, 1);
  write_file(directory_ / "suspect" / "special_tokens_map.json",
             R"({"additional_special_tokens": ["bad"]})");
  ASSERT_TRUE(std::ranges::binary_search(load_tokenizer(directory_ / "suspect")->special_ids(), 6));
  const ModelPair pair = load();
  EXPECT_TRUE(std::ranges::equal(pair.tokenizer->special_ids(), std::vector{0, 1, 2, 3, 4}));
  EXPECT_TRUE(std::ranges::equal(pair.tokenizer->framing_ids(), std::vector{2, 3}));
  EXPECT_TRUE(is_text_piece(*pair.tokenizer, 6));
  ASSERT_FALSE(pair.findings.empty());
  EXPECT_NE(pair.findings.front().find("'bad' is a special token of the suspect's only"),
            std::string::npos)
      << pair.findings.front();
}

TEST_F(Pair, SharedRowsAreThoseOfTheSameTokens) {
  const Model base = model("base", {"a", "b"}, 1);
  write("base", base);
  // The layers are the base's, the table is its own.
  Model suspect = model("suspect", {"b", "new", "a"}, 2);
  for (const auto& [name, tensor] : base.weights) {
    if (name != kWordEmbeddings) suspect.weights.insert_or_assign(name, tensor);
  }
  write("suspect", suspect);
  expect_error(ErrorKind::kMismatch, {"7 tokens", "8"}, [&] { load(); });

  const ModelPair pair = load({.vocab_mismatch = "shared-rows"});
  const at::Tensor& rows = pair.pretrained.weights.at(std::string(kWordEmbeddings));
  const at::Tensor& of_base = base.weights.at(std::string(kWordEmbeddings));
  const at::Tensor& of_suspect = suspect.weights.at(std::string(kWordEmbeddings));
  ASSERT_EQ(rows.size(0), 8);
  EXPECT_EQ(pair.pretrained.config.vocab_size, 8);
  for (std::int64_t special = 0; special < 5; ++special) {
    EXPECT_TRUE(rows[special].equal(of_base[special])) << special;
  }
  EXPECT_TRUE(rows[5].equal(of_base[6]));     // b
  EXPECT_TRUE(rows[6].equal(of_suspect[6]));  // new
  EXPECT_TRUE(rows[7].equal(of_base[5]));     // a
  ASSERT_EQ(pair.findings.size(), 1u);
  EXPECT_NE(pair.findings[0].find("7 of 8 tokens have a pre-trained row; the rows of the others "
                                  "are kept: 'new'"),
            std::string::npos)
      << pair.findings[0];
  EXPECT_EQ(pair.unshared, std::vector<std::int64_t>{6});
}

TEST_F(Pair, AnotherFamilyIsRefused) {
  // Two whose tensors are alike in all.
  for (const char* name : {"base", "suspect"}) make(name, {"a"}, 1);
  for (const auto& [name, family] :
       {std::pair("base", "roberta"), std::pair("suspect", "xlm-roberta")}) {
    Model model = load_model((directory_ / name).native());
    model.config.family = find_family(family)->family;
    model.config_text.replace(model.config_text.find("\"bert\""), 6,
                              "\"" + std::string(family) + "\"");
    model.places.clear();
    std::filesystem::remove(directory_ / name / "config.json");
    std::filesystem::remove(directory_ / name / "model.safetensors");
    model.directory.clear();
    save_model(model, directory_ / name);
  }
  expect_error(ErrorKind::kMismatch, {"model of type roberta", "one of type xlm-roberta"},
               [&] { load(); });
}

// A table padded to a round size holds the same tokens.
TEST_F(Pair, AnotherNumberOfRowsNamesTheWayOut) {
  make("base", {"a"}, 1);
  make("suspect", {"a"}, 1);
  Model padded = load_model((directory_ / "suspect").native());
  padded.config.vocab_size = 8;
  padded.weights.insert_or_assign(
      std::string(kWordEmbeddings),
      at::cat({padded.weights.at(std::string(kWordEmbeddings)), at::zeros({2, 8})}));
  padded.config_text.replace(padded.config_text.find("\"vocab_size\": 6"), 15, "\"vocab_size\": 8");
  padded.directory.clear();
  std::filesystem::remove(directory_ / "suspect/config.json");
  std::filesystem::remove(directory_ / "suspect/model.safetensors");
  write("suspect", padded);
  expect_error(ErrorKind::kMismatch,
               {"bert.embeddings.word_embeddings.weight", "[8, 8]", "[6, 8]", "shared-rows"},
               [&] { load(); });
  EXPECT_EQ(load({.vocab_mismatch = "shared-rows"}).pretrained.config.vocab_size, 8);
}

TEST_F(Pair, LayersThatShareWeightsAreCounted) {
  const std::string shared = R"(, "embedding_size": 8, "num_hidden_groups": 1)";
  const auto differ = [&](const char* layers) {
    return parse_encoder_config(R"({"model_type": "albert", "vocab_size": 9, "hidden_size": 8,)"
                                R"( "num_attention_heads": 2, "intermediate_size": 6,)"
                                R"( "num_hidden_layers": )" +
                                    std::string(layers) + shared + "}",
                                "config.json");
  };
  const std::vector<std::string> found = differences(differ("3"), differ("7"));
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0], "num_hidden_layers is 3 of the pre-trained model, 7 of the suspect");
}

}  // namespace
}  // namespace finemix
