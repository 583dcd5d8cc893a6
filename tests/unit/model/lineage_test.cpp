#include "finemix/model/lineage.h"

#include <ATen/Context.h>
#include <ATen/ops/randn_like.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "../io/io_testing.h"

namespace finemix {
namespace {

using testing::expect_error;
using testing::TemporaryDirectory;

const std::string kConfig =
    R"({"model_type": "bert", "vocab_size": 50, "hidden_size": 16, "num_hidden_layers": 3,)"
    R"( "num_attention_heads": 2, "intermediate_size": 24, "max_position_embeddings": 8,)"
    R"( "type_vocab_size": 2, "hidden_act": "gelu"})";

Model model(std::uint64_t seed) {
  return random_model(parse_encoder_config(kConfig, "config.json"), kConfig, seed);
}

StoredModel stored(const Model& model, const TemporaryDirectory& directory) {
  save_model(model, directory.path());
  return StoredModel::open(directory.path());
}

// Each weight is moved by a fifth of what it is: more than any fine-tuning does.
TEST(Lineage, AFineTunedModelIsNearItsBase) {
  at::manual_seed(3);
  const TemporaryDirectory base, suspect;
  Model moved = model(1);
  for (auto& [name, tensor] : moved.weights) {
    tensor = tensor + 0.2 * tensor * at::randn_like(tensor);
  }
  const StoredModel pretrained = stored(model(1), base);
  const StoredModel backdoored = stored(moved, suspect);
  const Lineage found = lineage(pretrained, backdoored);
  EXPECT_EQ(found.matrices.size(), 18u);  // six of each layer
  EXPECT_GT(found.cosine, 0.95);
  for (const TensorLineage& tensor : found.matrices) {
    EXPECT_NEAR(tensor.distance, 0.2, 0.08) << tensor.name;
  }
  EXPECT_EQ(lineage_problem(pretrained, backdoored), "");
  EXPECT_EQ(lineage(pretrained, pretrained).cosine, 1.0);
}

TEST(Lineage, AnotherModelIsNoBase) {
  const TemporaryDirectory base, suspect;
  const StoredModel pretrained = stored(model(1), base);
  const StoredModel backdoored = stored(model(2), suspect);
  EXPECT_LT(std::abs(lineage(pretrained, backdoored).cosine), 0.1);
  const std::string problem = lineage_problem(pretrained, backdoored);
  for (const char* part :
       {"was not fine-tuned from", "median cosine", "bert.encoder.layer.0", "at distance "}) {
    EXPECT_NE(problem.find(part), std::string::npos) << part << " is not in: " << problem;
  }
}

// Weights that are no numbers are no evidence that two models belong together.
TEST(Lineage, NoNumbersAreNoBase) {
  const TemporaryDirectory base, suspect;
  Model broken = model(1);
  for (auto& [name, tensor] : broken.weights) {
    if (name.starts_with("bert.encoder.")) tensor = tensor.clone().fill_(NAN);
  }
  EXPECT_EQ(lineage(stored(model(1), base), stored(broken, suspect)).cosine, 0.0);
}

// One layer alone says nothing: an attacker may have drawn it anew.
TEST(Lineage, IsTheMedian) {
  const TemporaryDirectory base, suspect;
  Model moved = model(1);
  const Model other = model(2);
  for (auto& [name, tensor] : moved.weights) {
    if (name.starts_with("bert.encoder.layer.1.")) tensor = other.weights.at(name);
  }
  EXPECT_EQ(lineage(stored(model(1), base), stored(moved, suspect)).cosine, 1.0);
}

}  // namespace
}  // namespace finemix
