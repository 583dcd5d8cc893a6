#pragma once

#include <span>
#include <string>

#include "verb.h"

namespace finemix {

// `finemix --help`.
std::string program_help(std::span<const Verb> verbs);
// `finemix VERB --help`.
std::string verb_help(const Verb& verb);
// docs/cli.md.
std::string markdown_help(std::span<const Verb> verbs);

}  // namespace finemix
