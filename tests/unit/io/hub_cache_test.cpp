#include <gtest/gtest.h>
#include <stdlib.h>

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "checkpoint_testing.h"
#include "finemix/io/bytes.h"
#include "finemix/io/checkpoint.h"
#include "io_testing.h"

namespace finemix {
namespace {

namespace fs = std::filesystem;
using testing::expect_error;
using testing::kIndexName;
using testing::read_file;
using testing::TemporaryDirectory;
using testing::write_file;
using testing::write_shard;
using Names = std::vector<std::string>;

// Sets a variable of the environment, and puts it back.
class Environment {
 public:
  Environment(const char* name, const char* value) : name_(name) {
    if (const char* old = getenv(name)) old_ = old;
    value == nullptr ? unsetenv(name) : setenv(name, value, 1);
  }
  ~Environment() { old_ ? setenv(name_, old_->c_str(), 1) : unsetenv(name_); }

 private:
  const char* name_;
  std::optional<std::string> old_;
};

// A cache with one model as the hub's client lays it out: snapshots of links into blobs.
class HubCacheTest : public ::testing::Test {
 protected:
  void SetUp() override { make_model(cache_ / "models--org--tiny"); }

  void make_model(const fs::path& model) {
    write_file(model / "refs/main", "abc123");
    write_file(model / "blobs/config", "{}");
    write_shard(model / "blobs/weights", {"a"});
    write_file(model / "blobs/vocab", "[PAD]\n");
    fs::create_directories(model / "snapshots/abc123");
    for (const auto& [name, blob] : std::map<std::string, std::string>{
             {"config.json", "config"}, {"model.safetensors", "weights"}, {"vocab.txt", "vocab"}}) {
      fs::create_symlink("../../blobs/" + blob, model / "snapshots/abc123" / name);
    }
  }

  void shard_the_model() {
    fs::rename(snapshot_ / "model.safetensors", snapshot_ / "one.safetensors");
    write_file(snapshot_ / kIndexName, R"({"weight_map":{"a":"one.safetensors"}})");
  }

