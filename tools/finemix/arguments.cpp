#include "arguments.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <map>
#include <ranges>
#include <utility>
#include <vector>

#include "finemix/core/error.h"
#include "finemix/core/quote.h"

namespace finemix {
namespace {

[[noreturn]] void refuse(const std::string& word, const OptionTable& table) {
  if (!word.starts_with('-')) {
    throw Error(ErrorKind::kUsage, "unexpected argument " + quote(word));
  }
  std::vector<std::string> flags = {"--config", "--help"};
  for (const Option& option : table.options()) flags.push_back(option.flag());
  const std::string flag = word.substr(0, word.find('='));
  throw Error(ErrorKind::kUsage, "unknown flag " + quote(flag) + did_you_mean(flag, flags));
}

// CLI11 takes [a,b] for a list of values and drops the brackets. A guard before them keeps a text
// as it is, as a config file does.
constexpr char kGuard = '\x01';

std::string guarded(const std::string& word) {
  const bool flag = word.starts_with("--");
  const std::size_t value = flag ? word.find('=') + 1 : 0;  // npos + 1 is 0
  if (flag && value == 0) return word;
  if (value == word.size() || (word[value] != '[' && word[value] != kGuard)) return word;
  return word.substr(0, value) + kGuard + word.substr(value);
}

std::vector<std::string> unguarded(std::vector<std::string> values) {
  for (std::string& value : values) {
    if (value.starts_with(kGuard)) value.erase(0, 1);
  }
  return values;
}

}  // namespace

Arguments parse_arguments(const OptionTable& table, std::span<const std::string> words) {
  Arguments arguments;
  CLI::App app;
  app.set_help_flag();
  app.allow_extras();
  app.add_flag("-h,--help", arguments.help);
  app.add_option("--config", arguments.config);
  std::map<std::string, std::vector<std::string>> values;
  std::map<std::string, CLI::Option*> bound;
  for (const Option& option : table.options()) {
    if (option.kind == Option::Kind::kFlag) {
      bound[option.name] = app.add_flag(option.flag());
      continue;
    }
    const std::string name = option.positional ? option.name : option.flag();
    const bool many = option.list || option.positional;  // one word too many is refused below
    bound[option.name] = app.add_option(name, values[option.name])
                             ->expected(many ? -1 : 1)
                             ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  }
  // CLI11 takes the words from the back.
  std::vector<std::string> reversed;
  for (const std::string& word : words | std::views::reverse) reversed.push_back(guarded(word));
  try {
    app.parse(reversed);
  } catch (const CLI::Error& error) {
    throw Error(ErrorKind::kUsage, printable(error.what()));
  }
  if (const auto extras = unguarded(app.remaining()); !extras.empty()) {
    refuse(extras.front(), table);
  }
  arguments.config = unguarded({arguments.config}).front();
  for (auto& [name, given] : values) given = unguarded(std::move(given));
  for (const Option& option : table.options()) {
    const std::vector<std::string>& given = values[option.name];
    if (option.list || given.size() < 2) continue;
    if (option.positional) refuse(given[1], table);
    throw Error(ErrorKind::kUsage, option.flag() + " is given " + std::to_string(given.size()) +
                                       " times, expected once");
  }
  for (const auto& [name, option] : bound) {
    if (option->count() > 0) arguments.flags[name] = values[name];
  }
  return arguments;
}

}  // namespace finemix
