#include "finemix/io/checkpoint.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <initializer_list>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "checkpoint_testing.h"
#include "finemix/io/json.h"
#include "finemix/io/manifest.h"
#include "finemix/io/safetensors.h"
#include "io_testing.h"

namespace finemix {
namespace {

namespace fs = std::filesystem;
using testing::expect_error;
using testing::kIndexName;
using testing::names_in;
using testing::read_file;
using testing::TemporaryDirectory;
using testing::write_file;
using testing::write_shard;
using Names = std::vector<std::string>;

constexpr char kTorchIndexName[] = "pytorch_model.bin.index.json";

class CheckpointTest : public ::testing::Test {
 protected:
  void SetUp() override { write_file(model_ / "config.json", R"({"model_type":"bert"})"); }

  // Writes an index of (tensor, shard) pairs.
  void write_index(const std::vector<std::pair<std::string, std::string>>& weight_map) {
    Json map = Json::object();
    for (const auto& [tensor, shard] : weight_map) map[tensor] = shard;
    write_file(model_ / kIndexName,
               Json({{"metadata", {{"total_size", 3}}}, {"weight_map", map}}).dump());
  }

  Checkpoint open() { return Checkpoint::open(model_); }

  void expect_refused(ErrorKind kind, std::initializer_list<std::string_view> fragments) {
    expect_error(kind, fragments, [&] { open(); });
  }

  static std::string read(const Checkpoint& checkpoint, std::string_view name) {
    std::string text(checkpoint.info(name).bytes, '?');
    checkpoint.read(name, std::as_writable_bytes(std::span(text)));
    return text;
  }

