#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
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

}  // namespace finemix
