// The house rules of docs/architecture.md that a machine can check: which room may include which,
// where torch may be seen, and how long a file may get.

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace finemix {
namespace {

namespace fs = std::filesystem;

// What each room may use, and with it whatever that room may use in turn.
const std::map<std::string, std::set<std::string>> kArrows = {
    {"core", {}},
    {"io", {"core"}},
    {"text", {"io"}},
    {"record", {"io"}},
    {"report", {"record"}},
    {"model", {"io"}},
    {"defense", {"model", "record"}},
    {"train", {"model", "text", "record"}},
    {"eval", {"model", "text", "record"}},
    {"attack", {"train"}},
    {"pipeline", {"defense", "eval", "attack", "report"}},
    {"tools", {"pipeline"}},
};
const std::set<std::string> kTorchFree = {"core", "io", "text", "record", "report"};
constexpr std::size_t kMaxLines = 500;

bool may_use(const std::string& room, const std::string& other) {
  const auto& direct = kArrows.at(room);
  return room == other || std::any_of(direct.begin(), direct.end(), [&](const std::string& next) {
           return may_use(next, other);
         });
}

// The room that a path (relative to the project) belongs to; empty outside of all rooms.
std::string room_of(const fs::path& path) {
  std::vector<std::string> parts;
  for (const fs::path& part : path) parts.push_back(part.string());
  if (parts.front() == "tools") return "tools";
  const std::size_t depth = parts.front() == "include" ? 2 : 1;
  return parts.size() > depth + 1 && kArrows.count(parts[depth]) ? parts[depth] : "";
}

// The rules that the file `path` with the content `text` breaks, one sentence each.
std::vector<std::string> violations(const fs::path& path, const std::string& text) {
  static const std::regex include(R"re(^\s*#\s*include\s*(["<])(([^/">]*)/)?(([^/">]*)/)?)re");
  std::vector<std::string> found;
  const std::string room = room_of(path);
  std::istringstream lines(text);
  std::string line;
  std::size_t count = 0;
  bool generated = false;
  while (std::getline(lines, line)) {
    if (++count == 1) generated = line.find("enerated by") != std::string::npos;
    std::smatch match;
    if (room.empty() || !std::regex_search(line, match, include)) continue;
    const std::string first = match[3], second = match[5];
    const std::string where = path.string() + ":" + std::to_string(count) + ": ";
    if (match[1] == "<") {
      if (kTorchFree.count(room) && (first == "ATen" || first == "c10" || first == "torch")) {
        found.push_back(where + room + " is free of torch");
      }
    } else if (first == "finemix") {
      if (!kArrows.count(second)) {
        found.push_back(where + second + " is no room");
      } else if (!may_use(room, second)) {
        found.push_back(where + room + " may not use " + second);
      }
    } else if (!first.empty() && first != room) {
      found.push_back(where + "private header of " + first);
    }
  }
  if (count > kMaxLines && !generated) {
    found.push_back(path.string() + ": " + std::to_string(count) + " lines, at most " +
                    std::to_string(kMaxLines) + " are allowed");
  }
  return found;
}

std::vector<fs::path> sources() {
  const fs::path root = FINEMIX_SOURCE_DIR;
  std::vector<fs::path> files;
  for (const char* folder : {"include", "src", "tools", "tests", "bench"}) {
    for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
      const fs::path extension = entry.path().extension();
      if (extension == ".h" || extension == ".cpp")
        files.push_back(entry.path().lexically_relative(root));
    }
  }
  return files;
}

TEST(Structure, EverySourceKeepsTheRules) {
  const std::vector<fs::path> files = sources();
  ASSERT_GT(files.size(), 50U);
  for (const fs::path& path : files) {
    std::ifstream file(fs::path(FINEMIX_SOURCE_DIR) / path);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    for (const std::string& violation : violations(path, text)) ADD_FAILURE() << violation;
  }
}

TEST(Structure, ForbiddenArrowsAreFound) {
  EXPECT_EQ(violations("src/io/bytes.cpp", "#include \"finemix/text/dataset.h\"\n"),
            std::vector<std::string>{"src/io/bytes.cpp:1: io may not use text"});
  EXPECT_EQ(
      violations("include/finemix/model/config.h", "\n#include \"finemix/train/trainer.h\"\n"),
      std::vector<std::string>{"include/finemix/model/config.h:2: model may not use train"});
  EXPECT_EQ(
      violations("src/model/kernels/dropout.cpp", "#include \"finemix/eval/metrics.h\"\n").size(),
      1U);
  EXPECT_EQ(violations("src/report/table.cpp", "#include \"finemix/tools/verb.h\"\n").size(), 1U);
  EXPECT_EQ(violations("src/report/table.cpp", "#include \"finemix/nowhere/x.h\"\n").size(), 1U);
}

TEST(Structure, PrivateHeadersStayInTheirRoom) {
  EXPECT_EQ(violations("tools/finemix/mix.cpp", "#include \"io/json_parse.h\"\n").size(), 1U);
  EXPECT_EQ(violations("src/text/dataset.cpp", "#include \"io/json_parse.h\"\n").size(), 1U);
  EXPECT_TRUE(violations("src/io/json.cpp", "#include \"io/json_parse.h\"\n").empty());
  EXPECT_TRUE(violations("tools/finemix/mix.cpp", "#include \"verb.h\"\n").empty());
}

TEST(Structure, TorchIsFoundWhereItMayNotBe) {
  EXPECT_EQ(violations("src/record/rate.cpp", "#include <ATen/core/Tensor.h>\n"),
            std::vector<std::string>{"src/record/rate.cpp:1: record is free of torch"});
  EXPECT_EQ(violations("include/finemix/core/random.h", "# include <c10/core/Device.h>\n").size(),
            1U);
  EXPECT_TRUE(violations("src/model/encoder.cpp", "#include <ATen/core/Tensor.h>\n").empty());
}

TEST(Structure, AllowedArrowsPass) {
  EXPECT_TRUE(violations("src/attack/attack.cpp",
                         "#include <vector>\n#include \"finemix/train/trainer.h\"\n"
                         "#include \"finemix/core/random.h\"\n#include \"attack/poison.h\"\n")
                  .empty());
  EXPECT_TRUE(violations("src/base_pch.h", "#include <nlohmann/json.hpp>\n").empty());
}

TEST(Structure, LongFilesAreFoundUnlessGenerated) {
  const std::string body(kMaxLines, '\n');
  EXPECT_TRUE(violations("src/text/a.cpp", body).empty());
  EXPECT_EQ(violations("src/text/a.cpp", body + "\n").size(), 1U);
  EXPECT_TRUE(violations("src/text/a.cpp", "// Generated by make.py\n" + body).empty());
}

}  // namespace
}  // namespace finemix
