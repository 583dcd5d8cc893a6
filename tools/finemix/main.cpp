#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <memory>
#include <new>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "arguments.h"
#include "finemix/core/error.h"
#include "finemix/core/quote.h"
#include "finemix/core/stop.h"
#include "finemix/record/version.h"
#include "help.h"
#include "verb.h"

namespace finemix {
namespace {

// Bound last, so that a verb's own options come first in its help.
void bind_console(OptionTable& table, ConsoleOptions* options) {
  table.group("Output");
  table.flag("json", &options->json, "print the result as JSON");
  table.flag("quiet", &options->quiet, "no progress and no log but warnings");
  table.choice("log-level", {"trace", "debug", "info", "warn", "error", "off"}, &options->log_level,
               "how much of the log is shown");
}

int run_verb(Verb& verb, ConsoleOptions& options, const std::vector<std::string>& words) {
  const Arguments arguments = parse_arguments(verb.options, std::span(words).subspan(1));
  if (arguments.help) {
    std::fputs(verb_help(verb).c_str(), stdout);
    return 0;
  }
  Json config = Json::object();
  if (!arguments.config.empty()) config = read_json_file(arguments.config);
  if (!config.is_object()) {
    throw Error(ErrorKind::kMalformed, printable(arguments.config) +
                                           ": is not a JSON object with the flags' names as keys");
  }
  verb.options.apply(arguments.flags, config, arguments.config);
  Console console(options, words, verb.options.effective());
  verb.run(console);
  return console.has_finding() ? 1 : 0;
}

int run(const std::vector<std::string>& words, std::string& program) {
  std::vector<Verb> verbs = all_verbs();
  ConsoleOptions options;
  for (Verb& verb : verbs) bind_console(verb.options, &options);

  if (words.empty()) throw Error(ErrorKind::kUsage, "a command is missing");
  const std::string& first = words.front();
  if (first == "--help" || first == "-h") {
    std::fputs(program_help(verbs).c_str(), stdout);
    return 0;
  }
  if (first == "--version") {
    std::printf("finemix %s\n", std::string(kVersion).c_str());
    return 0;
  }
  if (first == "--help-markdown") {
    std::fputs(markdown_help(verbs).c_str(), stdout);
    return 0;
  }
  const auto verb = std::ranges::find(verbs, first, &Verb::name);
  if (verb == verbs.end()) {
    std::vector<std::string> names;
    for (const Verb& known : verbs) names.push_back(known.name);
    throw Error(ErrorKind::kUsage, "unknown command " + quote(first) + did_you_mean(first, names));
  }
  program += " " + verb->name;
  return run_verb(*verb, options, words);
}

constexpr const char* kOutOfMemory =
    "out of memory; a smaller --batch-size or --max-length needs less";

// LibTorch has no exception of its own for this on a CPU.
bool is_out_of_memory(const std::string& text) {
  return text.find("can't allocate memory") != std::string::npos ||
         text.find("out of memory") != std::string::npos;
}

// What any other exception than finemix's own means to a user. LibTorch's texts end with a
// backtrace, so only their first line is shown.
Error translated(const std::exception& error) {
  const std::string text = error.what();
  if (dynamic_cast<const std::bad_alloc*>(&error) != nullptr || is_out_of_memory(text)) {
    return {ErrorKind::kFile, kOutOfMemory};
  }
  if (const auto* file = dynamic_cast<const std::filesystem::filesystem_error*>(&error)) {
    return {ErrorKind::kFile, quote(file->path1().native()) + ": " + file->code().message() +
                                  ": check that it can be read, and the disk it is on"};
  }
  return {ErrorKind::kInternal, "a bug in finemix: " + printable(text.substr(0, text.find('\n')))};
}

int report(const std::string& program, const Error& error) {
  const char* const what = is_stop(error) ? "" : "error: ";
  std::fprintf(stderr, "%s: %s%s\n", program.c_str(), what, error.what());
  if (error.kind() == ErrorKind::kUsage) {
    std::fprintf(stderr, "See %s --help\n", program.c_str());
  }
  return error.exit_code();
}

int run_and_report(int argc, char** argv) {
  std::string program = "finemix";
  try {
    install_stop_handlers();
    // A write beyond the limit on file sizes then fails, and is said, in place of ending the
    // process.
    std::signal(SIGXFSZ, SIG_IGN);
    return run({argv + std::min(argc, 1), argv + argc}, program);
  } catch (const Error& error) {
    return report(program, error);
  } catch (const std::exception& error) {
    return report(program, translated(error));
  }
}

}  // namespace
}  // namespace finemix

int main(int argc, char** argv) {
  const int status = finemix::run_and_report(argc, argv);
  // All of finemix's own objects are gone. What is left are LibTorch's static ones, which take a
  // tenth of a second to take themselves apart.
  std::fflush(nullptr);
  std::_Exit(status);
}
