#pragma once

#include <span>
#include <string>

#include "option_table.h"

namespace finemix {

// A command line after its verb.
struct Arguments {
  GivenFlags flags;
  std::string config;  // the file of --config, or ""
  bool help = false;
};

// Throws Error{kUsage} on a flag that `table` does not know, with the nearest known one, and on a
// flag without its value.
Arguments parse_arguments(const OptionTable& table, std::span<const std::string> words);

}  // namespace finemix
