#pragma once

#include <string_view>

namespace finemix {

// The digits of the layer that a tensor of this name is of, "3" of "bert.encoder.layer.3.output";
// "" for one of no layer. A part of `tensor`, which may be a stranger's.
std::string_view layer_digits(std::string_view tensor);

}  // namespace finemix
