#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "cost_testing.h"
#include "finemix/core/error.h"

namespace finemix::testing {

// What a table of tests/hostile expects of a file.
struct HostileRow {
  std::string kind;
  std::string message;  // a part of it
};

// By file, from lines "file, kind of error, part of the message" with tabs between.
inline std::map<std::string, HostileRow> read_hostile_table(const std::filesystem::path& path) {
  std::map<std::string, HostileRow> rows;
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  EXPECT_EQ(line, "file\terror\tmessage") << path;
  while (std::getline(file, line)) {
    const std::size_t first = line.find('\t');
    const std::size_t second = line.find('\t', first + 1);
    if (second == std::string::npos || second + 1 == line.size()) {
      ADD_FAILURE() << path << ": no three columns: " << line;
      continue;
    }
    const HostileRow row{line.substr(first + 1, second - first - 1), line.substr(second + 1)};
    EXPECT_TRUE(rows.emplace(line.substr(0, first), row).second) << "twice: " << line;
  }
  return rows;
}

// The program's exit code for a kind of error, as a table names it; 0 for others.
inline int exit_code(std::string_view kind) {
  for (const auto& [name, value] :
       {std::pair{"file", ErrorKind::kFile}, std::pair{"malformed", ErrorKind::kMalformed},
        std::pair{"mismatch", ErrorKind::kMismatch}}) {
    if (kind == name) return static_cast<int>(value);
  }
  return 0;
}

// Expects of each file (or directory) beside the table that `read` throws what its row says, in
// 100 ms of this thread's time and 128 MB of memory, and that there is one for each row.
template <typename Read>
void expect_hostile_files_refused(const std::filesystem::path& directory, const Read& read) {
  constexpr double kMaxSeconds = 0.1;
  constexpr std::uint64_t kMaxBytes = 128 << 20;
  std::map<std::string, HostileRow> rows = read_hostile_table(directory / "expected.tsv");
  ASSERT_FALSE(rows.empty());
  std::set<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    if (entry.path().filename() != "expected.tsv") names.insert(entry.path().filename());
  }
  for (const std::string& name : names) {
    SCOPED_TRACE(name);
    const auto row = rows.find(name);
    if (row == rows.end()) {
      ADD_FAILURE() << "not in expected.tsv";
      continue;
    }
    std::optional<Error> error;
    const Cost cost = cost_of([&] {
      try {
        read(directory / name);
      } catch (const Error& thrown) {
        error = thrown;
      }
    });
    EXPECT_LE(cost.seconds, kMaxSeconds);
    EXPECT_LE(cost.bytes, kMaxBytes);
    if (!error) {
      ADD_FAILURE() << "was read without an error";
    } else {
      EXPECT_EQ(error->exit_code(), exit_code(row->second.kind)) << error->what();
      EXPECT_NE(std::string_view(error->what()).find(row->second.message), std::string_view::npos)
          << "not in the message: " << row->second.message << "\nmessage: " << error->what();
      EXPECT_NE(std::string_view(error->what()).find(name.substr(0, name.find('.'))),
                std::string_view::npos)
          << "the message does not name the file: " << error->what();
      EXPECT_LT(std::string_view(error->what()).size(), 2'000u);
    }
    rows.erase(row);
  }
  for (const auto& row : rows) ADD_FAILURE() << "no file for the row of " << row.first;
}

}  // namespace finemix::testing
