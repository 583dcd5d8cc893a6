// Files and directories that break one rule each, against the tables beside them of what is said of
// each. Of the sentencepiece models, scripts/oracle/tokenizer/make_hostile_spm.py makes them.
#include <gtest/gtest.h>

#include "../io/hostile_testing.h"
#include "finemix/text/spm_model.h"
#include "finemix/text/tokenizer.h"

namespace finemix {
namespace {

using testing::expect_hostile_files_refused;

const std::filesystem::path kHostile = FINEMIX_SOURCE_DIR "/tests/hostile";

TEST(HostileTokenizers, SpmModels) {
  expect_hostile_files_refused(kHostile / "spm",
                               [](const std::filesystem::path& path) { read_spm_model(path); });
}

TEST(HostileTokenizers, UnigramTokenizerJson) {
  expect_hostile_files_refused(kHostile / "unigram_json",
                               [](const std::filesystem::path& path) { load_tokenizer(path); });
}

TEST(HostileTokenizers, SpmDirectoriesOfFamilies) {
  expect_hostile_files_refused(kHostile / "spm_family",
                               [](const std::filesystem::path& path) { load_tokenizer(path); });
}

TEST(HostileTokenizers, Directories) {
  expect_hostile_files_refused(kHostile / "tokenizer",
                               [](const std::filesystem::path& path) { load_tokenizer(path); });
}

}  // namespace
}  // namespace finemix