  TemporaryDirectory directory_;
  const fs::path cache_ = directory_ / "cache";
  const fs::path snapshot_ = cache_ / "models--org--tiny/snapshots/abc123";
  const Environment home_{"HOME", (directory_ / "home").c_str()};
  const Environment hf_home_{"HF_HOME", nullptr};
  const Environment hub_cache_{"HF_HUB_CACHE", cache_.c_str()};
};

TEST_F(HubCacheTest, IdIsFoundInTheCache) {
  const Checkpoint checkpoint = Checkpoint::open("org/tiny");
  EXPECT_EQ(checkpoint.directory(), snapshot_);
  EXPECT_EQ(checkpoint.tensor_names(), Names{"a"});
}

TEST_F(HubCacheTest, IdWithoutAnOrganisationIsFound) {
  make_model(cache_ / "models--tiny");
  EXPECT_EQ(Checkpoint::open("tiny").directory(), cache_ / "models--tiny/snapshots/abc123");
}

TEST_F(HubCacheTest, CacheIsSoughtWhereTheHubsClientPutsIt) {
  const Environment none("HF_HUB_CACHE", nullptr);
  make_model(directory_ / "home/.cache/huggingface/hub/models--org--home");
  EXPECT_NO_THROW(Checkpoint::open("org/home"));
  make_model(directory_ / "hf/hub/models--org--hf");
  const Environment hf("HF_HOME", (directory_ / "hf").c_str());
  EXPECT_NO_THROW(Checkpoint::open("org/hf"));
  expect_error(ErrorKind::kFile, {"org/home"}, [] { Checkpoint::open("org/home"); });
}

TEST_F(HubCacheTest, DirectoryComesBeforeAnId) {
  const fs::path before = fs::current_path();
  fs::create_directories(directory_ / "work/org/tiny");
  fs::current_path(directory_ / "work");
  expect_error(ErrorKind::kFile, {"'org/tiny' has no config.json"},
               [] { Checkpoint::open("org/tiny"); });
  fs::current_path(before);
}

TEST_F(HubCacheTest, WhatIsNotInTheCacheIsSaidWithTheWayToFetchIt) {
  expect_error(ErrorKind::kFile,
               {"'org/absent' is no directory", "models--org--absent", "never downloads",
                "hf download org/absent"},
               [] { Checkpoint::open("org/absent"); });
  fs::remove_all(snapshot_);
  expect_error(ErrorKind::kFile, {"snapshot", "is missing"}, [] { Checkpoint::open("org/tiny"); });
}

TEST_F(HubCacheTest, WhatCannotBeAnIdIsNotSought) {
  for (const char* id : {"", "../tiny", "org/../tiny", "org/tiny/more", "org/.tiny", "/org/tiny",
                         "org tiny", "org/", "org/ti\nny"}) {
    expect_error(ErrorKind::kFile, {"is no directory, and no model id"},
                 [&] { Checkpoint::open(id); });
  }
}

TEST_F(HubCacheTest, RevisionThatLeadsElsewhereIsRefused) {
  for (const char* revision : {"../../../elsewhere", "", "..", "a/b"}) {
    write_file(cache_ / "models--org--tiny/refs/main", revision);
    expect_error(ErrorKind::kMalformed, {"refs/main", "expected the name of a snapshot"},
                 [] { Checkpoint::open("org/tiny"); });
  }
  write_file(cache_ / "models--org--tiny/refs/main", "abc123\n");
  EXPECT_NO_THROW(Checkpoint::open("org/tiny"));
}

TEST_F(HubCacheTest, ShardsMayBeLinksIntoTheModelsOwnBlobs) {
  shard_the_model();
  const Checkpoint checkpoint = Checkpoint::open("org/tiny");
  EXPECT_EQ(checkpoint.tensor_names(), Names{"a"});
  EXPECT_EQ(checkpoint.files().back(), snapshot_ / "one.safetensors");
  EXPECT_NO_THROW(Checkpoint::open(snapshot_));
}

TEST_F(HubCacheTest, ShardsMayNotBeLinksToAnywhereElse) {
  shard_the_model();
  const fs::path shard = snapshot_ / "one.safetensors";
  write_shard(directory_ / "outside", {"a"});
  write_shard(snapshot_ / "beside", {"a"});
  for (const fs::path& target : {directory_ / "outside", fs::path("beside"), fs::path("absent")}) {
    fs::remove(shard);
    fs::create_symlink(target, shard);
    expect_error(ErrorKind::kMalformed, {"one.safetensors' is a link"},
                 [] { Checkpoint::open("org/tiny"); });
  }
  // Nor by way of a blob that is itself a link out of the cache.
  fs::remove(shard);
  fs::create_symlink("../../blobs/trap", shard);
  fs::create_symlink(directory_ / "outside", cache_ / "models--org--tiny/blobs/trap");
  expect_error(ErrorKind::kMalformed, {"is a link"}, [] { Checkpoint::open("org/tiny"); });
}

// The link is not opened again after it has been looked at.
TEST_F(HubCacheTest, FileThatIsReadIsTheBlob) {
  const InputFile file(snapshot_ / "vocab.txt", Links::kOnlyIntoHubBlobs);
  EXPECT_EQ(file.path(), snapshot_ / "vocab.txt");
  EXPECT_EQ(file.size(), std::string_view("[PAD]\n").size());
  write_file(directory_ / "private", "private");
  fs::remove(snapshot_ / "config.json");
  fs::create_symlink(directory_ / "private", snapshot_ / "config.json");
  expect_error(ErrorKind::kMalformed, {"config.json' is a link"},
               [] { Checkpoint::open("org/tiny"); });
}

TEST_F(HubCacheTest, TokenizerFilesAreCopiedOutOfTheCache) {
  fs::create_directory(directory_ / "copy");
  copy_tokenizer_files(snapshot_, directory_ / "copy");
  EXPECT_EQ(read_file(directory_ / "copy/vocab.txt"), "[PAD]\n");
}

}  // namespace
}  // namespace finemix
