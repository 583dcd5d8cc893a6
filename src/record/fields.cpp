#include "record/fields.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "finemix/core/error.h"
#include "finemix/core/quote.h"

namespace finemix {
namespace {

constexpr std::uint64_t kLargest = std::numeric_limits<std::int64_t>::max();

std::string found(const Json& json) {
  return json.is_structured() ? std::string("is an ") + json.type_name()
                              : "is " + printable(json.dump());
}

}  // namespace

Fields::Fields(const Json& json, std::string object, std::string path)
    : json_(&json), object_(std::move(object)), path_(std::move(path)) {
  if (!json.is_object()) {
    throw Error(ErrorKind::kMalformed, name() + " " + found(json) + ", expected an object");
  }
}

std::string Fields::name() const {
  return printable(object_) + (path_.empty() ? "" : ", " + path_);
}

std::string Fields::path_to(std::string_view key) const {
  return path_ + (path_.empty() ? "" : ".") + std::string(key);
}

void Fields::refuse(std::string_view key, const std::string& expected) const {
  const auto member = json_->find(key);
  throw Error(ErrorKind::kMalformed, name() + ": " + quote(key) + " " +
                                         (member == json_->end() ? "is missing" : found(*member)) +
                                         ", expected " + expected);
}

const Json& Fields::member(std::string_view key, const char* expected) {
  const auto member = json_->find(key);
  if (member == json_->end() || (member->is_null() && expected != nullptr)) {
    refuse(key, expected == nullptr ? "it, if only as null" : expected);
  }
  read_.push_back(key);
  return *member;
}

double Fields::number(std::string_view key, double low, double high) {
  member(key, "a number");
  return json_number_or(*json_, key, low, low, high, name());
}

std::int64_t Fields::integer(std::string_view key, std::int64_t low, std::int64_t high) {
  member(key, "an integer");
  return json_integer(*json_, key, low, high, name());
}

std::uint64_t Fields::count(std::string_view key) {
  return static_cast<std::uint64_t>(integer(key, 0, std::int64_t{kLargest}));
}

std::string Fields::text(std::string_view key) {
  member(key, "a string");
  return json_string_or(*json_, key, "", name());
}

bool Fields::boolean(std::string_view key) {
  member(key, "true or false");
  return json_boolean_or(*json_, key, false, name());
}

bool Fields::is_null(std::string_view key) { return member(key, nullptr).is_null(); }

const Json& Fields::any(std::string_view key) { return member(key, nullptr); }

Fields Fields::object(std::string_view key) {
  return {member(key, "an object"), object_, path_to(key)};
}

const Json& Fields::array(std::string_view key, std::size_t most, const char* expected) {
  const Json& json = member(key, expected);
  if (!json.is_array() || json.size() > most) {
    refuse(key, std::string(expected) + ", at most " + std::to_string(most));
  }
  return json;
}

std::vector<Fields> Fields::objects(std::string_view key, std::size_t most) {
  const Json& json = array(key, most, "an array of objects");
  std::vector<Fields> elements;
  elements.reserve(json.size());
  for (const Json& element : json) {
    const std::string place = "[" + std::to_string(elements.size()) + "]";
    elements.emplace_back(element, object_, path_to(key) + place);
  }
  return elements;
}

std::vector<double> Fields::numbers(std::string_view key, double low, double high,
                                    std::size_t most) {
  std::vector<double> values;
  for (const Json& element : array(key, most, "an array of numbers")) {
    const double value = element.is_number() ? element.get<double>() : low - 1;
    if (!(value >= low && value <= high)) {
      refuse(key, "numbers from " + Json(low).dump() + " to " + Json(high).dump() + " in it, not " +
                      printable(element.dump()));
    }
    values.push_back(value);
  }
  return values;
}

std::vector<std::uint64_t> Fields::counts(std::string_view key, std::size_t most) {
  std::vector<std::uint64_t> values;
  for (const Json& element : array(key, most, "an array of counts")) {
    // A negative one is above kLargest as an unsigned one.
    if (!element.is_number_integer() || element.get<std::uint64_t>() > kLargest) {
      refuse(key, "integers from 0 in it, not " + printable(element.dump()));
    }
    values.push_back(element.get<std::uint64_t>());
  }
  return values;
}

std::vector<std::string> Fields::texts(std::string_view key, std::size_t most) {
  std::vector<std::string> values;
  for (const Json& element : array(key, most, "an array of strings")) {
    if (!element.is_string()) refuse(key, "strings in it, not " + printable(element.dump()));
    values.push_back(element.get<std::string>());
  }
  return values;
}

std::map<std::string, double> Fields::named_numbers(std::string_view key, double low, double high,
                                                    std::size_t most) {
  const Json& json = member(key, "an object of numbers");
  if (!json.is_object() || json.size() > most) {
    refuse(key, "an object of numbers, at most " + std::to_string(most));
  }
  std::map<std::string, double> values;
  for (const auto& [name, element] : json.items()) {
    const double value = element.is_number() ? element.get<double>() : low - 1;
    if (!(value >= low && value <= high)) {
      refuse(key, "numbers from " + Json(low).dump() + " to " + Json(high).dump() + " in it, not " +
                      printable(element.dump()));
    }
    values[name] = value;
  }
  return values;
}

void Fields::end() const {
  for (const auto& [key, value] : json_->items()) {
    if (std::ranges::find(read_, key) != read_.end()) continue;
    throw Error(ErrorKind::kMalformed,
                name() + ": unknown key " + quote(key) + ", expected none but those of the schema");
  }
}

}  // namespace finemix
