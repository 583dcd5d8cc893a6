#include "finemix/model/stored_model.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "../io/io_testing.h"
#include "finemix/core/parallel.h"
#include "finemix/model/state_dict.h"
#include "model_testing.h"

namespace finemix {
namespace {

// A table that threads share out, of a length that no piece divides.
TEST(StoredModel, ReadsTheSameOverAnyNumberOfThreads) {
  const std::string config_text =
      R"({"model_type": "bert", "vocab_size": 99991, "hidden_size": 14, "num_hidden_layers": 1,)"
      R"( "num_attention_heads": 2, "intermediate_size": 6, "max_position_embeddings": 8,)"
      R"( "type_vocab_size": 2, "hidden_act": "gelu"})";
  const Model model =
      random_model(parse_encoder_config(config_text, "config.json"), config_text, 3);
  for (const auto& [dtype, type] :
       {std::pair(DType::kF32, at::kFloat), std::pair(DType::kBF16, at::kBFloat16)}) {
    const testing::TemporaryDirectory directory;
    testing::save_model_as(model, directory.path(), dtype);
    for (const int threads : {1, 2, 3}) {
      set_thread_count(threads);
      const StateDict read = load_model(directory.path()).weights;
      set_thread_count(0);
      ASSERT_EQ(read.size(), model.weights.size());
      for (const auto& [name, tensor] : model.weights) {
        EXPECT_TRUE(read.at(name).equal(tensor.to(type).to(at::kFloat)))
            << name << " over " << threads << " threads";
      }
    }
  }
}

}  // namespace
}  // namespace finemix
