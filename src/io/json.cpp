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

// Unbounded, a document takes up to 34 times the bytes of its text. XLM-R's tokenizer.json takes
// some 45 MB, one of 900,000 pieces 170 MB.
constexpr std::size_t kMaxHeldBytes = 50'000'000;
constexpr std::size_t kMaxHeldBytesOfLarge = 200'000'000;
constexpr std::size_t kLargeTextBytes = 16 << 20;

constexpr std::size_t kLargeHole = 64 << 10;

// What malloc takes for so many bytes.
constexpr std::size_t allocated(std::size_t bytes) {
  return bytes == 0 ? 0 : std::max<std::size_t>(32, (bytes + 8 + 15) / 16 * 16);
}

// Builds the document. Keys are appended without a search for an earlier one, and compared when
// their object ends: a vocabulary has 10^5 of them.
class DocumentBuilder : public JsonHandler {
 public:
  DocumentBuilder(std::string_view text, std::string_view object)
      : JsonHandler(object),
        max_held_(text.size() > kLargeTextBytes ? kMaxHeldBytesOfLarge : kMaxHeldBytes) {}

  Json take() { return std::move(root_); }

  bool null() override { return add(nullptr); }
  bool boolean(bool value) override { return add(value); }
  bool number_integer(number_integer_t value) override { return add(value); }
  bool number_unsigned(number_unsigned_t value) override { return add(value); }
  bool number_float(number_float_t value, const string_t&) override { return add(value); }
  // Texts are copied: the parser's own have room for the longest token before them.
  bool string(string_t& value) override {
    string_t exact(value);
    hold(allocated(sizeof(string_t)) + characters(exact));
    return add(std::move(exact));
  }
  bool key(string_t& name) override {
    key_ = string_t(name);
    hold(2 * characters(key_));  // it is copied when its object grows
    return true;
  }
  bool start_object(std::size_t) override {
    hold(allocated(sizeof(Json::object_t)));
    return open(Json::object());
  }
  bool start_array(std::size_t) override {
    hold(allocated(sizeof(Json::array_t)));
    return open(Json::array());
  }
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
      if (array.size() == array.capacity()) array.reserve(next_capacity(array, 0));
      return array.emplace_back(std::move(value));
    }
    auto& members = open_.back()->get_ref<Json::object_t&>();
    if (members.size() == members.capacity()) grow(members);
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

  // Twice as much as before, counted: both are there for a moment, and a large hole that the old
  // one leaves may stay. A value takes `more` bytes than its own.
  template <typename Values>
  std::size_t next_capacity(const Values& values, std::size_t more) {
    const std::size_t width = sizeof(typename Values::value_type) + more;
    const std::size_t next = std::max<std::size_t>(1, 2 * values.capacity());
    hold(allocated(next * width));
    const std::size_t freed = allocated(values.capacity() * width);
    if (freed < kLargeHole) held_ -= freed;
    return next;
  }

  // As a vector's reserve(), which would copy the values with all that is in them: a key is const,
  // and can't be moved.
  void grow(Json::object_t& members) {
    Json::object_t grown;
    grown.reserve(next_capacity(members, sizeof(std::string_view)));  // of refuse_duplicate_keys
    for (auto& [key, value] : members) grown.push_back({key, std::move(value)});
    members.swap(grown);
  }

  static std::size_t characters(const std::string& text) {
    return text.capacity() == std::string().capacity() ? 0 : allocated(text.capacity() + 1);
  }

  // Counts what is about to be held.
  void hold(std::size_t bytes) {
    held_ += bytes;
    if (held_ <= max_held_) return;
    throw Error(ErrorKind::kMalformed,
                printable(object()) + ": so many values that they take over " +
                    std::to_string(max_held_) + " bytes of memory, expected fewer or longer ones");
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

  std::size_t max_held_;
  std::size_t held_ = 0;
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
  DocumentBuilder builder(text, object);
  parse_json_text(text, object, max_depth, builder);
  return builder.take();
}

Json read_json_file(const std::filesystem::path& path, std::uint64_t limit, Links links) {
  return parse_json(read_text_file(path, limit, links), path.native());
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
