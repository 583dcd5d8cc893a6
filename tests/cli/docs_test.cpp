#include "../unit/record/sweep_testing.h"
#include "cli_test.h"

namespace finemix {
namespace {

using Docs = CliTest;

std::filesystem::path page() { return std::filesystem::path(FINEMIX_SOURCE_DIR) / "docs/cli.md"; }

TEST_F(Docs, ThePageIsWhatTheOptionTablesSay) {
  const Outcome outcome = run({"--help-markdown"});
  ASSERT_EQ(outcome.exit_code, 0);
  EXPECT_TRUE(outcome.out == read_file(page()))
      << "docs/cli.md is stale: run `finemix --help-markdown > docs/cli.md`";
}

// The commands of the page's examples, in its order, each on one line.
std::vector<std::string> examples() {
  std::vector<std::string> commands;
  std::ifstream file(page());
  bool inside = false;
  for (std::string line; std::getline(file, line);) {
    if (line == "```") {
      inside = !inside;
      if (inside) commands.emplace_back();
    } else if (inside) {
      commands.back() += line.ends_with('\\') ? line.substr(0, line.size() - 1) : line;
    }
  }
  return commands;
}

std::vector<std::string> words_of(const std::string& command) {
  std::istringstream stream(command);
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

TEST_F(Docs, EveryExampleWorks) {
  std::filesystem::copy(path("bert"), path("suspect"));
  std::filesystem::copy(path("clean.tsv"), path("texts.tsv"));
  int examples_run = 0;
  for (const std::string& command : examples()) {
    std::vector<std::string> words = words_of(command);
    ASSERT_GE(words.size(), 2u) << command;
    ASSERT_EQ(words[0], "finemix");
    words.erase(words.begin());
    if (words[0] == "demo" || words[0] == "sweep") continue;  // take minutes
    // The tiny model has 64 positions, and the examples' outputs are each other's inputs.
    if (words[0] != "inspect" && words[0] != "verify" && words[0] != "report")
      words.insert(words.end(), {"--max-length", "32", "--quiet"});
    // Another example's suspect, which was copied there.
    if (words[0] == "attack") std::filesystem::remove_all(path("suspect"));
    if (words[0] == "compare") {
      words.insert(words.end(), {"--methods", "fine-tuning", "--seeds", "1", "--clean-sizes", "8"});
    }
    const Outcome outcome = run(words);
    EXPECT_EQ(outcome.exit_code, 0) << command << "\n" << outcome.err;
    EXPECT_NE(outcome.out, "") << command;
    ++examples_run;
  }
  EXPECT_EQ(examples_run, 12);
}

}  // namespace
}  // namespace finemix
