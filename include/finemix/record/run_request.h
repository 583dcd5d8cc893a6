#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "finemix/io/json.h"

namespace finemix {

// What is recorded of a command, so that it can be given again.
struct RunRequest {
  std::string command;           // one line for a shell
  Json config = Json::object();  // effective: keys as on the command line
};

}  // namespace finemix