  TemporaryDirectory directory_;
  const fs::path model_ = directory_ / "model";
};

TEST_F(CheckpointTest, OneFileIsRead) {
  write_shard(model_ / "model.safetensors", {"b", "a"});
  const Checkpoint checkpoint = open();
  EXPECT_EQ(checkpoint.directory(), model_);
  EXPECT_EQ(checkpoint.config_text(), R"({"model_type":"bert"})");
  EXPECT_EQ(checkpoint.tensor_names(), (Names{"a", "b"}));
  EXPECT_EQ(read(checkpoint, "a"), "a");
  EXPECT_EQ(read(checkpoint, "b"), "b");
  EXPECT_TRUE(checkpoint.contains("a"));
  EXPECT_FALSE(checkpoint.contains("c"));
  EXPECT_EQ(checkpoint.files(),
            (std::vector<fs::path>{model_ / "config.json", model_ / "model.safetensors"}));
}

TEST_F(CheckpointTest, ShardsAreReadAsOne) {
  write_shard(model_ / "model-00001-of-00002.safetensors", {"z", "a"});
  write_shard(model_ / "model-00002-of-00002.safetensors", {"m"});
  write_index({{"z", "model-00001-of-00002.safetensors"},
               {"m", "model-00002-of-00002.safetensors"},
               {"a", "model-00001-of-00002.safetensors"}});
  const Checkpoint checkpoint = open();
  EXPECT_EQ(checkpoint.tensor_names(), (Names{"a", "m", "z"}));
  for (const std::string& name : checkpoint.tensor_names()) EXPECT_EQ(read(checkpoint, name), name);
  EXPECT_EQ(checkpoint.files(),
            (std::vector<fs::path>{model_ / "config.json", model_ / kIndexName,
                                   model_ / "model-00001-of-00002.safetensors",
                                   model_ / "model-00002-of-00002.safetensors"}));
}

TEST_F(CheckpointTest, OneFileComesBeforeAnIndexAsInTransformers) {
  write_shard(model_ / "model.safetensors", {"a"});
  write_file(model_ / kIndexName, "not even JSON");
  EXPECT_EQ(open().tensor_names(), Names{"a"});
}

TEST_F(CheckpointTest, AbsentTensorIsNamed) {
  write_shard(model_ / "model.safetensors", {"a"});
  const Checkpoint checkpoint = open();
  expect_error(ErrorKind::kMalformed, {"model'", "has no tensor 'pooler'"},
               [&] { checkpoint.info("pooler"); });
}

TEST_F(CheckpointTest, WhatIsMissingIsNamed) {
  expect_refused(ErrorKind::kFile,
                 {"model'",
                  "has none of model.safetensors, model.safetensors.index.json, pytorch_model.bin, "
                  "pytorch_model.bin.index.json",
                  "model directory"});
  fs::remove(model_ / "config.json");
  expect_refused(ErrorKind::kFile, {"model'", "has no config.json", "check the path"});
  expect_error(ErrorKind::kFile, {"/nowhere/at/all", "is no directory", "check the path"},
               [] { Checkpoint::open("/nowhere/at/all"); });
}

TEST_F(CheckpointTest, FileInPlaceOfADirectoryIsRefused) {
  expect_error(ErrorKind::kFile, {"config.json' is a file, expected a directory"},
               [&] { Checkpoint::open(model_ / "config.json"); });
}

// What torch.save and save_pretrained wrote of one model.
void expect_same(const Checkpoint& checkpoint, const Checkpoint& expected) {
  EXPECT_EQ(checkpoint.tensor_names(), expected.tensor_names());
  for (const std::string& name : expected.tensor_names()) {
    SCOPED_TRACE(name);
    EXPECT_EQ(checkpoint.info(name).shape, expected.info(name).shape);
    std::vector<std::byte> bytes(checkpoint.info(name).bytes);
    std::vector<std::byte> expected_bytes(expected.info(name).bytes);
    checkpoint.read_ahead(name, 0, bytes.size());
    checkpoint.read(name, bytes);
    expected.read(name, expected_bytes);
    EXPECT_EQ(bytes, expected_bytes);
  }
}

TEST(TorchCheckpoint, FilesOfTorchSaveAreReadAsSafetensors) {
  const std::string fixtures = FINEMIX_TEST_DATA "/io/torch_zip/";
  const Checkpoint expected = Checkpoint::open(fixtures + "safetensors");
  const Checkpoint whole = Checkpoint::open(fixtures + "whole");
  expect_same(whole, expected);
  EXPECT_FALSE(whole.sharded());
  EXPECT_EQ(whole.file_of("classifier.weight"), "pytorch_model.bin");

  const Checkpoint shards = Checkpoint::open(fixtures + "shards");
  expect_same(shards, expected);
  EXPECT_TRUE(shards.sharded());
  EXPECT_EQ(shards.file_of("classifier.weight"), "pytorch_model-00002-of-00002.bin");
  EXPECT_EQ(shards.files().size(), 4U);
}

TEST_F(CheckpointTest, WeightsAreSoughtInTheOrderOfTransformers) {
  const std::string fixtures = FINEMIX_TEST_DATA "/io/torch_zip/";
  write_file(model_ / kTorchIndexName, read_file(fixtures + "shards/" + kTorchIndexName));
  for (const char* shard :
       {"pytorch_model-00001-of-00002.bin", "pytorch_model-00002-of-00002.bin"}) {
    fs::copy(fixtures + "shards/" + shard, model_ / shard);
  }
  EXPECT_EQ(open().file_of("classifier.weight"), "pytorch_model-00002-of-00002.bin");
  fs::copy(fixtures + "whole/pytorch_model.bin", model_ / "pytorch_model.bin");
  EXPECT_EQ(open().file_of("classifier.weight"), "pytorch_model.bin");
  write_shard(model_ / "one.safetensors", {"a"});
  write_index({{"a", "one.safetensors"}});
  EXPECT_EQ(open().file_of("a"), "one.safetensors");
  write_shard(model_ / "model.safetensors", {"a"});
  EXPECT_EQ(open().file_of("a"), "model.safetensors");
}

TEST_F(CheckpointTest, ReaderIsThatOfTheNameNotOfTheContents) {
  write_shard(model_ / "pytorch_model.bin", {"a"});
  expect_refused(ErrorKind::kMalformed, {"pytorch_model.bin", "no ZIP archive of torch.save"});
  fs::rename(model_ / "pytorch_model.bin", model_ / "one.bin");
  write_file(model_ / kTorchIndexName, R"({"weight_map":{"a":"one.bin"}})");
  expect_refused(ErrorKind::kMalformed, {"one.bin", "no ZIP archive of torch.save"});
  // Nor is another file taken when the first that is there is refused.
  fs::copy(FINEMIX_TEST_DATA "/io/torch_zip/whole/pytorch_model.bin", model_ / "pytorch_model.bin");
  EXPECT_NO_THROW(open());
  write_file(model_ / "model.safetensors", "junk");
  expect_refused(ErrorKind::kMalformed, {"model.safetensors"});
}

TEST_F(CheckpointTest, RulesOfShardsHoldForFilesOfTorchSave) {
  const auto index = [&](std::string_view weight_map) {
    write_file(model_ / kTorchIndexName, "{\"weight_map\":" + std::string(weight_map) + "}");
  };
  index(R"({"a":"../outside.bin"})");
  expect_refused(ErrorKind::kMalformed, {kTorchIndexName, "expected the plain name"});
  fs::copy(FINEMIX_TEST_DATA "/io/torch_zip/no_checksums.bin", directory_ / "outside.bin");
  fs::create_symlink("../outside.bin", model_ / "one.bin");
  index(R"({"a":"one.bin"})");
  expect_refused(ErrorKind::kMalformed, {"one.bin' is a link"});
  fs::remove(model_ / "one.bin");
  fs::copy(directory_ / "outside.bin", model_ / "one.bin");
  EXPECT_EQ(open().tensor_names(), Names{"a"});
  fs::copy(directory_ / "outside.bin", model_ / "two.bin");
  index(R"({"a":"one.bin","b":"two.bin"})");
  expect_refused(ErrorKind::kMalformed, {"tensor 'a'", "one.bin"});
  fs::remove(model_ / "two.bin");
  index(R"({"a":"one.bin","b":"one.bin"})");
  expect_refused(ErrorKind::kMalformed, {"tensor 'b' is said to be in shard 'one.bin'"});
}

TEST_F(CheckpointTest, ConfigOverAMegabyteIsRefused) {
  write_shard(model_ / "model.safetensors", {"a"});
  write_file(model_ / "config.json", std::string(1'000'001, ' '));
  expect_refused(ErrorKind::kMalformed, {"config.json", "1000001 bytes", "at most 1000000"});
}

TEST_F(CheckpointTest, MalformedWeightsAreRefused) {
  write_file(model_ / "model.safetensors", "junk");
  expect_refused(ErrorKind::kMalformed, {"model.safetensors"});
}

TEST_F(CheckpointTest, MissingShardIsNamed) {
  write_index({{"a", "one.safetensors"}});
  expect_refused(ErrorKind::kFile, {"one.safetensors", "No such file"});
}

TEST_F(CheckpointTest, ShardNameThatIsNotAPlainFileNameIsRefused) {
  write_shard(directory_ / "outside.safetensors", {"a"});
  fs::create_directory(model_ / "sub");
  write_shard(model_ / "sub/inside.safetensors", {"a"});
  for (const std::string& name :
       {std::string("../outside.safetensors"), (directory_ / "outside.safetensors").native(),
        std::string("sub/inside.safetensors"), std::string("sub\\inside"), std::string(".."),
        std::string("."), std::string(""), std::string("a\nb"), std::string("a\0b", 3),
        std::string(256, 'n')}) {
    write_index({{"a", name}});
    expect_refused(ErrorKind::kMalformed,
                   {kIndexName, "tensor 'a' is said to be in", "expected the plain name"});
  }
}

TEST_F(CheckpointTest, ShardThatIsALinkIsRefused) {
  write_shard(directory_ / "outside.safetensors", {"a"});
  fs::create_symlink("../outside.safetensors", model_ / "one.safetensors");
  write_index({{"a", "one.safetensors"}});
  expect_refused(ErrorKind::kMalformed, {"one.safetensors' is a link"});
}

TEST_F(CheckpointTest, TensorInTwoShardsIsRefused) {
  write_shard(model_ / "one.safetensors", {"a", "b"});
  write_shard(model_ / "two.safetensors", {"b"});
  write_index({{"a", "one.safetensors"}, {"b", "two.safetensors"}});
  expect_refused(ErrorKind::kMalformed, {"tensor 'b'", "one.safetensors"});
}

TEST_F(CheckpointTest, TensorListedTwiceIsRefused) {
  write_shard(model_ / "one.safetensors", {"a"});
  write_shard(model_ / "two.safetensors", {"a"});
  write_file(model_ / kIndexName,
             R"({"weight_map":{"a":"one.safetensors","\u0061":"two.safetensors"}})");
  expect_refused(ErrorKind::kMalformed, {kIndexName, "key 'a' occurs twice"});
}

TEST_F(CheckpointTest, IndexThatDisagreesWithItsShardsIsRefused) {
  write_shard(model_ / "one.safetensors", {"a", "b"});
  write_shard(model_ / "two.safetensors", {"c"});
  write_index({{"a", "one.safetensors"}, {"c", "two.safetensors"}});
  expect_refused(ErrorKind::kMalformed,
                 {"tensor 'b' is in shard 'one.safetensors', but the index does not list it"});
  write_index({{"a", "one.safetensors"}, {"b", "two.safetensors"}, {"c", "two.safetensors"}});
  expect_refused(ErrorKind::kMalformed, {"tensor 'b'", "the index places it in 'two.safetensors'"});
  write_index({{"a", "one.safetensors"},
               {"b", "one.safetensors"},
               {"c", "two.safetensors"},
               {"d", "two.safetensors"}});
  expect_refused(ErrorKind::kMalformed,
                 {"tensor 'd' is said to be in shard 'two.safetensors', which does not hold it"});
}

TEST_F(CheckpointTest, IndexWithoutAWeightMapIsRefused) {
  for (const char* index : {"[]", "{}", R"({"weight_map":[]})", R"({"weight_map":null})"}) {
    write_file(model_ / kIndexName, index);
    expect_refused(ErrorKind::kMalformed, {kIndexName, "no object 'weight_map'"});
  }
  write_file(model_ / kIndexName, R"({"weight_map":{"a":1}})");
  expect_refused(ErrorKind::kMalformed, {"the shard of 'a' is not a string"});
}

TEST_F(CheckpointTest, NumberOfShardsIsBounded) {
  std::vector<std::pair<std::string, std::string>> weight_map;
  for (int i = 0; i <= 512; ++i) weight_map.emplace_back(std::to_string(i), std::to_string(i));
  write_index(weight_map);
  expect_refused(ErrorKind::kMalformed, {"513 shards, expected at most 512"});
}

TEST_F(CheckpointTest, SafetensorsOfTheSharedSampleAreRead) {
  const fs::path minilm = FINEMIX_MINILM;
  if (!fs::exists(minilm / "model.safetensors")) {
    GTEST_SKIP() << "skipped: no MiniLM here (scripts/fetch-minilm fetches it)";
  }
  const Checkpoint checkpoint = Checkpoint::open(minilm);
  EXPECT_TRUE(checkpoint.contains("embeddings.word_embeddings.weight"));
  EXPECT_EQ(checkpoint.info("embeddings.word_embeddings.weight").shape,
            (std::vector<std::int64_t>{30522, 384}));
}

class TokenizerFilesTest : public CheckpointTest {
 protected:
  void SetUp() override {
    CheckpointTest::SetUp();
    fs::create_directory(destination_);
  }

