#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "finemix/io/safetensors.h"

namespace finemix {

constexpr std::size_t kSafetensorsPrefixBytes = 8;  // the header's length, little-endian
constexpr std::string_view kSafetensorsMetadataKey = "__metadata__";

struct SafetensorsHeader {
  std::vector<TensorInfo> tensors;  // in the order of the text; offsets are in the data section
  std::map<std::string, std::string> metadata;
};

// Parses the JSON of a header. `object` names the file in errors. What one entry can say is checked
// here, also against `data_bytes`, the size of the data section; how entries lie to each other is
// the reader's to check. Throws kMalformed.
SafetensorsHeader parse_safetensors_header(std::string_view text, std::string_view object,
                                           std::uint64_t data_bytes);

std::optional<DType> dtype_of(std::string_view name);

// Bytes of a tensor. Nothing when the product of the dimensions other than 0, times the width,
// does not fit in 63 bits (so also for [0, 2^40, 2^40]), or a dimension is negative.
std::optional<std::uint64_t> tensor_bytes(DType dtype, std::span<const std::int64_t> shape);

// What is wrong with a tensor's name; empty when nothing is. Expects UTF-8.
std::string_view name_fault(std::string_view name);

}  // namespace finemix
