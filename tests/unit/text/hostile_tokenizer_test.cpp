// tests/hostile/tokenizer/: each directory breaks one rule, and expected.tsv says how it is
// refused.
#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "../io/io_testing.h"
#include "finemix/core/error.h"
#include "finemix/io/json.h"
#include "finemix/text/tokenizer.h"
#include "processor_time.h"

namespace finemix {
namespace {

const std::filesystem::path kCorpus = FINEMIX_SOURCE_DIR "/tests/hostile/tokenizer";

struct Rule {
  std::string path;
  std::string kind;
  std::string message;
};

std::vector<Rule> rules() {
  std::ifstream table(kCorpus / "expected.tsv");
  std::vector<Rule> rules;
  std::string line;
  std::getline(table, line);  // the names of the columns
  while (std::getline(table, line)) {
    std::istringstream cells(line);
    Rule rule;
    std::getline(cells, rule.path, '\t');
    std::getline(cells, rule.kind, '\t');
    std::getline(cells, rule.message);
    rules.push_back(rule);
  }
  return rules;
}

std::string kind_name(ErrorKind kind) {
  return kind == ErrorKind::kMalformed ? "malformed" : kind == ErrorKind::kFile ? "file" : "other";
}

// Megabytes; of the process's peak since the last reset.
double peak_memory() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    if (word == "VmHWM:" && status >> word) return std::stod(word) / 1024;
  }
  return 0;
}

void reset_peak_memory() { std::ofstream("/proc/self/clear_refs") << "5"; }

TEST(HostileTokenizer, EachIsRefusedAsTheTableSays) {
  for (const Rule& rule : rules()) {
    try {
      load_tokenizer(kCorpus / rule.path);
      ADD_FAILURE() << rule.path << " is accepted";
    } catch (const Error& error) {
      EXPECT_EQ(kind_name(error.kind()), rule.kind) << rule.path;
      EXPECT_NE(std::string_view(error.what()).find(rule.message), std::string_view::npos)
          << rule.path << ": " << error.what();
      EXPECT_NE(std::string_view(error.what()).find(rule.path + "/"), std::string_view::npos)
          << "names no file: " << error.what();
      EXPECT_LT(std::string_view(error.what()).size(), 2'000u) << rule.path;
    }
  }
}

TEST(HostileTokenizer, NoneTakesLongOrMuchMemory) {
  for (const Rule& rule : rules()) {
    reset_peak_memory();
    const double before = peak_memory();
    const double start = testing::processor_seconds();
    EXPECT_THROW(load_tokenizer(kCorpus / rule.path), Error);
    const double milliseconds = 1e3 * (testing::processor_seconds() - start);
    EXPECT_LE(milliseconds, 100) << rule.path;
    EXPECT_LE(peak_memory() - before, 128) << rule.path;
  }
}

constexpr std::string_view kVocabulary = "[UNK]\n[CLS]\n[SEP]\na\n";

TEST(HostileTokenizer, ManyAddedTokensAreReadInLinearTime) {
  std::string tokens;
  for (int i = 0; i < 120'000; ++i) {
    tokens += (i == 0 ? "{\"t" : ", \"t") + std::to_string(i) + "\": " + std::to_string(4 + i);
  }
  const testing::TemporaryDirectory directory;
  testing::write_file(directory / "vocab.txt", kVocabulary);
  testing::write_file(directory / "added_tokens.json", tokens + "}");
  const double start = testing::processor_seconds();
  EXPECT_EQ(load_tokenizer(directory.path())->vocabulary_size(), 120'004u);
  EXPECT_LT(testing::processor_seconds() - start, 3);
}

TEST(HostileTokenizer, ALongVocabularyIsRefusedBeforeMuchIsBuiltOfIt) {
  constexpr int kTokens = 20'000;
  std::string lines(kVocabulary);
  for (int i = 0; i < kTokens; ++i) {
    const std::string number = std::to_string(i);
    lines += number + std::string(500 - number.size(), 'x') + "\n";
  }
  const testing::TemporaryDirectory directory;
  testing::write_file(directory / "vocab.txt", lines);
  reset_peak_memory();
  const double before = peak_memory();
  testing::expect_error(ErrorKind::kMalformed, {"vocab.txt", "expected at most 8388608"},
                        [&] { load_tokenizer(directory.path()); });
  EXPECT_LE(peak_memory() - before, 128);
}

// A file that steps back and forth over its own growth; a text of this length is in any data set.
TEST(HostileTokenizer, ATextIsRefusedBeforeItGrowsBeyondMemory) {
  const testing::TemporaryDirectory directory;
  const auto file = std::filesystem::path(FINEMIX_TEST_DATA "/text/spm_small/tokenizer.json");
  Json json = read_json_file(file);
  Json step = {
      {"type", "Replace"}, {"pattern", {{"String", "a"}}}, {"content", std::string(32, 'a')}};
  json["normalizer"] = {{"type", "Sequence"}, {"normalizers", {step, step}}};
  testing::write_file(directory / "tokenizer.json", json.dump());
  const auto tokenizer = load_tokenizer(directory.path());
  EXPECT_FALSE(tokenizer->pieces("a").empty());
  const std::string text(100'000, 'a');
  reset_peak_memory();
  const double before = peak_memory();
  testing::expect_error(ErrorKind::kMalformed,
                        {(directory / "tokenizer.json").native(), "of a text of 100000"},
                        [&] { tokenizer->pieces(text); });
  EXPECT_LE(peak_memory() - before, 64);
}

TEST(HostileTokenizer, TheTableNamesEachDirectoryOnce) {
  std::set<std::string> named;
  for (const Rule& rule : rules()) EXPECT_TRUE(named.insert(rule.path).second) << rule.path;
  std::set<std::string> there;
  for (const auto& entry : std::filesystem::directory_iterator(kCorpus)) {
    if (entry.is_directory()) there.insert(entry.path().filename());
  }
  EXPECT_EQ(named, there);
  EXPECT_GE(named.size(), 90u);
}

}  // namespace
}  // namespace finemix
