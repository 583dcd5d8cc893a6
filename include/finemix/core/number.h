#pragma once

#include <string>

namespace finemix {

// Shortest decimal form that reads back as `number`: 0.4 → "0.4".
std::string plain_number(double number);

}  // namespace finemix
