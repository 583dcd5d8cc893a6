#include "text/text_steps_json.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "finemix/core/error.h"
#include "finemix/core/quote.h"
#include "finemix/text/unicode.h"
#include "text/base64.h"
#include "text/json_members.h"

namespace finemix {
namespace {

constexpr std::size_t kMaxSteps = 32;
// Far longer than in any real file; a long one would make texts grow.
constexpr std::size_t kMaxContent = 64;

[[noreturn]] void refuse(std::string_view object, const std::string& what) {
  throw Error(ErrorKind::kMalformed, printable(object) + ": " + what);
}

// The parts of a Sequence, or the part itself; none of null. A Sequence in one is left to the
// reader of the parts, which knows none.
std::vector<const Json*> parts_of(const Json& json, std::string_view key, std::string_view object) {
  std::vector<const Json*> parts;
  if (json.is_null()) return parts;
  if (!json.is_object()) {
    refuse(object, std::string("found ") + json.type_name() + ", expected an object");
  }
  if (json_string_or(json, "type", "", object) != "Sequence") return {&json};
  for (const Json& part : array_member(json, key, object)) {
    if (!part.is_object()) {
      refuse(object, quote(key) + " holds a " + part.type_name() + ", expected objects");
    }
    parts.push_back(&part);
  }
  if (parts.size() > kMaxSteps) {
    refuse(object, quote(key) + " has " + std::to_string(parts.size()) +
                       " parts, expected at most " + std::to_string(kMaxSteps));
  }
  return parts;
}

std::string short_string(const Json& json, std::string_view key, std::string_view object) {
  const Json& value = json.contains(key) ? json[std::string(key)] : Json();
  if (!value.is_string()) refuse(object, quote(key) + " is no string");
  const auto& text = value.get_ref<const std::string&>();
  if (text.size() > kMaxContent) {
    refuse(object, quote(key) + " has " + std::to_string(text.size()) +
                       " bytes, expected at most " + std::to_string(kMaxContent));
  }
  return text;
}

TextStep read_replace(const Json& json, std::string_view object) {
  const Json& pattern = object_member(json, "pattern", object);
  std::string content = short_string(json, "content", object);
  if (pattern.contains("String")) {
    std::string text = short_string(pattern, "String", object);
    if (text.empty()) refuse(object, "a Replace has an empty pattern");
    return ReplaceStep{std::move(text), std::move(content)};
  }
  const std::string regex = short_string(pattern, "Regex", object);
  if (regex == " {2,}") return ReplaceSpacesStep{std::move(content)};
  if (regex == "\\s{2,}|[\\n\\r\\t]" && content == " ") return JoinWhitespaceStep{};
  refuse(object, "a Replace has the regex " + quote(regex) + " and the content " + quote(content) +
                     ", expected ' {2,}', or '\\s{2,}|[\\n\\r\\t]' and a space: finemix has no "
                     "other");
}

std::string read_charsmap(const Json& json, std::string_view object) {
  return decode_base64(json_string_or(json, "precompiled_charsmap", "", object), object);
}

TextStep read_step(const Json& json, std::string_view object) {
  constexpr std::array<std::pair<std::string_view, NormalForm>, 4> kForms{
      {{"NFC", NormalForm::kNfc},
       {"NFD", NormalForm::kNfd},
       {"NFKC", NormalForm::kNfkc},
       {"NFKD", NormalForm::kNfkd}}};
  const std::string type = json_string_or(json, "type", "", object);
  const auto form =
      std::ranges::find(kForms, type, &std::pair<std::string_view, NormalForm>::first);
  if (form != kForms.end()) return form->second;
  if (type == "Replace") return read_replace(json, object);
  if (type == "StripAccents") return StripAccentsStep{};
  if (type == "Lowercase") return LowercaseStep{};
  if (type == "Prepend") return PrependStep{short_string(json, "prepend", object)};
  if (type == "Strip") {
    return StripStep{json_boolean_or(json, "strip_left", true, object),
                     json_boolean_or(json, "strip_right", true, object)};
  }
  if (type == "Precompiled") {
    return Charsmap(read_charsmap(json, object), object);
  }
  refuse(object, "the normalizer has a part " + quote(type) +
                     ", expected Precompiled, Replace, NFC, NFD, NFKC, NFKD, StripAccents, "
                     "Lowercase, Strip or Prepend");
}

Metaspace read_metaspace(const Json& json, std::string_view object) {
  Metaspace metaspace;
  metaspace.mark = short_string(json, "replacement", object);
  std::size_t end = 0;
  if (!metaspace.mark.empty()) next_code_point(metaspace.mark, end);
  if (end == 0 || end != metaspace.mark.size()) {
    refuse(object,
           "Metaspace has the replacement " + quote(metaspace.mark) + ", expected one character");
  }
  // What files had before there was a prepend_scheme.
  const bool always = json_boolean_or(json, "add_prefix_space", true, object);
  const std::string scheme =
      json_string_or(json, "prepend_scheme", always ? "always" : "never", object);
  if (scheme == "always" || scheme == "first" || scheme == "never") {
    metaspace.prepend = scheme == "always"  ? Metaspace::Prepend::kAlways
                        : scheme == "first" ? Metaspace::Prepend::kFirst
                                            : Metaspace::Prepend::kNever;
  } else {
    refuse(object, "Metaspace has the prepend_scheme " + quote(scheme) +
                       ", expected always, first or never");
  }
  metaspace.splits = json_boolean_or(json, "split", true, object);
  return metaspace;
}

}  // namespace

TextSteps read_text_steps(const Json& normalizer, std::string_view object) {
  std::vector<TextStep> steps;
  for (const Json* part : parts_of(normalizer, "normalizers", object)) {
    steps.push_back(read_step(*part, object));
  }
  return TextSteps(std::move(steps), object);
}

std::string find_charsmap(const Json& normalizer, std::string_view object) {
  for (const Json* part : parts_of(normalizer, "normalizers", object)) {
    if (json_string_or(*part, "type", "", object) == "Precompiled") {
      return read_charsmap(*part, object);
    }
  }
  return "";
}

WordRule read_word_rule(const Json& pre_tokenizer, std::string_view object) {
  WordRule rule;
  for (const Json* part : parts_of(pre_tokenizer, "pretokenizers", object)) {
    const std::string type = json_string_or(*part, "type", "", object);
    if (type == "WhitespaceSplit" && !rule.by_whitespace && !rule.metaspace) {
      rule.by_whitespace = true;
    } else if (type == "Metaspace" && !rule.metaspace) {
      rule.metaspace = read_metaspace(*part, object);
    } else {
      refuse(object, "the pre-tokenizer has a part " + quote(type) +
                         ", expected WhitespaceSplit, Metaspace, or both in this order");
    }
  }
  return rule;
}

}  // namespace finemix
