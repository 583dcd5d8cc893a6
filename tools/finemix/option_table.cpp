#include "option_table.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numeric>

#include "finemix/core/error.h"
#include "finemix/core/number.h"
#include "finemix/core/quote.h"
#include "finemix/report/text.h"

namespace finemix {
namespace {

using Expected = std::optional<std::string>;

[[noreturn]] void usage_error(const std::string& message) {
  throw Error(ErrorKind::kUsage, message);
}

std::string joined(const std::vector<std::string>& words, std::string_view separator,
                   std::string_view last) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) text += i + 1 == words.size() ? last : separator;
    text += words[i];
  }
  return text;
}

Option named(std::string name, std::string value, std::string help) {
  Option option;
  option.name = std::move(name);
  option.value = std::move(value);
  option.help = std::move(help);
  return option;
}

// Text of the command line as the JSON value that a config file would have; what is no number stays
// text, for `set` to refuse.
Json json_value(const std::string& text, Option::Kind kind) {
  if (kind != Option::Kind::kNumber) return text;
  const char* end = text.data() + text.size();
  std::int64_t integer = 0;
  if (std::from_chars(text.data(), end, integer) == std::from_chars_result{end, std::errc{}}) {
    return integer;
  }
  double number = 0;
  if (std::from_chars(text.data(), end, number) == std::from_chars_result{end, std::errc{}}) {
    return number;
  }
  return text;
}

Json json_value(const Option& option, const std::vector<std::string>& texts) {
  if (option.kind == Option::Kind::kFlag) return true;
  if (!option.list) return json_value(texts.back(), option.kind);
  Json values = Json::array();
  for (const std::string& text : texts) values.push_back(json_value(text, option.kind));
  return values;
}

std::string shown(const Json& value) {
  return printable(value.dump(-1, ' ', false, Json::error_handler_t::replace));
}

bool in_range(const Json& value, double low, double high) {
  return value.is_number() && value.get<double>() >= low && value.get<double>() <= high;
}

std::string range_text(double low, double high) {
  return " from " + plain_number(low) + " to " + plain_number(high);
}

// Damerau-Levenshtein distance (optimal string alignment): typing slips are mostly one letter too
// many, missing, wrong, or two swapped.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> d(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) d[i][0] = i;
  std::iota(d[0].begin(), d[0].end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substitution = d[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
      d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, substitution});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
      }
    }
  }
  return d[a.size()][b.size()];
}

}  // namespace

std::string Option::key() const {
  std::string key = name;
  std::replace(key.begin(), key.end(), '-', '_');
  return key;
}

void OptionTable::add(Option option) {
  if (find_key(option.key()) != nullptr) {
    throw Error(ErrorKind::kInternal, option.flag() + " is bound twice");
  }
  option.group = group_;
  option.default_value = option.get();
  options_.push_back(std::move(option));
}

void OptionTable::flag(std::string name, bool* target, std::string help) {
  Option option = named(std::move(name), "", std::move(help));
  option.kind = Option::Kind::kFlag;
  option.set = [target](const Json& value) -> Expected {
    if (!value.is_boolean()) return "true or false";
    *target = value.get<bool>();
    return {};
  };
  option.get = [target] { return Json(*target); };
  add(std::move(option));
}

void OptionTable::text(std::string name, std::string value, std::string* target, std::string help) {
  Option option = named(std::move(name), std::move(value), std::move(help));
  option.set = [target](const Json& json) -> Expected {
    if (!json.is_string() || json.get_ref<const std::string&>().empty()) return "a text";
    *target = json.get<std::string>();
    return {};
  };
  option.get = [target] { return target->empty() ? Json(nullptr) : Json(*target); };
  add(std::move(option));
}

void OptionTable::bytes(std::string name, std::uint64_t* target, std::string help) {
  Option option = named(std::move(name), "SIZE", std::move(help));
  option.set = [target](const Json& json) -> Expected {
    const std::optional<std::uint64_t> size =
        json.is_number_unsigned() ? std::optional(json.get<std::uint64_t>())
        : json.is_string()        ? parse_size(json.get_ref<const std::string&>())
                                  : std::nullopt;
    if (!size) return "a size like 500MB or 2GB";
    *target = *size;
    return {};
  };
  option.get = [target] { return Json(*target); };
  add(std::move(option));
}

void OptionTable::positional(std::string name, std::string value, std::string* target,
                             std::string help) {
  text(std::move(name), std::move(value), target, std::move(help));
  options_.back().positional = true;
}

void OptionTable::positionals(std::string name, std::string value, std::vector<std::string>* target,
                              std::string help) {
  texts(std::move(name), std::move(value), target, std::move(help));
  options_.back().positional = true;
}

void OptionTable::choice(std::string name, std::vector<std::string> choices,
                         std::function<void(const std::string&)> set,
                         std::function<std::string()> get, std::string help) {
  Option option = named(std::move(name), joined(choices, "|", "|"), std::move(help));
  option.set = [choices, set = std::move(set)](const Json& json) -> Expected {
    if (!json.is_string() || std::ranges::find(choices, json.get<std::string>()) == choices.end()) {
      return joined(choices, ", ", " or ") +
             (json.is_string() ? did_you_mean(json.get<std::string>(), choices) : "");
    }
    set(json.get<std::string>());
    return {};
  };
  option.get = [get = std::move(get)] { return Json(get()); };
  add(std::move(option));
}

void OptionTable::choice(std::string name, std::vector<std::string> choices, std::string* target,
                         std::string help) {
  choice(
      std::move(name), std::move(choices), [target](const std::string& value) { *target = value; },
      [target] { return *target; }, std::move(help));
}

