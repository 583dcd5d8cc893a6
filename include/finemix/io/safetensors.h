#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "finemix/io/bytes.h"
#include "finemix/io/tensor_file.h"
#include "finemix/io/tensor_info.h"

namespace finemix {

// Reads a safetensors file from an untrusted source: every rule of the format is checked when the
// file is opened, before anything is sized by what it says. Stricter than the reference reader on
// purpose: no duplicate keys; names of 1 to 1,024 bytes without control characters; BOOL bytes 0 or
// 1; products of dimensions that fit in 63 bits in every order; at most 100,000 tensors, 32
// dimensions, 10,000 entries of metadata, and 32 MiB of names and metadata. No FP8 or smaller.
class SafetensorsReader : public TensorFile {
 public:
  // Throws kFile, or kMalformed naming the file, the tensor, what was found and what was expected.
  explicit SafetensorsReader(const std::filesystem::path& path, Links links = Links::kFollow);

  const std::map<std::string, std::string>& metadata() const { return metadata_; }

 private:
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
