// Directories in the forms in which they come, against transformers' AutoTokenizer: its ids, which
// scripts/oracle/tokenizer/make_classes.py asked for.
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "../io/io_testing.h"
#include "finemix/core/error.h"
#include "finemix/io/json.h"
#include "finemix/text/tokenizer.h"

namespace finemix {
namespace {

using testing::expect_error;
using testing::read_file;
using testing::TemporaryDirectory;
using testing::write_file;

constexpr std::size_t kNoLimit = 1 << 30;
const std::filesystem::path kData = FINEMIX_TEST_DATA "/text";

std::vector<Json> read_rows() {
  std::ifstream file(kData / "classes.jsonl");
  std::vector<Json> rows;
  for (std::string line; std::getline(file, line);) rows.push_back(Json::parse(line));
  return rows;
}

std::string charsmap() {
  const Json json = Json::parse(read_file(kData / "spm/xlmr_json/tokenizer.json"));
  return json["normalizer"]["precompiled_charsmap"].get<std::string>();
}

void change_json(const Json& row, const std::filesystem::path& path) {
  using Pointer = Json::json_pointer;
  constexpr std::string_view kTable = "@charsmap";
  Json json = Json::parse(read_file(path));
  if (row.contains("set")) {
    std::string values = row["set"].dump();
    if (const std::size_t at = values.find(kTable); at != values.npos) {
      values.replace(at, kTable.size(), charsmap());
    }
    const Json set = Json::parse(values);
    for (const auto& [pointer, value] : set.items()) json[Pointer(pointer)] = value;
  }
  if (row.contains("remove")) {
    for (const Json& pointer : row["remove"]) {
      const Pointer place(pointer.get<std::string>());
      Json& parent = json[place.parent_pointer()];
      if (parent.is_array()) {
        parent.erase(std::stoul(place.back()));
      } else {
        parent.erase(place.back());
      }
    }
  }
  write_file(path, json.dump());
}

void change_lines(const Json& lines, const std::filesystem::path& path) {
  std::ifstream file(path);
  std::string changed;
  for (std::string line; std::getline(file, line);) {
    const auto found = lines.find(line);
    if (found == lines.end()) {
      changed += line + "\n";
    } else if (found->is_string()) {
      changed += found->get<std::string>() + "\n";
    }
  }
  write_file(path, changed);
}

void make_directory(const Json& row, const std::filesystem::path& directory) {
  for (const Json& file : row["keep"]) {
    const auto name = file.get<std::string>();
    std::filesystem::copy(kData / row["base"].get<std::string>() / name, directory / name);
  }
  for (const auto& [name, content] : row["write"].items()) {
    write_file(directory / name, content.dump());
  }
  if (row.contains("set") || row.contains("remove")) {
    change_json(row, directory / "tokenizer.json");
  }
  if (row.contains("lines")) change_lines(row["lines"], directory / "vocab.txt");
}

TEST(Classes, GiveTheIdsThatTransformersGives) {
  const std::vector<Json> rows = read_rows();
  ASSERT_GE(rows.size(), 80u);
  const auto texts = rows[0]["texts"].get<std::vector<std::string>>();
  for (std::size_t i = 1; i < rows.size(); ++i) {
    const Json& row = rows[i];
    if (row.contains("refused")) continue;
    SCOPED_TRACE(row["name"].get<std::string>());
    const TemporaryDirectory directory;
    make_directory(row, directory.path());
    std::shared_ptr<const Tokenizer> tokenizer;
    try {
      tokenizer = load_tokenizer(directory.path());
    } catch (const Error& error) {
      ADD_FAILURE() << error.what();
      continue;
    }
    for (std::size_t text = 0; text < texts.size(); ++text) {
      EXPECT_EQ(tokenizer->encode({texts[text], std::nullopt, -1}, kNoLimit).ids,
                row["ids"][text].get<std::vector<std::int32_t>>())
          << "text " << text;
    }
    const Encoding pair = tokenizer->encode({texts[0], texts[1], -1}, kNoLimit);
    EXPECT_EQ(pair.ids, row["pair"].get<std::vector<std::int32_t>>());
    if (row.contains("type_ids")) {
      EXPECT_EQ(pair.type_ids, row["type_ids"].get<std::vector<std::uint8_t>>());
    }
  }
}

TEST(Classes, FilesThatContradictEachOtherAreRefused) {
  std::size_t refused = 0;
  for (const Json& row : read_rows()) {
    if (!row.contains("refused")) continue;
    SCOPED_TRACE(row["name"].get<std::string>());
    const TemporaryDirectory directory;
    make_directory(row, directory.path());
    expect_error(ErrorKind::kMalformed,
                 {(directory / "tokenizer.json").native(), row["refused"].get<std::string>()},
                 [&] { load_tokenizer(directory.path()); });
    ++refused;
  }
  EXPECT_GE(refused, 1u);
}

}  // namespace
}  // namespace finemix
