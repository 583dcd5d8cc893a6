#include "finemix/model/tensor_layout.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace finemix {
namespace {

EncoderConfig config_of(Family family) {
  EncoderConfig config;
  config.family = family;
  return config;
}

TEST(StoredTensorName, IsThatOfTheFamily) {
  const std::string query = "bert.encoder.layer.11.attention.self.query.bias";
  EXPECT_EQ(stored_tensor_name(config_of(Family::kBert), query), query);
  EXPECT_EQ(stored_tensor_name(config_of(Family::kXlmRoberta), query),
            "roberta.encoder.layer.11.attention.self.query.bias");
  EXPECT_EQ(stored_tensor_name(config_of(Family::kDistilBert), query),
            "distilbert.transformer.layer.11.attention.q_lin.bias");
  EncoderConfig albert = config_of(Family::kAlbert);
  albert.num_hidden_groups = 4;
  albert.inner_group_num = 3;
  EXPECT_EQ(stored_tensor_name(albert, query),
            "albert.encoder.albert_layer_groups.3.albert_layers.2.attention.query.bias");
}

TEST(StoredTensorName, HeadsHaveTheirOwn) {
  EXPECT_EQ(stored_tensor_name(config_of(Family::kBert), "classifier.weight"), "classifier.weight");
  EXPECT_EQ(stored_tensor_name(config_of(Family::kRoberta), "classifier.weight"),
            "classifier.out_proj.weight");
  EXPECT_EQ(stored_tensor_name(config_of(Family::kDistilBert), "classifier.dense.bias"),
            "pre_classifier.bias");
  EXPECT_EQ(stored_tensor_name(config_of(Family::kAlbert), "bert.pooler.dense.weight"),
            "albert.pooler.weight");
}

TEST(StoredTensorNames, AreAlsoThoseOfEncodersAloneAndOfOldFiles) {
  EXPECT_EQ(stored_tensor_names(config_of(Family::kElectra), "bert.embeddings.LayerNorm.weight"),
            (std::vector<std::string>{
                "electra.embeddings.LayerNorm.weight", "embeddings.LayerNorm.weight",
                "electra.embeddings.LayerNorm.gamma", "embeddings.LayerNorm.gamma"}));
  EXPECT_EQ(stored_tensor_names(config_of(Family::kBert), "classifier.bias"),
            (std::vector<std::string>{"classifier.bias"}));
}

TEST(IsLeftOut, BuffersPretrainingHeadsAndPoolersWithoutUse) {
  const EncoderConfig bert = config_of(Family::kBert);
  const EncoderConfig roberta = config_of(Family::kRoberta);
  EXPECT_TRUE(is_left_out(bert, "bert.embeddings.position_ids"));
  EXPECT_TRUE(is_left_out(bert, "cls.predictions.bias"));
  EXPECT_TRUE(is_left_out(roberta, "lm_head.dense.weight"));
  EXPECT_TRUE(is_left_out(roberta, "roberta.pooler.dense.weight"));
  EXPECT_TRUE(is_left_out(roberta, "pooler.dense.weight"));
  EXPECT_FALSE(is_left_out(bert, "bert.pooler.dense.weight"));
  EXPECT_FALSE(is_left_out(roberta, "roberta.encoder.layer.12.output.dense.weight"));
  EXPECT_FALSE(is_left_out(bert, "qa_outputs.weight"));
}

TEST(TensorLayout, HasWhatTheFamilyHas) {
  const auto has = [](const EncoderConfig& config, const std::string& name) {
    return std::ranges::count(tensor_layout(config), name, &TensorSpec::name) == 1;
  };
  const std::string types = "bert.embeddings.token_type_embeddings.weight";
  EXPECT_TRUE(has(config_of(Family::kBert), types));
  EXPECT_FALSE(has(config_of(Family::kDistilBert), types));
  EXPECT_FALSE(has(config_of(Family::kElectra), "bert.embeddings_project.weight"));
  EncoderConfig narrow = config_of(Family::kElectra);
  narrow.embedding_size = 128;
  EXPECT_TRUE(has(narrow, "bert.embeddings_project.weight"));
  EXPECT_TRUE(has(config_of(Family::kAlbert), "bert.embeddings_project.weight"));

  EncoderConfig albert = config_of(Family::kAlbert);
  albert.num_hidden_groups = 1;
  EXPECT_TRUE(has(albert, "bert.encoder.layer.0.output.dense.weight"));
  EXPECT_FALSE(has(albert, "bert.encoder.layer.1.output.dense.weight"));
}

}  // namespace
}  // namespace finemix
