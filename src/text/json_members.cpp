#include "text/json_members.h"

#include <string>

#include "finemix/core/error.h"
#include "finemix/core/quote.h"

namespace finemix {
namespace {

// The member, which must be an object or an array as `like` is.
const Json& member(const Json& json, std::string_view key, const Json& like,
                   std::string_view object) {
  const auto refuse = [&](const std::string& what) {
    throw Error(ErrorKind::kMalformed, printable(object) + ": " + what);
  };
  if (!json.is_object()) refuse(std::string("found ") + json.type_name() + ", expected an object");
  const auto found = json.find(key);
  if (found == json.end() || found->type() != like.type()) {
    refuse(quote(key) + " is " +
           (found == json.end() ? "missing" : std::string(found->type_name())) + ", expected an " +
           like.type_name());
  }
  return *found;
}

}  // namespace

bool is_id(const Json& json) {
  return json.is_number_unsigned() && json.get<std::uint64_t>() <= std::uint64_t{kMaxId};
}

const Json& object_member(const Json& json, std::string_view key, std::string_view object) {
  return member(json, key, Json::object(), object);
}

const Json& array_member(const Json& json, std::string_view key, std::string_view object) {
  return member(json, key, Json::array(), object);
}

}  // namespace finemix
