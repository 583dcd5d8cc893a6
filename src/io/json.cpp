#include "finemix/io/json.h"

#include <algorithm>
#include <string>
#include <utility>

#include "finemix/core/error.h"
#include "finemix/core/quote.h"
#include "finemix/io/bytes.h"
#include "io/json_parse.h"

namespace finemix {
namespace {

// Builds the document. Keys are appended without a search for an earlier one, and compared when
// their object ends: a vocabulary has 10^5 of them.
class DocumentBuilder : public JsonHandler {
 public:
  using JsonHandler::JsonHandler;

  Json take() { return std::move(root_); }

  bool null() override { return add(nullptr); }
  bool boolean(bool value) override { return add(value); }
  bool number_integer(number_integer_t value) override { return add(value); }
  bool number_unsigned(number_unsigned_t value) override { return add(value); }
  bool number_float(number_float_t value, const string_t&) override { return add(value); }
  bool string(string_t& value) override { return add(std::move(value)); }
  bool key(string_t& name) override {
    key_ = std::move(name);
    return true;
  }
  bool start_object(std::size_t) override { return open(Json::object()); }
  bool start_array(std::size_t) override { return open(Json::array()); }
  bool end_array() override {
    open_.pop_back();
    return true;
  }
  bool end_object() override {
    refuse_duplicate_keys(open_.back()->get_ref<const Json::object_t&>());
    open_.pop_back();
    return true;
  }

 private:
  Json& append(Json value) {
    if (open_.empty()) return root_ = std::move(value);
    if (open_.back()->is_array()) {
      auto& array = open_.back()->get_ref<Json::array_t&>();
      return array.emplace_back(std::move(value));
    }
    auto& members = open_.back()->get_ref<Json::object_t&>();
    members.push_back({std::move(key_), std::move(value)});
    return members.back().second;
  }

  bool add(Json value) {
    append(std::move(value));
    return true;
  }

  // What is open is the last child of its parent, which gets no other before it ends: the pointers
  // stay valid.
  bool open(Json container) {
    open_.push_back(&append(std::move(container)));
    return true;
  }

  void refuse_duplicate_keys(const Json::object_t& members) const {
    std::vector<std::string_view> keys;
    keys.reserve(members.size());
    for (const auto& member : members) keys.push_back(member.first);
    std::sort(keys.begin(), keys.end());
    const auto twice = std::adjacent_find(keys.begin(), keys.end());
    if (twice == keys.end()) return;
    throw Error(ErrorKind::kMalformed, printable(object()) + ": key " + quote(*twice) +
                                           " occurs twice in one object, expected it once: two "
                                           "readers would see two different files");
  }

  Json root_;
  std::vector<Json*> open_;
  std::string key_;
};

// The member, or null when it is absent or JSON's null.
const Json* find_member(const Json& json, std::string_view key, std::string_view object) {
  if (!json.is_object()) {
    throw Error(ErrorKind::kMalformed, printable(object) + " is " + json.type_name() +
                                           ", expected an object with key " + quote(key));
  }
  const auto member = json.find(key);
  return member == json.end() || member->is_null() ? nullptr : &*member;
}

[[noreturn]] void refuse(std::string_view object, std::string_view key, const Json* found,
                         const std::string& expected) {
  const std::string what = found == nullptr         ? "is missing"
                           : found->is_structured() ? std::string("is an ") + found->type_name()
                                                    : "is " + printable(found->dump());
  throw Error(ErrorKind::kMalformed,
              printable(object) + ": " + quote(key) + " " + what + ", expected " + expected);
}

// Exact also for an unsigned value beyond 2^63.
bool is_integer_between(const Json& json, std::int64_t low, std::int64_t high) {
  if (json.is_number_unsigned()) {
    const auto value = json.get<std::uint64_t>();
    return std::cmp_greater_equal(value, low) && std::cmp_less_equal(value, high);
  }
  if (!json.is_number_integer()) return false;
  const auto value = json.get<std::int64_t>();
  return value >= low && value <= high;
}

std::int64_t checked_integer(const Json* member, std::string_view key, std::int64_t low,
                             std::int64_t high, std::string_view object) {
  if (member != nullptr && is_integer_between(*member, low, high)) {
    return member->get<std::int64_t>();
  }
  refuse(object, key, member,
         "an integer from " + std::to_string(low) + " to " + std::to_string(high));
}

}  // namespace

Json parse_json(std::string_view text, std::string_view object, std::size_t max_depth) {
  DocumentBuilder builder(object);
  parse_json_text(text, object, max_depth, builder);
  return builder.take();
}

Json read_json_file(const std::filesystem::path& path, std::uint64_t limit) {
  return parse_json(read_text_file(path, limit), path.native());
}

std::string json_text(const Json& json, int indent) {
  return json.dump(indent, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::int64_t json_integer(const Json& json, std::string_view key, std::int64_t low,
                          std::int64_t high, std::string_view object) {
  return checked_integer(find_member(json, key, object), key, low, high, object);
}

std::int64_t json_integer_or(const Json& json, std::string_view key, std::int64_t fallback,
                             std::int64_t low, std::int64_t high, std::string_view object) {
  const Json* member = find_member(json, key, object);
  return member == nullptr ? fallback : checked_integer(member, key, low, high, object);
}

double json_number_or(const Json& json, std::string_view key, double fallback, double low,
                      double high, std::string_view object) {
  const Json* member = find_member(json, key, object);
  if (member == nullptr) return fallback;
  if (member->is_number()) {
    const auto value = member->get<double>();
    if (value >= low && value <= high) return value;
  }
  refuse(object, key, member, "a number from " + Json(low).dump() + " to " + Json(high).dump());
}

std::string json_string_or(const Json& json, std::string_view key, std::string_view fallback,
                           std::string_view object) {
  const Json* member = find_member(json, key, object);
  if (member == nullptr) return std::string(fallback);
  if (!member->is_string()) refuse(object, key, member, "a string");
  return member->get<std::string>();
}

bool json_boolean_or(const Json& json, std::string_view key, bool fallback,
                     std::string_view object) {
  const Json* member = find_member(json, key, object);
  if (member == nullptr) return fallback;
  if (!member->is_boolean()) refuse(object, key, member, "true or false");
  return member->get<bool>();
}

}  // namespace finemix
