#pragma once

#include <string_view>

namespace finemix {

inline constexpr std::string_view kVersion = "0.1.0";

}  // namespace finemix
