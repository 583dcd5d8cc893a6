#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "finemix/io/checkpoint.h"
#include "finemix/model/config.h"
#include "finemix/model/state_dict.h"

namespace finemix {

// A checkpoint of any family whose tensors have all been checked against its config, and none of
// which has been read.
class StoredModel {
 public:
  // Throws what load_model throws.
  static StoredModel open(const std::string& location);

  const EncoderConfig& config() const { return config_; }
  const std::string& config_text() const { return checkpoint_.config_text(); }
  const std::filesystem::path& directory() const { return checkpoint_.directory(); }
  const Checkpoint& checkpoint() const { return checkpoint_; }
  // By names as of StateDict.
  const StoredPlaces& places() const { return places_; }
  bool contains(std::string_view name) const { return places_.find(name) != places_.end(); }
  // Of a tensor by its StateDict name, which must be there.
  const TensorInfo& info(std::string_view name) const;

  // The elements from `begin`, as they are in the file.
  void read(std::string_view name, std::uint64_t begin, std::span<std::byte> out) const;
  // … as `dtype`: bits are copied where the file has that dtype, else values go through fp32. `out`
  // is a whole number of elements. `buffer` is kept by the caller to spare allocations.
  void read_as(DType dtype, std::string_view name, std::uint64_t begin, std::span<std::byte> out,
               std::vector<std::byte>& buffer) const;
  // From now on `tensor`, fp32 and contiguous, is read in place of the file's, which is there; its
  // shape may be another.
  void replace(const std::string& name, at::Tensor tensor);
  // A hint that elements from `begin` will be read soon.
  void read_ahead(std::string_view name, std::uint64_t begin, std::uint64_t elements) const;
  // A whole tensor, fp32.
  at::Tensor read(std::string_view name) const;

 private:
  struct Replaced {
    TensorInfo info;
    at::Tensor tensor;
  };

  Checkpoint checkpoint_;
  EncoderConfig config_;
  StoredPlaces places_;
  std::map<std::string, Replaced, std::less<>> replaced_;
};

// Throws kMismatch unless all backbone tensors of `pretrained` and `backdoored` have the same
// shapes. The pooler may be missing from `pretrained`.
void check_same_shapes(const StoredModel& pretrained, const StoredModel& backdoored);

}  // namespace finemix
