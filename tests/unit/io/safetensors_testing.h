#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace finemix::testing {

// A safetensors file of this header and data, whether or not they fit each other.
inline std::string safetensors_file(std::string_view header, std::string_view data = "") {
  std::string file;
  for (int i = 0; i < 8; ++i) file += static_cast<char>(std::uint64_t{header.size()} >> (8 * i));
  return file.append(header).append(data);
}

}  // namespace finemix::testing
