// Files that break one rule each (scripts/oracle/hostile makes them), against the tables beside
// them of what is said of each.

#include <gtest/gtest.h>

#include <cstddef>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "finemix/io/checkpoint.h"
#include "finemix/io/json.h"
#include "finemix/io/safetensors.h"
#include "finemix/io/torch_zip.h"
#include "hostile_testing.h"

namespace finemix {
namespace {

using testing::expect_hostile_files_refused;

const std::filesystem::path kHostile = FINEMIX_SOURCE_DIR "/tests/hostile";

TEST(HostileFiles, TorchZip) {
  expect_hostile_files_refused(
      kHostile / "torch_zip", [](const std::filesystem::path& path) { TorchZipReader file(path); });
}

TEST(HostileFiles, Safetensors) {
  expect_hostile_files_refused(kHostile / "safetensors", [](const std::filesystem::path& path) {
    SafetensorsReader file(path);
  });
}

TEST(HostileFiles, Index) {
  expect_hostile_files_refused(kHostile / "index", [](const std::filesystem::path& path) {
    Checkpoint::open(path.string());
  });
}

TEST(HostileFiles, Json) {
  expect_hostile_files_refused(kHostile / "json",
                               [](const std::filesystem::path& path) { read_json_file(path); });
}

}  // namespace
}  // namespace finemix