void OptionTable::texts(std::string name, std::string value, std::vector<std::string>* target,
                        std::string help) {
  Option option = named(std::move(name), std::move(value), std::move(help));
  option.list = true;
  option.set = [target](const Json& json) -> Expected {
    const bool texts = json.is_array() && std::ranges::all_of(json, [](const Json& item) {
                         return item.is_string() && !item.get_ref<const std::string&>().empty();
                       });
    if (!texts) return "a list of texts, none of them empty";
    *target = json.get<std::vector<std::string>>();
    return {};
  };
  option.get = [target] { return Json(*target); };
  add(std::move(option));
}

void OptionTable::add_number(std::string name, std::string value, double low, double high,
                             std::string help, std::function<void(double)> set,
                             std::function<Json()> get) {
  Option option = named(std::move(name), std::move(value), std::move(help));
  option.kind = Option::Kind::kNumber;
  option.set = [low, high, set = std::move(set)](const Json& json) -> Expected {
    if (!in_range(json, low, high)) return "a number" + range_text(low, high);
    set(json.get<double>());
    return {};
  };
  option.get = std::move(get);
  add(std::move(option));
}

void OptionTable::number(std::string name, std::string value, double* target, double low,
                         double high, std::string help) {
  add_number(
      std::move(name), std::move(value), low, high, std::move(help),
      [target](double number) { *target = number; }, [target] { return Json(*target); });
}

void OptionTable::number(std::string name, std::string value, std::optional<double>* target,
                         double low, double high, std::string help) {
  add_number(
      std::move(name), std::move(value), low, high, std::move(help),
      [target](double number) { *target = number; },
      [target] { return *target ? Json(**target) : Json(nullptr); });
}

void OptionTable::numbers(std::string name, std::string value, std::vector<double>* target,
                          double low, double high, std::string help) {
  Option option = named(std::move(name), std::move(value), std::move(help));
  option.kind = Option::Kind::kNumber;
  option.list = true;
  const bool optional = target->empty();
  option.set = [=](const Json& json) -> Expected {
    const bool numbers =
        json.is_array() && (optional || !json.empty()) &&
        std::ranges::all_of(json, [=](const Json& item) { return in_range(item, low, high); });
    if (!numbers) return "a list of numbers" + range_text(low, high);
    *target = json.get<std::vector<double>>();
    return {};
  };
  option.get = [target] { return Json(*target); };
  add(std::move(option));
}

void OptionTable::add_integer(std::string name, std::string value, std::int64_t low,
                              std::int64_t high, std::string help,
                              std::function<void(std::int64_t)> set, std::function<Json()> get) {
  Option option = named(std::move(name), std::move(value), std::move(help));
  option.kind = Option::Kind::kNumber;
  option.set = [low, high, set = std::move(set)](const Json& json) -> Expected {
    const bool fits = json.is_number_integer() && json <= high && json >= low;
    if (!fits) return "an integer from " + std::to_string(low) + " to " + std::to_string(high);
    set(json.get<std::int64_t>());
    return {};
  };
  option.get = std::move(get);
  add(std::move(option));
}

void OptionTable::require(const std::vector<std::string>& names) {
  for (Option& option : options_) {
    option.required |= std::ranges::find(names, option.name) != names.end();
  }
}

const Option* OptionTable::find_key(std::string_view key) const {
  const auto found =
      std::ranges::find_if(options_, [&](const Option& option) { return option.key() == key; });
  return found == options_.end() ? nullptr : &*found;
}

void OptionTable::apply(const GivenFlags& flags, const Json& config, std::string_view config_name) {
  std::vector<std::string> keys;
  for (const Option& option : options_) keys.push_back(option.key());
  for (const auto& [key, value] : config.items()) {
    if (find_key(key) == nullptr) {
      usage_error(printable(config_name) + ": unknown key \"" + printable(key) + "\"" +
                  did_you_mean(key, keys));
    }
  }
  for (const Option& option : options_) {
    const auto given = flags.find(option.name);
    const bool on_line = given != flags.end();
    // null in a config file stands for "not given", as effective() writes it.
    if (!on_line && (!config.contains(option.key()) || config[option.key()].is_null())) continue;
    const Json value = on_line ? json_value(option, given->second) : config[option.key()];
    if (const Expected expected = option.set(value)) {
      const std::string place =
          on_line ? option.flag() : printable(config_name) + ": " + option.key();
      usage_error(place + ": found " + shown(value) + ", expected " + *expected);
    }
  }
  check();
}

void OptionTable::check() const {
  for (const Option& option : options_) {
    if (option.required && option.get().empty()) {
      usage_error((option.positional ? option.value : option.flag() + " " + option.value) +
                  " is missing: " + option.help);
    }
  }
  for (const auto& names : exclusive_) {
    std::vector<std::string> given;
    for (const Option& option : options_) {
      if (std::ranges::find(names, option.name) != names.end() &&
          option.get() != option.default_value) {
        given.push_back(option.flag());
      }
    }
    if (given.size() > 1)
      usage_error("only one of " + joined(given, ", ", " and ") + " can be given");
  }
}

Json OptionTable::effective() const {
  Json json = Json::object();
  for (const Option& option : options_) json[option.key()] = option.get();
  return json;
}

std::string nearest(std::string_view text, const std::vector<std::string>& candidates) {
  std::string best;
  std::size_t best_distance = std::max<std::size_t>(2, text.size() / 3) + 1;
  for (const std::string& candidate : candidates) {
    const std::size_t distance = edit_distance(text, candidate);
    if (distance < best_distance && distance < candidate.size()) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

std::string did_you_mean(std::string_view text, const std::vector<std::string>& candidates) {
  const std::string near = nearest(text, candidates);
  return near.empty() ? "" : "; did you mean " + near + "?";
}

}  // namespace finemix
