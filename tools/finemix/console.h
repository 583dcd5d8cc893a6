#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "finemix/core/progress.h"
#include "finemix/io/json.h"

namespace finemix {

struct ConsoleOptions {
  bool json = false;
  bool quiet = false;
  std::string log_level = "info";
};

// Where a verb's results, log and progress go: results to stdout, everything else to stderr.
// Progress is a bar on a terminal, and a few lines of log elsewhere.
class Console {
 public:
  // `words` is the command line without the program's name, `config` the effective configuration,
  // recorded beside every result.
  Console(const ConsoleOptions& options, std::vector<std::string> words, Json config);
  ~Console();
  Console(const Console&) = delete;
  Console& operator=(const Console&) = delete;

  const std::vector<std::string>& words() const { return words_; }
  const Json& config() const { return config_; }
  bool json() const { return options_.json; }
  Progress& progress();
  // Whether results may be coloured: stdout is a terminal and NO_COLOR is not set.
  bool color() const;

  // Part of a result in plain text; throws kFile when stdout takes no more.
  void write(std::string_view text);
  // The verb did what it was asked to, and has found what a script must not pass over: exit code 1.
  void found_something() { found_something_ = true; }
  bool has_finding() const { return found_something_; }
  // The result of a verb: with --json the record, else the text. Throws as write() does.
  void result(Json record, std::string_view text);

 private:
  class TerminalProgress;

  ConsoleOptions options_;
  std::vector<std::string> words_;
  Json config_;
  std::unique_ptr<TerminalProgress> progress_;
  bool found_something_ = false;
};

}  // namespace finemix
