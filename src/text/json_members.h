#pragma once

#include <nlohmann/json.hpp>
#include <string_view>

#include "finemix/io/json.h"

namespace finemix {

// The member of an object that must be there and be of that type. Throw kMalformed.
const Json& object_member(const Json& json, std::string_view key, std::string_view object);
const Json& array_member(const Json& json, std::string_view key, std::string_view object);

}  // namespace finemix
