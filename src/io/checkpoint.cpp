#include "finemix/io/checkpoint.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <set>
#include <span>
#include <system_error>
#include <utility>

#include "finemix/core/error.h"
#include "finemix/core/quote.h"
#include "finemix/io/bytes.h"
#include "finemix/io/json.h"
#include "finemix/io/safetensors.h"
#include "finemix/io/torch_zip.h"
#include "io/hub_cache.h"
#include "io/output_file.h"
#include "io/posix.h"

namespace finemix {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kConfig = "config.json";

constexpr std::uint64_t kMaxConfigBytes = 1'000'000;
constexpr std::uint64_t kMaxIndexBytes = 16 << 20;
constexpr std::uint64_t kMaxTokenizerFileBytes = 256 << 20;
constexpr std::size_t kMaxShards = 512;

// The order is that of the bytes that are hashed: names are only ever appended.
constexpr std::array<std::string_view, 11> kTokenizerFiles = {"tokenizer.json",
                                                              "tokenizer_config.json",
                                                              "special_tokens_map.json",
                                                              "added_tokens.json",
                                                              "vocab.txt",
                                                              "vocab.json",
                                                              "merges.txt",
                                                              "spiece.model",
                                                              "spm.model",
                                                              "tokenizer.model",
                                                              "sentencepiece.bpe.model"};

// Of every file of a checkpoint: what it says may be told, or be published with what is written.
constexpr Links kLinks = Links::kOnlyToItsLike;
constexpr Links kShardLinks = Links::kOnlyIntoHubBlobs;

// What the index says: tensor names and the shard that each is in.
std::map<std::string, std::string, std::less<>> read_weight_map(const fs::path& path) {
  const Json index = read_json_file(path, kMaxIndexBytes, kLinks);
  const auto refuse = [&](const std::string& found) {
    throw Error(ErrorKind::kMalformed, quote_path(path) + ": " + found);
  };
  if (!index.is_object() || !index.contains("weight_map") || !index["weight_map"].is_object()) {
    refuse("there is no object 'weight_map', expected one from tensor names to file names");
  }
  std::map<std::string, std::string, std::less<>> weight_map;
  for (const auto& [tensor, shard] : index["weight_map"].items()) {
    if (!shard.is_string()) refuse("the shard of " + quote(tensor) + " is not a string");
    const auto& name = shard.get_ref<const std::string&>();
    // The index may come from a stranger.
    if (!is_plain_file_name(name)) {
      refuse("tensor " + quote(tensor) + " is said to be in " + quote(name) +
             ", expected the plain name of a file in the same directory");
    }
    weight_map.emplace(tensor, name);
  }
  return weight_map;
}

template <typename Reader>
std::unique_ptr<TensorFile> open_as(const fs::path& path, Links links) {
  return std::make_unique<Reader>(path, links);
}

void copy_file_bytes(const fs::path& from, const fs::path& to) {
  const InputFile in(from, kLinks);
  if (in.size() > kMaxTokenizerFileBytes) {
    throw Error(ErrorKind::kMalformed, quote_path(from) + " has " + std::to_string(in.size()) +
                                           " bytes, expected at most " +
                                           std::to_string(kMaxTokenizerFileBytes) +
                                           " in a tokenizer's file");
  }
  std::vector<std::byte> bytes(in.size());
  in.read(0, bytes);
  OutputFile out(to);
  out.write(bytes);
  out.keep();
}

}  // namespace

// A format in which weights come: one file, or shards named by an index.
struct Checkpoint::Format {
  std::string_view weights;
  std::string_view index;
  Opener opener;
};

const Checkpoint::Format Checkpoint::kFormats[] = {
    {"model.safetensors", "model.safetensors.index.json", &open_as<SafetensorsReader>},
    {"pytorch_model.bin", "pytorch_model.bin.index.json", &open_as<TorchZipReader>}};

fs::path model_directory(const std::string& location) {
  std::error_code error;
  const fs::file_status status = fs::status(location, error);
  if (fs::is_directory(status)) return location;
  if (fs::exists(status)) {
    throw Error(ErrorKind::kFile, "model " + quote(location) +
                                      " is a file, expected a directory with config.json and "
                                      "weights: give the directory");
  }
  return find_in_hub_cache(location);
}

Checkpoint Checkpoint::open(const std::string& location) {
  Checkpoint checkpoint;
  checkpoint.directory_ = model_directory(location);
  const fs::path config = checkpoint.directory_ / kConfig;
  if (!is_there(config)) {
    throw Error(ErrorKind::kFile, "model " + quote_path(checkpoint.directory_) +
                                      " has no config.json, expected a Hugging Face model "
                                      "directory: check the path");
  }
  checkpoint.config_text_ = read_text_file(config, kMaxConfigBytes, kLinks);
  checkpoint.files_.push_back(config);

  checkpoint.open_weights();
  for (const auto& place : checkpoint.places_) checkpoint.names_.push_back(place.first);
  return checkpoint;
}

