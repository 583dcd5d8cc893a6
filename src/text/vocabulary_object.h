#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "finemix/io/json.h"

namespace finemix {

// The tokens of {"token": id, …} by id. Ids may leave holes, as `tokenizers` leaves one for each
// token that a list had twice; what stands there is empty. Throws kMalformed.
std::vector<std::string> read_vocabulary_object(const Json& json, std::string_view object);

}  // namespace finemix
