#include "finemix/model/weight_files.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "../io/io_testing.h"
#include "finemix/io/json.h"

namespace finemix {
namespace {

using testing::expect_error;
using testing::TemporaryDirectory;

std::string text(const StoredPlace& place) { return place.file + ": " + place.name; }

TEST(WeightFiles, ANewModelIsOneFileUnderTheFamilysNames) {
  EncoderConfig config;
  config.family = Family::kRoberta;
  const WeightFiles files(config, {});
  EXPECT_EQ(text(files.place("classifier.weight")),
            "model.safetensors: classifier.out_proj.weight");
  const TemporaryDirectory directory;
  files.write_index(directory.path());
  EXPECT_TRUE(testing::names_in(directory.path()).empty());
}

TEST(WeightFiles, OldFilesBecomeSafetensors) {
  EXPECT_EQ(text(WeightFiles({}, {{"a", {"old.a", "pytorch_model.bin"}}}).place("a")),
            "model.safetensors: old.a");
  const WeightFiles shards({}, {{"a", {"a", "pytorch_model-00001-of-00002.bin"}},
                                {"b", {"b", "pytorch_model-00002-of-00002.bin"}}});
  EXPECT_EQ(text(shards.place("a")), "model-00001-of-00002.safetensors: a");
  EXPECT_EQ(text(shards.place("classifier.bias")),
            "model-00002-of-00002.safetensors: classifier.bias");
}

TEST(WeightFiles, ShardsKeepTheirNamesAndHaveAnIndex) {
  WeightFiles files({}, {{"a", {"x.a", "2.safetensors"}}, {"b", {"x.b", "1.safetensors"}}});
  EXPECT_EQ(text(files.add("a", 8)), "2.safetensors: x.a");
  EXPECT_EQ(text(files.add("b", 16)), "1.safetensors: x.b");
  EXPECT_EQ(text(files.add("classifier.bias", 4)), "2.safetensors: classifier.bias");
  const TemporaryDirectory directory;
  files.write_index(directory.path());
  const Json index = read_json_file(directory / "model.safetensors.index.json");
  EXPECT_EQ(index["metadata"]["total_size"], 28);
  const Json weight_map = {
      {"classifier.bias", "2.safetensors"}, {"x.a", "2.safetensors"}, {"x.b", "1.safetensors"}};
  EXPECT_EQ(index["weight_map"], weight_map);
}

// A single shard with an index stays one.
TEST(WeightFiles, OneShardIsAShard) {
  WeightFiles files({}, {{"a", {"a", "model-00001-of-00001.safetensors"}}});
  EXPECT_EQ(text(files.add("a", 8)), "model-00001-of-00001.safetensors: a");
  const TemporaryDirectory directory;
  files.write_index(directory.path());
  EXPECT_EQ(testing::names_in(directory.path()).size(), 1u);
}

TEST(WeightFiles, NoShardMayTakeAnotherFilesName) {
  for (const char* name : {"config.json", "manifest.json", "a.bin", "safetensors"}) {
    expect_error(ErrorKind::kMalformed, {name, ".safetensors"}, [&] {
      WeightFiles({}, {{"a", {"a", name}}});
    });
  }
}

}  // namespace
}  // namespace finemix
