// docs/hostile-input.md has a row for each row of tests/hostile/*/expected.tsv. With
// FINEMIX_UPDATE_PAGES set, the test writes them.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <set>
#include <sstream>
#include <string>

#include "../unit/io/hostile_testing.h"
#include "../unit/io/io_testing.h"

namespace finemix {
namespace {

using testing::HostileRow;

const std::filesystem::path kPage = FINEMIX_SOURCE_DIR "/docs/hostile-input.md";
const std::filesystem::path kHostile = FINEMIX_SOURCE_DIR "/tests/hostile";

// As a code span of a table's cell.
std::string code(std::string text) {
  for (std::size_t at = 0; (at = text.find('|', at)) != text.npos; at += 2) text.insert(at, "\\");
  const std::string quotes = text.find('`') == text.npos ? "`" : "``";
  return quotes + text + quotes;
}

std::string rule(std::string file) {
  file.resize(std::min(file.find('.'), file.size()));
  std::replace(file.begin(), file.end(), '_', ' ');
  return file;
}

std::string rows_of(const std::string& folder) {
  std::string rows = "| rule | file | message | exit code |\n| --- | --- | --- | --- |\n";
  for (const auto& [file, row] : testing::read_hostile_table(kHostile / folder / "expected.tsv")) {
    rows += "| " + rule(file) + " | " + code(file) + " | " + code(row.message) + " | " +
            std::to_string(testing::exit_code(row.kind)) + " |\n";
  }
  return rows;
}

// The page, with the rows below each line "<!-- tests/hostile/FOLDER -->" made anew.
std::string with_rows(const std::string& page, std::set<std::string>& folders) {
  constexpr std::string_view kMark = "<!-- tests/hostile/";
  std::istringstream lines(page);
  std::string made;
  bool below_mark = false;
  for (std::string line; std::getline(lines, line);) {
    below_mark = below_mark && line.starts_with('|');
    if (below_mark) continue;
    made += line + "\n";
    if (!line.starts_with(kMark)) continue;
    below_mark = true;
    const std::string folder =
        line.substr(kMark.size(), line.find(' ', kMark.size()) - kMark.size());
    folders.insert(folder);
    made += rows_of(folder);
  }
  return made;
}

TEST(HostilePage, HasEveryRule) {
  const std::string page = testing::read_file(kPage);
  std::set<std::string> folders;
  const std::string made = with_rows(page, folders);
  if (std::getenv("FINEMIX_UPDATE_PAGES") != nullptr) {
    testing::write_file(kPage, made);
    GTEST_SKIP() << "FINEMIX_UPDATE_PAGES: docs/hostile-input.md was written, not checked";
  }
  EXPECT_TRUE(made == page) << "docs/hostile-input.md is stale: run this test with "
                               "FINEMIX_UPDATE_PAGES=1, which writes it";
  const std::vector<std::string> all = testing::names_in(kHostile);
  EXPECT_EQ(folders, std::set<std::string>(all.begin(), all.end()));
}

}  // namespace
}  // namespace finemix
