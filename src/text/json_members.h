#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string_view>

#include "finemix/io/json.h"

namespace finemix {

// Of tokens: they are kept in 32 bits.
inline constexpr std::int64_t kMaxId = (std::int64_t{1} << 31) - 1;

// Whether it is a number of 0 to kMaxId.
bool is_id(const Json& json);

// The member of an object that must be there and be of that type. Throw kMalformed.
const Json& object_member(const Json& json, std::string_view key, std::string_view object);
const Json& array_member(const Json& json, std::string_view key, std::string_view object);

}  // namespace finemix
