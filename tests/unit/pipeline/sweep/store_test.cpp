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

SweepRecord head() {
  SweepRecord record;
  record.title = "t";
  record.request.command = "finemix sweep";
  record.request.config = {{"seeds", {1, 2}}};
  record.inputs = {{"pretrained", "bert", std::string(64, 'a')}};
  return record;
}

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
    SweepStore store(path, head(), false);
    store.write(cell(1));
    EXPECT_TRUE(store.has_cell(cell(1).key));
    EXPECT_FALSE(store.has_cell(cell(2).key));
  }
  SweepStore store(path, head(), true);
  EXPECT_EQ(to_json(store.cell(cell(1).key)), to_json(cell(1)));
  SweepRecord record = store.head();
  store.finish(record, "page");
  EXPECT_EQ(read_file(path / "report.html"), "page");
  EXPECT_EQ(read_file(path / "results.json"), to_json(record).dump(2) + "\n");
}

TEST(SweepStore, KeepsItsFilesWithAnyNames) {
  const TemporaryDirectory directory;
  const auto path = directory / "out";
  SweepStore store(path, head(), false);
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
  { const SweepStore store(path, head(), false); }
  expect_error(ErrorKind::kUsage, {"--resume"}, [&] { SweepStore(path, head(), false); });
  const auto expect_refused = [&](const char* text, const auto& change) {
    SweepRecord other = head();
    change(other);
    expect_error(ErrorKind::kUsage, {text}, [&] { SweepStore(path, other, true); });
  };
  expect_refused("differs in \"seeds\"", [](auto& other) { other.request.config["seeds"] = {1}; });
  expect_refused("differs in \"rho\"", [](auto& other) { other.request.config["rho"] = {0.5}; });
  expect_refused("was made of another 'pretrained'",
                 [](auto& other) { other.inputs[0].sha256 = std::string(64, 'b'); });
  expect_refused("was made by finemix", [](auto& other) { other.version = "0.0"; });
  expect_refused("has other cells", [](auto& other) { other.planned = {"a.b.none"}; });
  // The command that began it counts.
  SweepRecord again = head();
  again.request.command = "finemix sweep --resume";
  EXPECT_EQ(SweepStore(path, again, true).head().request.command, head().request.command);
}

TEST(SweepStore, ARecordUnderAnotherNameIsRefused) {
  const TemporaryDirectory directory;
  const auto path = directory / "out";
  SweepStore store(path, head(), false);
  store.write(cell(1));
  const auto file = [&](std::uint64_t seed) {
    return path / "cells" / (cell_name(cell(seed).key) + ".json");
  };
  std::filesystem::copy_file(file(1), file(2));
  expect_error(ErrorKind::kMalformed, {file(2).native(), "--resume"},
               [&] { store.cell(cell(2).key); });
}

TEST(SweepStore, AKilledBeginningCanBeBegunAgain) {
  const TemporaryDirectory directory;
  std::filesystem::create_directory(directory / "out");
  testing::write_file(directory / "out/.results.json.finemix-lock", "");
  testing::write_file(directory / "out/.results.json.finemix-partial", "");
  const SweepStore store(directory / "out", head(), false);
  EXPECT_TRUE(std::filesystem::exists(directory / "out/grid.json"));
}

TEST(SweepStore, IsForOneProcessAtATime) {
  const TemporaryDirectory directory;
  const SweepStore store(directory / "out", head(), false);
  expect_error(ErrorKind::kFile, {"another process"},
               [&] { SweepStore(directory / "out", head(), true); });
}

TEST(SweepStore, DoesNotMixWithOtherFiles) {
  const TemporaryDirectory directory;
  testing::write_file(directory / "some-file", "text");
  expect_error(ErrorKind::kUsage, {"holds no sweep"},
               [&] { SweepStore(directory.path(), head(), true); });
}

}  // namespace
}  // namespace finemix
