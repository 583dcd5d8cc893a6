#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "finemix/io/bytes.h"
#include "finemix/io/tensor_info.h"

namespace finemix {

class GatheredTensor;

// A file of named tensors from an untrusted source, whatever its format: what a reader's
// constructor has checked is only read here. Nothing of a tensor is held.
class TensorFile {
 public:
  virtual ~TensorFile() = default;
  TensorFile(TensorFile&&) noexcept = default;
  TensorFile& operator=(TensorFile&&) noexcept = default;

  const std::filesystem::path& path() const { return file_.path(); }
  // In the order of their bytes in the file.
  const std::vector<TensorInfo>& tensors() const { return tensors_; }
  const TensorInfo* find(std::string_view name) const;
  // Copies a tensor's bytes (little-endian, row-major). `out` must be info.bytes long. Throws
  // kFile when the file has shrunk, kMalformed when a BOOL is neither 0 nor 1.
  void read(const TensorInfo& info, std::span<std::byte> out) const;
  // The part of them that begins at byte `offset` of the tensor: whole elements. One tensor that
  // has strides is kept whole in memory, the last of which a part was read.
  void read(const TensorInfo& info, std::uint64_t offset, std::span<std::byte> out) const;
  // A hint that such a part will be read soon.
  void read_ahead(const TensorInfo& info, std::uint64_t offset, std::uint64_t bytes) const;

 protected:
  TensorFile(const std::filesystem::path& path, Links links) : file_(path, links) {}

  const InputFile& file() const { return file_; }
  // Takes the tensors, each within the file. Throws kMalformed when two have one name, or a BOOL
  // is neither 0 nor 1, also between the elements of one with strides.
  void hold(std::vector<TensorInfo> tensors);

 private:
  InputFile file_;
  std::vector<TensorInfo> tensors_;
  std::vector<std::size_t> by_name_;  // places in tensors_, in name order
  std::shared_ptr<GatheredTensor> gathered_;
};

}  // namespace finemix
