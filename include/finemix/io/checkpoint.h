#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "finemix/io/tensor_file.h"

namespace finemix {

// Where the model at `location` lies: a directory, or an id ("org/name") that is in the local hub
// cache (HF_HUB_CACHE, HF_HOME/hub, ~/.cache/huggingface/hub); the network is never asked. Throws
// kFile when there is none.
std::filesystem::path model_directory(const std::string& location);

// A Hugging Face model directory: config.json and the first that is there of model.safetensors,
// model.safetensors.index.json (whose shards are safetensors), pytorch_model.bin and
// pytorch_model.bin.index.json (whose shards are files of torch.save), as transformers looks for
// them. Which reader opens a file is decided by these names alone.
class Checkpoint {
 public:
  // `location` is as of model_directory. Throws kFile when something is missing, kMalformed when a
  // shard name is not a plain file name, a file is a link that may not be followed (see Links), an
  // index disagrees with its shards, or a tensor is in two shards.
  static Checkpoint open(const std::string& location);

  const std::filesystem::path& directory() const { return directory_; }
  const std::string& config_text() const { return config_text_; }
  // Every tensor of every shard, by name.
  const std::vector<std::string>& tensor_names() const { return names_; }
  const TensorInfo& info(std::string_view name) const;  // throws kMalformed when absent
  bool contains(std::string_view name) const;
  void read(std::string_view name, std::span<std::byte> out) const;  // as TensorFile::read
  // The part that begins at byte `offset` of the tensor.
  void read(std::string_view name, std::uint64_t offset, std::span<std::byte> out) const;
  void read_ahead(std::string_view name, std::uint64_t offset, std::uint64_t bytes) const;
  // Whether the weights are in shards named by an index, and the name of the file that holds a
  // tensor (pytorch_model.bin, say).
  bool sharded() const { return sharded_; }
  std::string file_of(std::string_view name) const;  // throws kMalformed when absent
  // config.json and the weight files, as opened; what a record's hashes are taken of.
  const std::vector<std::filesystem::path>& files() const { return files_; }

 private:
  struct Place {
    std::size_t shard;
    std::size_t index;
  };

  // Opens a file of weights.
  using Opener = std::unique_ptr<TensorFile> (*)(const std::filesystem::path&, Links);
  struct Format;
  static const Format kFormats[];

  void open_weights();
  void open_shards(const std::filesystem::path& index_path, Opener opener);
  const Place& place_of(std::string_view name) const;
  const TensorFile& add_shard(const std::filesystem::path& path, Opener opener);

  std::filesystem::path directory_;
  std::string config_text_;
  std::vector<std::filesystem::path> files_;
  std::vector<std::unique_ptr<TensorFile>> shards_;
  std::map<std::string, Place, std::less<>> places_;
  std::vector<std::string> names_;
  bool sharded_ = false;
};

// Files of a model directory that describe its tokenizer (tokenizer.json, vocab.txt,
// tokenizer_config.json, special_tokens_map.json, added_tokens.json, spiece.model, …), those that
// exist, in a fixed order.
std::vector<std::filesystem::path> tokenizer_files(const std::filesystem::path& directory);

// Copies them, bytes unchanged, into `destination`. Throws kFile, or kMalformed when one is a link
// that Checkpoint::open would not follow: a stranger's directory must not get a private file
// published.
void copy_tokenizer_files(const std::filesystem::path& directory,
                          const std::filesystem::path& destination);

}  // namespace finemix
