#include "finemix/record/tensor_layer.h"

#include <algorithm>

namespace finemix {

std::string_view layer_digits(std::string_view tensor) {
  for (const std::string_view stem : {"layer.", "layers.", "albert_layer_groups."}) {
    const std::size_t at = tensor.find(stem);
    if (at == std::string_view::npos) continue;
    const std::string_view rest = tensor.substr(at + stem.size());
    const std::size_t end = std::min(rest.find_first_not_of("0123456789"), rest.size());
    if (end > 0) return rest.substr(0, end);
  }
  return {};
}

}  // namespace finemix