void Checkpoint::open_weights() {
  std::string sought;
  for (const Format& format : kFormats) {
    const fs::path weights = directory_ / format.weights;
    const fs::path index = directory_ / format.index;
    if (is_there(weights)) {
      add_shard(weights, format.opener);
      return;
    }
    if (is_there(index)) {
      sharded_ = true;
      return open_shards(index, format.opener);
    }
    for (const std::string_view name : {format.weights, format.index}) {
      sought += (sought.empty() ? "" : ", ") + std::string(name);
    }
  }
  throw Error(ErrorKind::kFile, "model " + quote_path(directory_) + " has none of " + sought +
                                    ": expected a Hugging Face model directory");
}

void Checkpoint::open_shards(const fs::path& index_path, Opener opener) {
  const auto weight_map = read_weight_map(index_path);
  const auto refuse = [&](const std::string& found) {
    throw Error(ErrorKind::kMalformed, quote_path(index_path) + ": " + found);
  };
  std::set<std::string> shard_names;
  for (const auto& entry : weight_map) shard_names.insert(entry.second);
  if (shard_names.size() > kMaxShards) {
    refuse(std::to_string(shard_names.size()) + " shards, expected at most " +
           std::to_string(kMaxShards));
  }
  files_.push_back(index_path);
  for (const std::string& name : shard_names) {
    const fs::path path = directory_ / name;
    for (const TensorInfo& tensor : add_shard(path, opener).tensors()) {
      const auto entry = weight_map.find(tensor.name);
      if (entry == weight_map.end() || entry->second != name) {
        refuse("tensor " + quote(tensor.name) + " is in shard " + quote(name) + ", but the index " +
               (entry == weight_map.end() ? "does not list it"
                                          : "places it in " + quote(entry->second)));
      }
    }
  }
  for (const auto& [tensor, shard] : weight_map) {
    if (!contains(tensor)) {
      refuse("tensor " + quote(tensor) + " is said to be in shard " + quote(shard) +
             ", which does not hold it");
    }
  }
}

const TensorFile& Checkpoint::add_shard(const fs::path& path, Opener opener) {
  const TensorFile& shard = *shards_.emplace_back(opener(path, sharded_ ? kShardLinks : kLinks));
  files_.push_back(path);
  for (std::size_t i = 0; i < shard.tensors().size(); ++i) {
    const std::string& name = shard.tensors()[i].name;
    const auto [place, is_new] = places_.emplace(name, Place{shards_.size() - 1, i});
    if (!is_new) {
      throw Error(ErrorKind::kMalformed,
                  "tensor " + quote(name) + " is in shard " + quote_path(path.filename()) +
                      " and in " + quote_path(shards_[place->second.shard]->path().filename()) +
                      " of " + quote_path(directory_) + ", expected it once");
    }
  }
  return shard;
}

const Checkpoint::Place& Checkpoint::place_of(std::string_view name) const {
  const auto place = places_.find(name);
  if (place == places_.end()) {
    throw Error(ErrorKind::kMalformed, "model " + quote_path(directory_) + " has no tensor " +
                                           quote(name) + " among its " +
                                           std::to_string(names_.size()));
  }
  return place->second;
}

const TensorInfo& Checkpoint::info(std::string_view name) const {
  const Place& place = place_of(name);
  return shards_[place.shard]->tensors()[place.index];
}

bool Checkpoint::contains(std::string_view name) const {
  return places_.find(name) != places_.end();
}

void Checkpoint::read(std::string_view name, std::span<std::byte> out) const {
  const Place& place = place_of(name);
  shards_[place.shard]->read(shards_[place.shard]->tensors()[place.index], out);
}

void Checkpoint::read(std::string_view name, std::uint64_t offset, std::span<std::byte> out) const {
  const Place& place = place_of(name);
  shards_[place.shard]->read(shards_[place.shard]->tensors()[place.index], offset, out);
}

void Checkpoint::read_ahead(std::string_view name, std::uint64_t offset,
                            std::uint64_t bytes) const {
  const Place& place = place_of(name);
  shards_[place.shard]->read_ahead(shards_[place.shard]->tensors()[place.index], offset, bytes);
}

std::string Checkpoint::file_of(std::string_view name) const {
  return shards_[place_of(name).shard]->path().filename().string();
}

std::vector<fs::path> tokenizer_files(const fs::path& directory) {
  std::vector<fs::path> files;
  for (const std::string_view name : kTokenizerFiles) {
    if (is_there(directory / name)) files.push_back(directory / name);
  }
  return files;
}

void copy_tokenizer_files(const fs::path& directory, const fs::path& destination) {
  for (const fs::path& file : tokenizer_files(directory)) {
    copy_file_bytes(file, destination / file.filename());
  }
}

}  // namespace finemix
