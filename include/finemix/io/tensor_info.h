#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace finemix {

enum class DType { kBool, kU8, kI8, kI16, kU16, kI32, kU32, kI64, kU64, kF16, kBF16, kF32, kF64 };

std::string_view dtype_name(DType dtype);  // "F32", as safetensors has it
std::size_t dtype_size(DType dtype);       // bytes an element
std::optional<DType> dtype_of(std::string_view name);
std::string dtype_names();  // all of them, for messages

// Bounds on what a file can make its reader hold; real files stay far below.
constexpr std::size_t kMaxTensors = 100'000;
constexpr std::size_t kMaxDimensions = 32;

struct TensorInfo {
  std::string name;
  DType dtype = DType::kF32;
  std::vector<std::int64_t> shape;
  std::uint64_t offset = 0;  // of the first element's first byte, from the start of the file
  std::uint64_t bytes = 0;
  // Elements in the file from one index of a dimension to its next; empty where the tensor lies
  // there row-major without gaps.
  std::vector<std::int64_t> strides = {};
  std::uint64_t elements() const { return bytes / dtype_size(dtype); }
  // Bytes in the file from the first element's first to the last one's last.
  std::uint64_t reach() const;
};

// Bytes of a tensor. Nothing when the product of the dimensions other than 0, times the width,
// does not fit in 63 bits (so also for [0, 2^40, 2^40]), or a dimension is negative.
std::optional<std::uint64_t> tensor_bytes(DType dtype, std::span<const std::int64_t> shape);

// What is wrong with a tensor's name; empty when nothing is. Expects UTF-8.
std::string_view name_fault(std::string_view name);

std::string shape_text(std::span<const std::int64_t> shape);  // "[2, 3]"

}  // namespace finemix
