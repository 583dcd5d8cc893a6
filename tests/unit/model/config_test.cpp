#include "finemix/model/config.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "../io/io_testing.h"

namespace finemix {
namespace {

using testing::expect_error;

EncoderConfig parsed(const std::string& text) { return parse_encoder_config(text, "config.json"); }

// What transformers 5 takes where config.json says nothing.
TEST(ParseEncoderConfig, DefaultsAreTheFamilys) {
  EXPECT_EQ(parsed("{}").family, Family::kBert);
  EXPECT_EQ(parsed(R"({"model_type": "roberta"})").vocab_size, 50265);
  const EncoderConfig distil = parsed(R"({"model_type": "distilbert"})");
  EXPECT_EQ(distil.num_hidden_layers, 6);
  EXPECT_EQ(distil.classifier_dropout, 0.2);
  const EncoderConfig electra = parsed(R"({"model_type": "electra"})");
  EXPECT_EQ(electra.hidden_size, 256);
  EXPECT_TRUE(electra.projects_embeddings());
  const EncoderConfig albert = parsed(R"({"model_type": "albert"})");
  EXPECT_EQ(albert.hidden_act, Activation::kGeluTanh);
  EXPECT_EQ(albert.hidden_dropout_prob, 0.0);
  EXPECT_EQ(albert.classifier_dropout, 0.1);
  EXPECT_EQ(albert.depth(), 12);
  EXPECT_EQ(albert.stored_layers(), 1);
}

TEST(ParseEncoderConfig, KeysAreTheFamilys) {
  const EncoderConfig config = parsed(
      R"({"model_type": "distilbert", "dim": 24, "n_heads": 3, "n_layers": 2, "hidden_dim": 40,)"
      R"( "activation": "relu", "dropout": 0.3, "attention_dropout": 0.4,)"
      R"( "seq_classif_dropout": 0.5, "layer_norm_eps": 0.1})");
  EXPECT_EQ(config.hidden_size, 24);
  EXPECT_EQ(config.head_size(), 8);
  EXPECT_EQ(config.num_hidden_layers, 2);
  EXPECT_EQ(config.intermediate_size, 40);
  EXPECT_EQ(config.hidden_act, Activation::kRelu);
  EXPECT_EQ(config.hidden_dropout_prob, 0.3);
  EXPECT_EQ(config.attention_probs_dropout_prob, 0.4);
  EXPECT_EQ(config.classifier_dropout, 0.5);
  EXPECT_EQ(config.layer_norm_eps, 1e-12);  // it has no such key
}

TEST(ParseEncoderConfig, PositionsFollowThePaddingIdWhereTheFamilysDo) {
  const EncoderConfig roberta =
      parsed(R"({"model_type": "roberta", "max_position_embeddings": 514})");
  EXPECT_EQ(roberta.first_position(), 2);
  EXPECT_EQ(roberta.max_tokens(), 512);
  EXPECT_EQ(parsed(R"({"pad_token_id": 7})").max_tokens(), 512);
  EXPECT_EQ(parsed(R"({"pad_token_id": null})").pad_token_id, -1);
  expect_error(ErrorKind::kMalformed, {"max_position_embeddings is 2", "pad_token_id"},
               [] { parsed(R"({"model_type": "roberta", "max_position_embeddings": 2})"); });
  expect_error(ErrorKind::kMalformed, {"pad_token_id", "99999999"},
               [] { parsed(R"({"model_type": "roberta", "pad_token_id": 99999999})"); });
}

TEST(ParseEncoderConfig, LayersShareWeightsInGroups) {
  const EncoderConfig config =
      parsed(R"({"model_type": "albert", "num_hidden_layers": 5, "num_hidden_groups": 3,)"
             R"( "inner_group_num": 2, "embedding_size": 8, "hidden_size": 8,)"
             R"( "num_attention_heads": 2})");
  EXPECT_TRUE(config.projects_embeddings());
  std::vector<std::int64_t> stored;
  for (std::int64_t i = 0; i < config.depth(); ++i) stored.push_back(config.stored_layer(i));
  EXPECT_EQ(stored, (std::vector<std::int64_t>{0, 1, 0, 1, 2, 3, 2, 3, 4, 5}));
  expect_error(ErrorKind::kMalformed, {"5 groups", "no more groups than layers"}, [] {
    parsed(R"({"model_type": "albert", "num_hidden_layers": 4, "num_hidden_groups": 5})");
  });
  expect_error(ErrorKind::kMalformed, {"at most 256 layers"}, [] {
    parsed(R"({"model_type": "albert", "num_hidden_layers": 200, "inner_group_num": 200})");
  });
}

TEST(ParseEncoderConfig, WhatNoVersionRunsIsNamed) {
  expect_error(ErrorKind::kMismatch, {"'gpt2'", "bert, roberta, xlm-roberta", "albert"},
               [] { parsed(R"({"model_type": "gpt2"})"); });
  expect_error(ErrorKind::kMismatch, {"position_embedding_type", "relative_key"},
               [] { parsed(R"({"position_embedding_type": "relative_key"})"); });
  expect_error(ErrorKind::kMismatch, {"is_decoder"}, [] { parsed(R"({"is_decoder": true})"); });
  expect_error(ErrorKind::kMismatch, {"activation is 'swiglu'"},
               [] { parsed(R"({"model_type": "distilbert", "activation": "swiglu"})"); });
}

TEST(ParseEncoderConfig, SizesAreBounded) {
  for (const char* key : {"vocab_size", "hidden_size", "num_hidden_layers", "num_attention_heads",
                          "intermediate_size", "max_position_embeddings", "type_vocab_size"}) {
    for (const char* value : {"0", "-1", "1e300", "99999999999", "\"12\"", "3.5"}) {
      expect_error(ErrorKind::kMalformed, {"config.json", key},
                   [&] { parsed(R"({")" + std::string(key) + R"(": )" + value + "}"); });
    }
  }
  expect_error(ErrorKind::kMalformed, {"hidden_size 10 is not a multiple", "heads 3"},
               [] { parsed(R"({"hidden_size": 10, "num_attention_heads": 3})"); });
}

TEST(ParseEncoderConfig, NumberOfNamedLabelsIsBounded) {
  const auto with_labels = [](int count) {
    std::string labels;
    for (int i = 0; i < count; ++i) {
      labels += (i == 0 ? "\"" : ",\"") + std::to_string(i) + "\":\"x\"";
    }
    return "{\"id2label\":{" + labels + "}}";
  };
  EXPECT_EQ(parsed(with_labels(65'536)).num_labels, 65'536);
  expect_error(ErrorKind::kMalformed, {"id2label has 65537 labels, expected at most 65536"},
               [&] { parsed(with_labels(65'537)); });
}

TEST(ClassifierConfigText, NamesTheFamilysClass) {
  const std::string text = classifier_config_text(
      R"({"architectures": ["RobertaForMaskedLM"], "hidden_size": 24})", Family::kRoberta, 3);
  EXPECT_NE(text.find("RobertaForSequenceClassification"), std::string::npos) << text;
  EXPECT_EQ(parsed(text).num_labels, 3);
  EXPECT_EQ(parsed(text).family, Family::kRoberta);
  EXPECT_EQ(parsed(text).hidden_size, 24);
}

TEST(Differences, AreOfWhatChangesAModelsAnswers) {
  const EncoderConfig one = parsed("{}");
  EXPECT_TRUE(differences(one, parsed(R"({"hidden_dropout_prob": 0.5})")).empty());
  const std::vector<std::string> found = differences(
      one, parsed(R"({"num_attention_heads": 8, "hidden_act": "relu", "layer_norm_eps": 1e-5})"));
  EXPECT_EQ(found, (std::vector<std::string>{
                       "num_attention_heads is 12 of the pre-trained model, 8 of the suspect",
                       "hidden_act is gelu of the pre-trained model, relu of the suspect",
                       "layer_norm_eps is 1e-12 of the pre-trained model, 1e-05 of the suspect"}));
}

}  // namespace
}  // namespace finemix
