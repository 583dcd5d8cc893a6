#pragma once

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <string>
#include <string_view>

#include "finemix/io/json.h"

namespace finemix {

// What of draft 7 of JSON Schema the schema of SARIF uses. A keyword beyond that is a problem of
// its own, so that nothing goes unchecked.
class JsonSchema {
 public:
  explicit JsonSchema(Json schema) : root_(std::move(schema)) {}

  // What is wrong first, and where; "" when nothing is.
  std::string problem(const Json& value) const { return check(root_, value, ""); }

 private:
  static bool has_type(const Json& value, const std::string& type) {
    if (type == "object") return value.is_object();
    if (type == "array") return value.is_array();
    if (type == "string") return value.is_string();
    if (type == "boolean") return value.is_boolean();
    if (type == "integer") return value.is_number_integer();
    return type == "number" ? value.is_number() : value.is_null();
  }

  // RFC 3986 as far as characters go; "uri" has a scheme.
  static bool has_format(const std::string& text, const std::string& format) {
    static const std::regex reference("([A-Za-z0-9._~:/?#@!$&'()*+,;=\\[\\]-]|%[0-9A-Fa-f]{2})*");
    static const std::regex date("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?(Z|[+-].*)");
    if (format == "date-time") return std::regex_match(text, date);
    if (!std::regex_match(text, reference)) return false;
    return format == "uri-reference" || text.find(':') != std::string::npos;
  }

  std::string check_object(const Json& schema, const Json& value, const std::string& at) const {
    const Json properties = schema.value("properties", Json::object());
    for (const Json& name : schema.value("required", Json::array())) {
      if (!value.contains(name)) return at + ": " + name.dump() + " is missing";
    }
    for (const auto& [key, member] : value.items()) {
      const std::string place = at + "/" + key;
      if (properties.contains(key)) {
        if (auto wrong = check(properties[key], member, place); !wrong.empty()) return wrong;
      } else if (const auto more = schema.find("additionalProperties"); more != schema.end()) {
        if (*more == false) return place + " is unknown";
        if (more->is_object()) {
          if (auto wrong = check(*more, member, place); !wrong.empty()) return wrong;
        }
      }
    }
    return "";
  }

  std::string check_array(const Json& schema, const Json& value, const std::string& at) const {
    if (value.size() < schema.value("minItems", 0u)) return at + " has too few items";
    std::set<std::string> seen;
    for (std::size_t i = 0; i < value.size(); ++i) {
      const std::string place = at + "/" + std::to_string(i);
      if (schema.contains("items")) {
        if (auto wrong = check(schema["items"], value[i], place); !wrong.empty()) return wrong;
      }
      if (!seen.insert(value[i].dump()).second && schema.value("uniqueItems", false)) {
        return place + " is there twice";
      }
    }
    return "";
  }

  std::string check(const Json& schema, const Json& value, const std::string& at) const {
    constexpr std::array<std::string_view, 22> kKnown = {
        "$schema",    "$id",      "title",   "description", "default",  "definitions",
        "type",       "$ref",     "items",   "uniqueItems", "minItems", "additionalProperties",
        "properties", "required", "minimum", "maximum",     "pattern",  "format",
        "enum",       "anyOf",    "oneOf",   "readOnly"};
    for (const auto& [key, ignored] : schema.items()) {
      if (std::ranges::find(kKnown, key) == kKnown.end()) return at + ": keyword " + key;
    }
    if (const auto to = schema.find("$ref"); to != schema.end()) {
      return check(root_.at(Json::json_pointer(to->get<std::string>().substr(1))), value, at);
    }
    if (const auto type = schema.find("type"); type != schema.end()) {
      const Json types = type->is_array() ? *type : Json::array({*type});
      if (std::ranges::none_of(types, [&](const Json& one) { return has_type(value, one); })) {
        return at + " is no " + type->dump();
      }
    }
    if (const auto among = schema.find("enum"); among != schema.end()) {
      if (std::ranges::find(*among, value) == among->end()) return at + ": " + value.dump();
    }
    for (const char* several : {"anyOf", "oneOf"}) {
      if (!schema.contains(several)) continue;
      const auto fitting = std::ranges::count_if(
          schema[several], [&](const Json& one) { return check(one, value, at).empty(); });
      if (fitting == 0 || (several[0] == 'o' && fitting > 1)) return at + " fits no " + several;
    }
    if (value.is_string()) {
      const auto text = value.get<std::string>();
      if (schema.contains("pattern") &&
          !std::regex_search(text, std::regex(schema["pattern"].get<std::string>()))) {
        return at + " has not its pattern";
      }
      if (schema.contains("format") && !has_format(text, schema["format"])) {
        return at + " is no " + schema["format"].get<std::string>();
      }
    }
    if (value.is_number()) {
      if (schema.contains("minimum") && value < schema["minimum"]) return at + " is too small";
      if (schema.contains("maximum") && value > schema["maximum"]) return at + " is too large";
    }
    if (value.is_object()) return check_object(schema, value, at);
    return value.is_array() ? check_array(schema, value, at) : "";
  }

  Json root_;
};

}  // namespace finemix
