#include "help.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "finemix/core/number.h"
#include "finemix/record/version.h"
#include "finemix/report/text.h"

namespace finemix {
namespace {

constexpr std::size_t kWidth = 100;
constexpr std::size_t kHelpColumn = 30;

constexpr std::string_view kWhat =
    "Finds backdoors in fine-tuned text classifiers, and takes them out by mixing weights with the "
    "pre-trained ones, distillation and embedding purification.";

constexpr std::string_view kConfigHelp =
    "JSON with the same keys as the flags (--batch-size is batch_size); flags win";

constexpr std::array<std::pair<int, const char*>, 9> kExitCodes = {{
    {0, "done, gates met, nothing suspicious"},
    {1, "a finding: a gate failed, or scan or verify found something"},
    {2, "a flag or a config key is wrong, or some do not go together"},
    {3, "a file is missing or unreadable, or the disk is full"},
    {4, "an input file breaks its format"},
    {5, "inputs that do not belong together: shapes, vocabularies, labels"},
    {6, "NaN, Inf or divergence"},
    {70, "a bug in finemix"},
    {130, "interrupted (143: terminated)"},
}};

// Words of `text` in lines that begin at column `indent`; the first line has no indent of its own.
std::string wrapped(std::string_view text, std::size_t indent) {
  std::string result;
  std::size_t column = indent;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(text.size(), word.size() + 1));
    const std::size_t width = display_width(word);
    if (column > indent && column + 1 + width > kWidth) {
      result += "\n" + std::string(indent, ' ');
      column = indent;
    }
    if (column > indent) {
      result += " ";
      ++column;
    }
    result += word;
    column += width;
  }
  return result;
}

std::string indented(std::string_view lines) {
  std::string text = "  ";
  for (const char c : lines) text += c == '\n' ? "\n  " : std::string(1, c);
  return text;
}

std::string entry(const std::string& left, std::string_view right) {
  const std::string margin = "  " + left;
  const std::size_t width = display_width(margin);
  const std::string gap = width + 2 > kHelpColumn ? "\n" + std::string(kHelpColumn, ' ')
                                                  : std::string(kHelpColumn - width, ' ');
  return margin + gap + wrapped(right, kHelpColumn) + "\n";
}

std::string usage_line(const Verb& verb) {
  std::string line = "finemix " + verb.name;
  for (const Option& option : verb.options.options()) {
    if (option.required)
      line += " " + (option.positional ? "" : option.flag() + " ") + option.value;
  }
  return line + " [OPTIONS]";
}

std::string synopsis(const Option& option) {
  if (option.positional) return option.value;
  std::string text = option.flag();
  if (!option.value.empty()) text += " " + option.value;
  if (option.list) text += "…";
  return text;
}

// "", "required", or the default as a person would type it.
std::string default_text(const Option& option) {
  if (option.required) return "required";
  const Json& value = option.default_value;
  if (value.is_null() || value.is_boolean() || value.empty()) return "";
  std::string text;
  for (const Json& item : value.is_array() ? value : Json::array({value})) {
    text += text.empty() ? "" : " ";
    text += item.is_string()         ? item.get<std::string>()
            : item.is_number_float() ? plain_number(item.get<double>())
                                     : item.dump();
  }
  return text;
}

std::string option_help(const Option& option) {
  const std::string value = default_text(option);
  if (value.empty()) return option.help;
  return option.help + " [" + (option.required ? "" : "default ") + value + "]";
}

std::string markdown_cell(std::string text) {
  for (std::size_t at = 0; (at = text.find('|', at)) != std::string::npos; at += 2) {
    text.insert(at, "\\");
  }
  return text;
}

std::string markdown_verb(const Verb& verb) {
  std::string text = "## finemix " + verb.name + "\n\n" + verb.summary + ". " + verb.details +
                     "\n\n```\n" + verb.example + "\n```\n\n";
  std::string group;
  for (const Option& option : verb.options.options()) {
    if (option.group != group) {
      text += (group.empty() ? "" : "\n") + ("| " + option.group) +
              " | default | |\n| --- | --- | --- |\n";
      group = option.group;
    }
    text += "| `" + markdown_cell(synopsis(option)) + "` | " + markdown_cell(default_text(option)) +
            " | " + markdown_cell(option.help) + " |\n";
  }
  return text;
}

}  // namespace

std::string program_help(std::span<const Verb> verbs) {
  std::string text = "finemix " + std::string(kVersion) + "\n" + wrapped(kWhat, 0) +
                     "\n\nUsage: finemix COMMAND [OPTIONS]\n\nCommands\n";
  for (const Verb& verb : verbs) text += entry(verb.name, verb.summary);
  text +=
      "\nfinemix COMMAND --help says more, with an example. finemix --version tells the "
      "version.\n\nExit codes\n";
  for (const auto& [code, meaning] : kExitCodes) text += entry(std::to_string(code), meaning);
  return text;
}

std::string verb_help(const Verb& verb) {
  std::string text = "finemix " + verb.name + ": " + verb.summary +
                     ".\n\nUsage: " + usage_line(verb) + "\n\n" + wrapped(verb.details, 0) +
                     "\n\nExample\n" + indented(verb.example) + "\n";
  std::string group;
  for (const Option& option : verb.options.options()) {
    if (option.group != group) text += "\n" + option.group + "\n";
    group = option.group;
    text += entry(synopsis(option), option_help(option));
  }
  return text + entry("--config FILE", kConfigHelp) + entry("--help", "this text");
}

std::string markdown_help(std::span<const Verb> verbs) {
  std::string text =
      "# Command line\n\nWritten by `finemix --help-markdown`: change the option tables in "
      "`tools/finemix`, not this page.\n\nEvery command also takes `--config FILE`: " +
      std::string(kConfigHelp) +
      ". Unknown keys are refused. Results go to stdout (`--json` for machines), progress and log "
      "to stderr.\n\n| exit code | meaning |\n| --- | --- |\n";
  for (const auto& [code, meaning] : kExitCodes) {
    text += "| " + std::to_string(code) + " | " + meaning + " |\n";
  }
  for (const Verb& verb : verbs) text += "\n" + markdown_verb(verb);
  return text;
}

}  // namespace finemix
