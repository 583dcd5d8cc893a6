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

// The first table under a title of a page of tables.
std::string table_under(const std::string& title, const std::filesystem::path& tables) {
  std::ifstream file(tables);
  std::string table;
  bool under = false;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with('#')) under = line.substr(line.find(' ') + 1) == title;
    if (under && line.starts_with('|')) {
      table += line + "\n";
    } else if (!table.empty()) {
      break;
    }
  }
  return table;
}

TEST_F(Results, TablesOfThePageAreThoseOfTheRecords) {
  std::ifstream page(docs() / "results.md");
  const std::regex mark("<!-- table ([a-z0-9-]+): (.*) -->");
  std::size_t tables = 0;
  for (std::string line; std::getline(page, line);) {
    EXPECT_FALSE(line.starts_with('|')) << "in no table of a record:\n" << line;
    std::smatch match;
    if (!std::regex_match(line, match, mark)) continue;
    ++tables;
    const std::string name = match[1], title = match[2];
    std::string shown;
    while (std::getline(page, line) && line.starts_with('|')) shown += line + "\n";
    const std::string table = table_under(title, tables_of(docs() / "results" / name));
    EXPECT_NE(table, "") << title;
    EXPECT_TRUE(shown == table) << title << " is stale: run scripts/results";
  }
  EXPECT_GT(tables, 0u);
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
  for (const auto& entry : std::filesystem::recursive_directory_iterator(docs() / "results")) {
    if (entry.path().extension() != ".svg") continue;
    const std::string shown =
        "](" + std::filesystem::relative(entry.path(), docs()).generic_string() + ")";
    EXPECT_CONTAINS(page, shown);
  }
}

}  // namespace
}  // namespace finemix
