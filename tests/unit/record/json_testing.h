#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "finemix/io/json.h"

namespace finemix {

using Names = std::vector<std::string>;

// The keys of an object, in its order.
inline Names keys(const Json& json) {
  Names names;
  for (const auto& [key, value] : json.items()) names.push_back(key);
  return names;
}

}  // namespace finemix
