#include "pipeline/pair.h"

#include <gtest/gtest.h>

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

  void write(const std::string& name, const Model& model) {
    save_model(model, directory_ / name, DType::kF32);
  }
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
  EXPECT_TRUE(load({.force = true}).findings.empty());
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
  EXPECT_NE(pair.findings[0].find("7 of 8 tokens have a pre-trained row"), std::string::npos)
      << pair.findings[0];
}

TEST_F(Pair, AnotherFamilyIsRefused) {
  make("base", {"a"}, 1);
  make("suspect", {"a"}, 1);
  const auto path = directory_ / "suspect/config.json";
  std::string text = testing::read_file(path);
  text.replace(text.find("\"bert\""), 6, "\"electra\"");
  write_file(path, text);
  EXPECT_THROW(load(), Error);  // its tensors have other names
}

}  // namespace
}  // namespace finemix
