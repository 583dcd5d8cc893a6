#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "finemix/io/json.h"

namespace finemix {

// The members of one object of a record that is read back: an untrusted input. Every reader throws
// kMalformed, naming where the object stands, the key, what was found and what was expected; a key
// that is missing is never made up.
class Fields {
 public:
  // `object` is what the whole was read from; `path` leads from there to `json`.
  Fields(const Json& json, std::string object, std::string path = "");

  double number(std::string_view key, double low, double high);
  std::int64_t integer(std::string_view key, std::int64_t low, std::int64_t high);
  std::uint64_t count(std::string_view key);
  std::string text(std::string_view key);
  bool boolean(std::string_view key);
  bool is_null(std::string_view key);  // present, and JSON's null
  const Json& any(std::string_view key);
  Fields object(std::string_view key);
  // The elements of an array of objects, of at most `most`.
  std::vector<Fields> objects(std::string_view key, std::size_t most);
  std::vector<double> numbers(std::string_view key, double low, double high, std::size_t most);
  std::vector<std::uint64_t> counts(std::string_view key, std::size_t most);
  std::vector<std::string> texts(std::string_view key, std::size_t most);
  // The members of an object whose keys are not known beforehand.
  std::map<std::string, double> named_numbers(std::string_view key, double low, double high,
                                              std::size_t most);

  // To be called when all is read: refuses keys that nobody asked for.
  void end() const;
  [[noreturn]] void refuse(std::string_view key, const std::string& expected) const;

 private:
  std::string name() const;
  std::string path_to(std::string_view key) const;
  const Json& member(std::string_view key, const char* expected);
  const Json& array(std::string_view key, std::size_t most, const char* expected);

  const Json* json_;
  std::string object_;
  std::string path_;
  std::vector<std::string_view> read_;
};

}  // namespace finemix
