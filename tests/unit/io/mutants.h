#pragma once

#include <cstdint>
#include <cstdlib>
#include <string>

namespace finemix::testing {

// How many mutants a test makes: `ordinary`, or what FINEMIX_MUTANTS says (the long run).
inline std::uint64_t mutant_count(std::uint64_t ordinary) {
  const char* const given = std::getenv("FINEMIX_MUTANTS");
  return given == nullptr ? ordinary : std::stoull(given);
}

}  // namespace finemix::testing
