#include "pipeline/sweep/store.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "../../io/io_testing.h"

namespace finemix {
namespace {

using testing::expect_error;
using testing::read_file;
using testing::TemporaryDirectory;

const Json kConfig = {{"seeds", {1, 2}}, {"title", "t"}};

CellRecord cell(std::uint64_t seed) {
  CellRecord record;
  record.key = {"task", "word", "none", std::nullopt, false, 64, seed};
  record.after.accuracy = wilson_rate(3, 4);
  return record;
}

TEST(SweepStore, KeepsWhatWasDone) {
  const TemporaryDirectory directory;
  const auto path = directory / "out";
  {
    SweepStore store(path, kConfig, false);
    store.write(cell(1));
    EXPECT_TRUE(store.has_cell(cell(1).key));
    EXPECT_FALSE(store.has_cell(cell(2).key));
  }
  SweepStore store(path, kConfig, true);
  EXPECT_EQ(to_json(store.cell(cell(1).key)), to_json(cell(1)));
  SweepRecord record;
  record.config = kConfig;
  record.cells = {cell(1)};
  store.finish(record, "page");
  EXPECT_EQ(read_file(path / "report.html"), "page");
  EXPECT_EQ(read_file(path / "results.json"), to_json(record).dump(2) + "\n");
}

TEST(SweepStore, KeepsItsFilesWithAnyNames) {
  const TemporaryDirectory directory;
  const auto path = directory / "out";
  SweepStore store(path, kConfig, false);
  SubjectRecord subject;
  subject.task = "a.b";
  subject.attack = "../c";
  store.write(subject);
  EXPECT_TRUE(std::filesystem::exists(path / "subjects" / "a%2Eb.%2E%2E%2Fc.json"));
  EXPECT_TRUE(store.has_subject("a.b", "../c"));
  EXPECT_FALSE(store.has_subject("a", "b.../c"));
  EXPECT_EQ(to_json(store.subject("a.b", "../c")), to_json(subject));
}

TEST(SweepStore, GoesOnOnlyWithTheSameGrid) {
  const TemporaryDirectory directory;
  const auto path = directory / "out";
  { const SweepStore store(path, kConfig, false); }
  expect_error(ErrorKind::kUsage, {"--resume"}, [&] { SweepStore(path, kConfig, false); });
  Json other = kConfig;
  other["seeds"] = {1};
  expect_error(ErrorKind::kUsage, {"differs in \"seeds\""}, [&] { SweepStore(path, other, true); });
  other = kConfig;
  other["rho"] = {0.5};
  expect_error(ErrorKind::kUsage, {"differs in \"rho\""}, [&] { SweepStore(path, other, true); });
}

TEST(SweepStore, IsForOneProcessAtATime) {
  const TemporaryDirectory directory;
  const SweepStore store(directory / "out", kConfig, false);
  expect_error(ErrorKind::kFile, {"another process"},
               [&] { SweepStore(directory / "out", kConfig, true); });
}

TEST(SweepStore, DoesNotMixWithOtherFiles) {
  const TemporaryDirectory directory;
  testing::write_file(directory / "some-file", "text");
  expect_error(ErrorKind::kUsage, {"holds no sweep"},
               [&] { SweepStore(directory.path(), kConfig, true); });
}

}  // namespace
}  // namespace finemix
