#pragma once

#include <cstddef>
#include <string>

namespace finemix {

// "[2, 3]", as messages show a shape.
template <typename Shape>
std::string shape_text(const Shape& shape) {
  std::string text = "[";
  for (std::size_t i = 0; i < shape.size(); ++i) {
    text += (i ? ", " : "") + std::to_string(shape[i]);
  }
  return text + "]";
}

}  // namespace finemix