  const fs::path destination_ = directory_ / "copy";
};

TEST_F(TokenizerFilesTest, ThoseThatExistAreListedInAFixedOrder) {
  for (const char* name : {"vocab.txt", "README.md", "special_tokens_map.json", "tokenizer.json"}) {
    write_file(model_ / name, name);
  }
  EXPECT_EQ(tokenizer_files(model_),
            (std::vector<fs::path>{model_ / "tokenizer.json", model_ / "special_tokens_map.json",
                                   model_ / "vocab.txt"}));
}

TEST_F(TokenizerFilesTest, BytesAreCopiedUnchanged) {
  const std::string vocabulary("[PAD]\r\n\xFF\0\n", 10);
  write_file(model_ / "vocab.txt", vocabulary);
  write_file(model_ / "tokenizer.json", std::string(300'000, '{'));
  copy_tokenizer_files(model_, destination_);
  EXPECT_EQ(names_in(destination_), (Names{"tokenizer.json", "vocab.txt"}));
  EXPECT_EQ(read_file(destination_ / "vocab.txt"), vocabulary);
  EXPECT_EQ(read_file(destination_ / "tokenizer.json"), std::string(300'000, '{'));
}

TEST_F(TokenizerFilesTest, LinkIsFollowedToAFileOfItsNameAlone) {
  for (const char* name : {"id_rsa", "merges.txt"}) {
    write_file(directory_ / "other" / name, "other");
    fs::create_symlink(fs::path("../other") / name, model_ / "merges.txt");
    if (std::string_view(name) == "merges.txt") {
      copy_tokenizer_files(model_, destination_);
      EXPECT_EQ(read_file(destination_ / "merges.txt"), "other");
    } else {
      expect_error(ErrorKind::kMalformed, {"merges.txt' is a link"},
                   [&] { copy_tokenizer_files(model_, destination_); });
      EXPECT_EQ(names_in(destination_), Names{});
    }
    fs::remove(model_ / "merges.txt");
  }
  // Of older clients of the hub: a directory of links into the cache.
  const fs::path blobs = directory_ / "hub/models--org--tiny/blobs";
  write_file(blobs / "1234", "blob");
  fs::create_symlink(blobs / "1234", model_ / "vocab.txt");
  copy_tokenizer_files(model_, destination_);
  EXPECT_EQ(read_file(destination_ / "vocab.txt"), "blob");
}

TEST_F(TokenizerFilesTest, FileOverTheLimitIsRefused) {
  write_file(model_ / "vocab.txt", "");
  fs::resize_file(model_ / "vocab.txt", std::uintmax_t{1} << 40);  // a hole on disk
  expect_error(ErrorKind::kMalformed, {"vocab.txt", "1099511627776 bytes", "tokenizer"},
               [&] { copy_tokenizer_files(model_, destination_); });
}

}  // namespace
}  // namespace finemix
