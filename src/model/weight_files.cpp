#include "finemix/model/weight_files.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "finemix/core/error.h"
#include "finemix/core/quote.h"
#include "finemix/io/atomic_file.h"
#include "finemix/io/json.h"
#include "finemix/model/tensor_layout.h"

namespace finemix {
namespace {

constexpr std::string_view kWeights = "model.safetensors";
constexpr std::string_view kIndex = "model.safetensors.index.json";
constexpr std::string_view kEnd = ".safetensors";
constexpr std::string_view kOldStart = "pytorch_model";
constexpr std::string_view kOldEnd = ".bin";

// The name of a shard is the stranger's; it must not become that of a config or a manifest.
std::string safetensors_name(std::string file) {
  if (file.starts_with(kOldStart) && file.ends_with(kOldEnd)) {
    file.replace(file.size() - kOldEnd.size(), kOldEnd.size(), kEnd);
    file.replace(0, kOldStart.size(), "model");
  }
  if (!file.ends_with(kEnd)) {
    throw Error(ErrorKind::kMalformed,
                "a shard is called " + quote(file) + ", expected a name that ends in .safetensors");
  }
  return file;
}

}  // namespace

WeightFiles::WeightFiles(const EncoderConfig& config, const StoredPlaces& places)
    : config_(config), places_(places) {
  for (auto& entry : places_) {
    std::string& file = entry.second.file;
    file = safetensors_name(std::move(file));
    sharded_ = sharded_ || file != kWeights;
    last_ = std::max(last_, file);
  }
  if (places_.empty()) last_ = kWeights;
  const auto words = places_.find(kWordEmbeddings);
  if (words != places_.end()) usual_ = words->second.dtype;
}

StoredPlace WeightFiles::place(std::string_view name) const {
  const auto found = places_.find(name);
  return found != places_.end() ? found->second
                                : StoredPlace{stored_tensor_name(config_, name), last_, usual_};
}

StoredPlace WeightFiles::add(std::string_view name, std::uint64_t elements) {
  StoredPlace place = this->place(name);
  weight_map_.emplace(place.name, place.file);
  bytes_ += elements * dtype_size(place.dtype);
  return place;
}

void WeightFiles::write_index(const std::filesystem::path& directory) const {
  if (!sharded_) return;
  const Json index = {{"metadata", {{"total_size", bytes_}}}, {"weight_map", weight_map_}};
  write_text_file(directory / kIndex, json_text(index), false);
}

}  // namespace finemix
