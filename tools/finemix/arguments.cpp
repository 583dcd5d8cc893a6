#include "arguments.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <map>
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
    bound[option.name] = app.add_option(name, values[option.name])->expected(many ? -1 : 1);
  }
  // CLI11 takes the words from the back.
  std::vector<std::string> reversed(words.rbegin(), words.rend());
  try {
    app.parse(reversed);
  } catch (const CLI::Error& error) {
    throw Error(ErrorKind::kUsage, printable(error.what()));
  }
  if (const auto extras = app.remaining(); !extras.empty()) refuse(extras.front(), table);
  for (const Option& option : table.options()) {
    const std::vector<std::string>& given = values[option.name];
    if (option.positional && !option.list && given.size() > 1) refuse(given[1], table);
  }
  for (const auto& [name, option] : bound) {
    if (option->count() > 0) arguments.flags[name] = values[name];
  }
  return arguments;
}

}  // namespace finemix
