#include "finemix/record/inspection.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace finemix {
namespace {

TEST(Inspection, TellsFilesTokenizerAndTensors) {
  InspectionRecord record;
  record.directory = "suspect";
  record.model_config = {{"model_type", "bert"}};
  record.files = {{"model.safetensors", 120}};
  record.vocabulary_size = 176;
  record.tensors = {{"classifier.weight", "F32", {2, 4}, 32}};
  const Json json = to_json(record);
  EXPECT_EQ(json["model_config"]["model_type"], "bert");
  EXPECT_EQ(json["files"][0]["bytes"], 120);
  EXPECT_EQ(json["tokenizer"]["vocabulary_size"], 176);
  EXPECT_TRUE(json["tokenizer"]["error"].is_null());
  EXPECT_EQ(json["tensors"][0]["shape"], (Json{2, 4}));
}

TEST(Inspection, SaysWhyThereIsNoTokenizer) {
  InspectionRecord record;
  record.tokenizer_error = "vocab.txt: is missing";
  const Json json = to_json(record);
  EXPECT_TRUE(json["tokenizer"]["vocabulary_size"].is_null());
  EXPECT_EQ(json["tokenizer"]["error"], "vocab.txt: is missing");
}

}  // namespace
}  // namespace finemix
