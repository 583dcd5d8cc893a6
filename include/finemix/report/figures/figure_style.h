#pragma once

#include <string_view>

namespace finemix {

// The CSS of every figure's classes, for light, dark and paper.
std::string_view figure_style();

}  // namespace finemix
