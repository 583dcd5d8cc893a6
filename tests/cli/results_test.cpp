#include <regex>

#include "cli_test.h"

namespace finemix {
namespace {

using Results = CliTest;

std::filesystem::path docs() { return std::filesystem::path(FINEMIX_SOURCE_DIR) / "docs"; }

std::vector<std::filesystem::path> records() {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(docs() / "results")) {
    if (entry.path().extension() == ".json") files.push_back(entry.path());
  }
  return files;
}

// The tables of a record as they are committed beside it.
std::filesystem::path tables_of(std::filesystem::path record) {
  return record.replace_extension(".md");
}

TEST_F(Results, TablesAreWhatTheRecordsSay) {
  ASSERT_FALSE(records().empty());
  for (const auto& record : records()) {
    const Outcome outcome = run({"report", record.string(), "--format", "markdown"});
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_TRUE(outcome.out == read_file(tables_of(record)))
        << tables_of(record) << " is stale: run scripts/results";
    EXPECT_LACKS(outcome.out, "missing");  // no cell is left out
  }
}

TEST_F(Results, EveryRowOfThePageIsInTheTables) {
  std::set<std::string> known;
  for (const auto& record : records()) {
    std::ifstream file(tables_of(record));
    for (std::string line; std::getline(file, line);) known.insert(line);
  }
  std::ifstream page(docs() / "results.md");
  std::size_t rows = 0;
  for (std::string line; std::getline(page, line);) {
    if (!line.starts_with("| ") || line.starts_with("| ---")) continue;
    ++rows;
    EXPECT_TRUE(known.contains(line)) << "not in any table of docs/results:\n" << line;
  }
  EXPECT_GT(rows, 0u);
}

TEST_F(Results, FiguresAreWhatTheRecordsDraw) {
  for (const auto& record : records()) {
    const std::string name = record.stem().string();
    ASSERT_EQ(run({"report", record.string(), "--format", "svg", "--output", name}).exit_code, 0);
  }
  const std::string page = read_file(docs() / "results.md");
  const std::regex figure(R"(\]\(results/([a-z0-9-]+)/([^)]+\.svg)\))");
  std::size_t figures = 0;
  for (std::sregex_iterator match(page.begin(), page.end(), figure), end; match != end; ++match) {
    ++figures;
    const std::string grid = (*match)[1], name = (*match)[2];
    EXPECT_TRUE(read_file(docs() / "results" / grid / name) == read_file(path(grid + "/" + name)))
        << grid << "/" << name << " is stale: run scripts/results";
  }
  EXPECT_GT(figures, 0u);
}

}  // namespace
}  // namespace finemix
