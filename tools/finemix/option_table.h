#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "finemix/io/json.h"

namespace finemix {

// One option of a verb: the flag --batch-size and the config key batch_size.
struct Option {
  enum class Kind { kFlag, kText, kNumber };

  std::string name;   // "batch-size"
  std::string value;  // what stands for the value in help: "N", "DIR"; empty for a flag
  std::string help;
  std::string group;
  Kind kind = Kind::kText;
  bool list = false;  // may be given several times, or with several values
  bool required = false;
  bool positional = false;  // given without its flag
  Json default_value;       // null: none
  // Takes the value from a flag or a config file, as JSON; says what was expected when it is not
  // acceptable.
  std::function<std::optional<std::string>(const Json&)> set;
  std::function<Json()> get;

  std::string flag() const { return "--" + name; }
  std::string key() const;
};

// Flags as they were given: name and values, all still text.
using GivenFlags = std::map<std::string, std::vector<std::string>>;

// The options of one verb, bound to the members of its *Options struct, whose values at binding are
// the defaults. The one source of flags, config keys, help and docs/cli.md.
class OptionTable {
 public:
  // Options that are added from here on stand under this title in help.
  void group(std::string title) { group_ = std::move(title); }

  void flag(std::string name, bool* target, std::string help);
  void text(std::string name, std::string value, std::string* target, std::string help);
  // Given without its flag.
  void positional(std::string name, std::string value, std::string* target, std::string help);
  void positionals(std::string name, std::string value, std::vector<std::string>* target,
                   std::string help);
  void choice(std::string name, std::vector<std::string> choices, std::string* target,
              std::string help);
  // For an enumeration: `set` and `get` translate between its values and their names.
  void choice(std::string name, std::vector<std::string> choices,
              std::function<void(const std::string&)> set, std::function<std::string()> get,
              std::string help);
  void texts(std::string name, std::string value, std::vector<std::string>* target,
             std::string help);
  void number(std::string name, std::string value, double* target, double low, double high,
              std::string help);
  // For one that has no default.
  void number(std::string name, std::string value, std::optional<double>* target, double low,
              double high, std::string help);
  void numbers(std::string name, std::string value, std::vector<double>* target, double low,
               double high, std::string help);
  template <std::integral T>
  void integer(std::string name, std::string value, T* target, T low, T high, std::string help) {
    add_integer(
        std::move(name), std::move(value), static_cast<std::int64_t>(low),
        static_cast<std::int64_t>(high), std::move(help),
        [target](std::int64_t number) { *target = static_cast<T>(number); },
        [target] { return Json(*target); });
  }
  // For one that has no default.
  template <std::integral T>
  void integer(std::string name, std::string value, std::optional<T>* target,
               std::type_identity_t<T> low, std::type_identity_t<T> high, std::string help) {
    add_integer(
        std::move(name), std::move(value), static_cast<std::int64_t>(low),
        static_cast<std::int64_t>(high), std::move(help),
        [target](std::int64_t number) { *target = static_cast<T>(number); },
        [target] { return *target ? Json(**target) : Json(nullptr); });
  }
  // A size in bytes: a number, or one with kB, MB, GB or TB behind it.
  void bytes(std::string name, std::uint64_t* target, std::string help);
  // For what fits none of the above.
  void add(Option option);

  // These have to be given.
  void require(const std::vector<std::string>& names);
  // At most one of these may differ from its default.
  void exclusive(std::vector<std::string> names) { exclusive_.push_back(std::move(names)); }

  const std::vector<Option>& options() const { return options_; }
  const Option* find_key(std::string_view key) const;

  // Sets options in the order in which they were bound: from `flags` where a flag was given, else
  // from `config`, an object read from `config_name`. Throws kUsage on an unknown key, with the
  // nearest known one, on a value that is not acceptable, and on what check() finds.
  void apply(const GivenFlags& flags, const Json& config, std::string_view config_name);

  // The value of every option, by config key. As a config file it gives the same run again.
  Json effective() const;

 private:
  void add_number(std::string name, std::string value, double low, double high, std::string help,
                  std::function<void(double)> set, std::function<Json()> get);
  void add_integer(std::string name, std::string value, std::int64_t low, std::int64_t high,
                   std::string help, std::function<void(std::int64_t)> set,
                   std::function<Json()> get);
  void check() const;

  std::vector<Option> options_;
  std::vector<std::vector<std::string>> exclusive_;
  std::string group_;
};

// The candidate that `text` most likely was meant to be, or "" when none is near.
std::string nearest(std::string_view text, const std::vector<std::string>& candidates);

// "; did you mean X?", or "" when nothing is near.
std::string did_you_mean(std::string_view text, const std::vector<std::string>& candidates);

}  // namespace finemix
