// Files that break one rule each (scripts/oracle/tokenizer/make_hostile_spm.py), against the tables
// beside them of what is said of each.
#include <gtest/gtest.h>

#include "../io/hostile_testing.h"
#include "finemix/text/spm_model.h"
#include "finemix/text/tokenizer.h"

namespace finemix {
namespace {

using testing::expect_hostile_files_refused;

const std::filesystem::path kHostile = FINEMIX_SOURCE_DIR "/tests/hostile";

TEST(HostileSpm, Models) {
  expect_hostile_files_refused(kHostile / "spm",
                               [](const std::filesystem::path& path) { read_spm_model(path); });
}

TEST(HostileSpm, UnigramTokenizerJson) {
  expect_hostile_files_refused(kHostile / "unigram_json",
                               [](const std::filesystem::path& path) { load_tokenizer(path); });
}

TEST(HostileSpm, DirectoriesOfFamilies) {
  expect_hostile_files_refused(kHostile / "spm_family",
                               [](const std::filesystem::path& path) { load_tokenizer(path); });
}

}  // namespace
}  // namespace finemix
