#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "finemix/io/safetensors.h"

namespace finemix::testing {

inline constexpr char kIndexName[] = "model.safetensors.index.json";

// A safetensors file of one-byte tensors that hold the last letter of their names.
inline void write_shard(const std::filesystem::path& path, const std::vector<std::string>& names) {
  std::vector<TensorBytes> tensors;
  for (const std::string& name : names) {
    const auto bytes = std::as_bytes(std::span(name));
    tensors.push_back({name, DType::kU8, {1}, bytes.last(1)});
  }
  write_safetensors(path, tensors);
}

}  // namespace finemix::testing
