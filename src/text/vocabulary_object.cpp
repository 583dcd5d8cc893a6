#include "text/vocabulary_object.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "finemix/core/error.h"
#include "finemix/core/quote.h"
#include "finemix/text/vocabulary.h"

namespace finemix {
namespace {

// A few holes may always be; many cost memory that the file does not.
constexpr std::size_t kFreeHoles = 1'000;

}  // namespace

std::vector<std::string> read_vocabulary_object(const Json& json, std::string_view object) {
  const auto refuse = [&](const std::string& what) {
    throw Error(ErrorKind::kMalformed, printable(object) + ": " + what);
  };
  if (!json.is_object()) refuse(std::string("found ") + json.type_name() + ", expected an object");
  std::size_t size = 0;
  for (const auto& [token, id] : json.items()) {
    if (!id.is_number_unsigned() || id.get<std::uint64_t>() >= kMaxTokens) {
      refuse("token " + quote(token) + " has id " + printable(id.dump()) +
             ", expected one of 0 to " + std::to_string(kMaxTokens - 1));
    }
    size = std::max(size, id.get<std::size_t>() + 1);
  }
  if (size > kFreeHoles && size - kFreeHoles > 2 * json.size()) {
    refuse("the vocabulary has " + std::to_string(json.size()) + " tokens, but ids up to " +
           std::to_string(size - 1) + ", expected no more holes than tokens");
  }
  std::vector<std::string> vocabulary(size);
  std::vector<bool> taken(size, false);
  for (const auto& [token, id] : json.items()) {
    const auto index = id.get<std::size_t>();
    if (taken[index]) {
      refuse("tokens " + quote(vocabulary[index]) + " and " + quote(token) + " have the same id, " +
             std::to_string(index));
    }
    taken[index] = true;
    vocabulary[index] = token;
  }
  return vocabulary;
}

}  // namespace finemix
