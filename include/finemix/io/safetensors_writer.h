#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "finemix/io/safetensors.h"

namespace finemix {

// A safetensors file before its data: what it begins with, and what goes where.
struct SafetensorsPlan {
  std::string header;               // the length, the JSON and its padding to 8 bytes
  std::vector<TensorInfo> tensors;  // in file order, with their places in the file
  std::uint64_t file_bytes() const;
};

// Names, dtypes and shapes are taken from `tensors`, in any order; the file has the widest elements
// first and then goes by name, so that each tensor is aligned. Throws kInternal when a name or a
// shape can't be written, or a name is given twice.
SafetensorsPlan plan_safetensors(std::vector<TensorInfo> tensors,
                                 const std::map<std::string, std::string>& metadata = {
                                     {"format", "pt"}});

// Writes a new file as planned, the data in order and in pieces of any size, so that it need never
// be in memory as a whole. Destroyed before finish() it leaves nothing behind.
class SafetensorsWriter {
 public:
  // Throws kFile, also when `path` exists.
  SafetensorsWriter(const std::filesystem::path& path, const SafetensorsPlan& plan);
  ~SafetensorsWriter();

  // The next bytes of the data. Throws kFile when the disk is full, kInternal when they are more
  // than planned.
  void write(std::span<const std::byte> bytes);
  // Throws kFile, or kInternal when bytes are missing.
  void finish();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace finemix
