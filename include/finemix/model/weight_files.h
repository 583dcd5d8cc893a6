#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include "finemix/model/state_dict.h"

namespace finemix {

// Under which name, in which file and as which type each tensor of an output is written: as the
// checkpoint had it that the output looks like, but always safetensors.
class WeightFiles {
 public:
  // `places` of that checkpoint; empty: one file, and the names that transformers gives. Throws
  // kMalformed when a file has a name that no file of weights may have.
  WeightFiles(const EncoderConfig& config, const StoredPlaces& places);

  // The place of a tensor of the layout; new ones are in the last file, as the word embeddings are.
  StoredPlace place(std::string_view name) const;
  // The same of one that is written, for the index.
  StoredPlace add(std::string_view name, std::uint64_t elements);
  // Writes model.safetensors.index.json where there are shards.
  void write_index(const std::filesystem::path& directory) const;

 private:
  EncoderConfig config_;
  StoredPlaces places_;
  bool sharded_ = false;
  std::string last_;  // file
  DType usual_ = DType::kF32;
  std::map<std::string, std::string> weight_map_;
  std::uint64_t bytes_ = 0;
};

}  // namespace finemix
