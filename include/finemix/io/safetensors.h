#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "finemix/io/bytes.h"

namespace finemix {

enum class DType { kBool, kU8, kI8, kI16, kU16, kI32, kU32, kI64, kU64, kF16, kBF16, kF32, kF64 };

std::string_view dtype_name(DType dtype);  // "F32", as in the file format
std::size_t dtype_size(DType dtype);       // bytes an element

struct TensorInfo {
  std::string name;
  DType dtype = DType::kF32;
  std::vector<std::int64_t> shape;
  std::uint64_t offset = 0;  // of the first byte, from the start of the file
  std::uint64_t bytes = 0;
  std::uint64_t elements() const { return bytes / dtype_size(dtype); }
};

// Reads a safetensors file from an untrusted source: every rule of the format is checked when the
// file is opened, before anything is sized by what it says. Stricter than the reference reader on
// purpose: no duplicate keys; names of 1 to 1,024 bytes without control characters; BOOL bytes 0 or
// 1; products of dimensions that fit in 63 bits in every order; at most 100,000 tensors, 32
// dimensions, 10,000 entries of metadata, and 32 MiB of names and metadata. No FP8 or smaller.
class SafetensorsReader {
 public:
  // Throws kFile, or kMalformed naming the file, the tensor, what was found and what was expected.
  explicit SafetensorsReader(const std::filesystem::path& path, Links links = Links::kFollow);

  const std::filesystem::path& path() const { return file_.path(); }
  // In the order of their bytes in the file.
  const std::vector<TensorInfo>& tensors() const { return tensors_; }
  const TensorInfo* find(std::string_view name) const;
  const std::map<std::string, std::string>& metadata() const { return metadata_; }
  // Copies a tensor's bytes (little-endian, row-major). `out` must be info.bytes long. Throws
  // kFile when the file has shrunk, kMalformed when a BOOL is neither 0 nor 1.
  void read(const TensorInfo& info, std::span<std::byte> out) const;
  // The part of them that begins at byte `offset` of the tensor.
  void read(const TensorInfo& info, std::uint64_t offset, std::span<std::byte> out) const;
  // A hint that such a part will be read soon.
  void read_ahead(const TensorInfo& info, std::uint64_t offset, std::uint64_t bytes) const {
    file_.read_ahead(info.offset + offset, bytes);
  }

 private:
  InputFile file_;
  std::vector<TensorInfo> tensors_;
  std::vector<std::size_t> by_name_;  // places in tensors_, in name order
  std::map<std::string, std::string> metadata_;
};

// A tensor to be written: the bytes stay the caller's.
struct TensorBytes {
  std::string name;
  DType dtype = DType::kF32;
  std::vector<std::int64_t> shape;
  std::span<const std::byte> bytes;
};

// Writes a new file that the reference reader accepts: the header padded to 8 bytes, then the
// tensors, widest elements first and then by name, so that each is aligned. Throws kFile, also when
// `path` exists or the disk is full, and leaves nothing behind then.
void write_safetensors(const std::filesystem::path& path, std::span<const TensorBytes> tensors,
                       const std::map<std::string, std::string>& metadata = {{"format", "pt"}});

}  // namespace finemix
