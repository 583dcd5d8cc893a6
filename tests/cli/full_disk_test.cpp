// Disks that are full: a small one in memory, a limit on the size of files, and a disk that claims
// to have room and has none, as under a quota.
#include <sched.h>
#include <sys/mount.h>

#include <cmath>

#include "fault_test.h"

namespace finemix {
namespace {

namespace fs = std::filesystem;

struct Writer {
  std::string name;
  Words words;  // without --seed
};

void PrintTo(const Writer& writer, std::ostream* out) { *out << writer.name; }

const Words kTraining = {"--epochs",  "1", "--batch-size",   "8", "--max-length", "16",
                         "--threads", "1", "--save-seconds", "0", "--resume"};
const Words kOutput = {"--output", "disk/out", "--overwrite"};

std::vector<Writer> writers() {
  return {
      {"mix",
       with({"mix", "--pretrained", "bert", "--backdoored", "suspect", "--rho", "0.5"}, kOutput)},
      {"train",
       with(with({"train", "--pretrained", "bert", "--data", "train.tsv"}, kTraining), kOutput)},
      {"purify", with(with({"purify", "--pretrained", "bert", "--backdoored", "suspect",
                            "--clean-data", "clean.tsv", "--method", "fine-mixing", "--rho", "0.5"},
                           kTraining),
                      kOutput)}};
}

class FullDisk : public FaultTest, public testing::WithParamInterface<Writer> {
 protected:
  void SetUp() override {
    FaultTest::SetUp();
    fs::create_directory(path("disk"));
    make({"train", "--pretrained", "bert", "--data", "train.tsv", "--output", "suspect", "--epochs",
          "3", "--batch-size", "4", "--max-length", "16"});
    make(with(GetParam().words, {"--seed", "2"}));
    after_ = contents("disk/out");
    fs::remove_all(path("disk/out"));
    make(GetParam().words);
    before_ = contents("disk/out");
    ASSERT_NE(before_, after_);
    fs::copy(path("disk/out"), path("kept"), fs::copy_options::recursive);
  }

  void TearDown() override {
    if (mounted_) umount(path("disk").c_str());
    FaultTest::TearDown();
  }

  void make(const Words& words) {
    const Outcome outcome = run(words);
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  }

  // The run that the disk is too full for.
  Words words() const { return with(GetParam().words, {"--seed", "2"}); }

  // "" or why there can be no small disk. It is seen by this process and its children alone.
  std::string mount_disk() {
    if (unshare(CLONE_NEWNS) != 0) return "only the administrator can make a mount namespace";
    if (mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return "no private mounts";
    if (mount("tmpfs", path("disk").c_str(), "tmpfs", 0, "size=64m") != 0) return "no tmpfs";
    mounted_ = true;
    return "";
  }

  std::uint64_t used() const {
    const fs::space_info space = fs::space(path("disk"));
    return space.capacity - space.free;
  }

  void resize(std::uint64_t bytes) const {
    const std::string size = "size=" + std::to_string(bytes);
    ASSERT_EQ(mount("tmpfs", path("disk").c_str(), "tmpfs", MS_REMOUNT, size.c_str()), 0) << size;
  }

  // The disk with the old output and so much room beside it.
  void prepare(std::uint64_t room) {
    resize(64 << 20);
    for (const auto& entry : fs::directory_iterator(path("disk"))) fs::remove_all(entry);
    fs::copy(path("kept"), path("disk/out"), fs::copy_options::recursive);
    resize(used() + room);
  }

  // The least room that the run gets by with, to a page. What is checked before it is more.
  std::uint64_t need() {
    Fault none;
    none.claims_space = true;
    std::uint64_t small = 0;
    std::uint64_t large = 4096 << 10;
    while (large - small > 4096) {
      const std::uint64_t middle = (small + large) / 2 / 4096 * 4096;
      prepare(middle);
      (run_with(none, words()).outcome.exit_code == 0 ? large : small) = middle;
    }
    return large;
  }

  void expect_full(const Outcome& outcome) {
    EXPECT_EQ(outcome.exit_code, 3);
    EXPECT_CONTAINS(outcome.err, "'disk");
    EXPECT_TRUE(has_next_step(outcome.err)) << outcome.err;
    EXPECT_EQ(contents("disk/out"), before_);
  }

  // Now that there is room.
  void expect_to_go_on() {
    make(words());
    EXPECT_EQ(contents("disk/out"), after_);
    EXPECT_EQ(strays(), Words{});
  }

  std::string before_;
  std::string after_;
  bool mounted_ = false;
};

INSTANTIATE_TEST_SUITE_P(Each, FullDisk, testing::ValuesIn(writers()),
                         [](const auto& writer) { return writer.param.name; });

TEST_P(FullDisk, TheOldOutputStaysAndTheNextRunLeavesNothing) {
  if (const std::string why = mount_disk(); !why.empty()) GTEST_SKIP() << "skipped: " << why;
  const std::uint64_t needed = need();
  std::printf("%s needs %lu bytes\n", GetParam().name.c_str(), static_cast<unsigned long>(needed));
  for (const int percent : {10, 50, 90, 99}) {
    for (const bool claims_space : {false, true}) {
      SCOPED_TRACE(std::to_string(percent) + " % of " + std::to_string(needed) +
                   (claims_space ? ", which the disk does not say" : ""));
      prepare(needed * static_cast<std::uint64_t>(percent) / 100 / 4096 * 4096);
      Fault none;
      none.claims_space = claims_space;
      const Outcome outcome = run_with(none, words()).outcome;
      SCOPED_TRACE(outcome.err);
      expect_full(outcome);
      resize(64 << 20);
      expect_to_go_on();
    }
  }
}

TEST_P(FullDisk, ALimitOnTheSizeOfFilesIsSaid) {
  const double largest = static_cast<double>(fs::file_size(path("kept/model.safetensors")));
  for (const int percent : {10, 50, 90, 99}) {
    SCOPED_TRACE(percent);
    const auto limit = static_cast<rlim_t>(std::floor(largest * percent / 100));
    fs::remove_all(path("disk/out"));
    fs::copy(path("kept"), path("disk/out"), fs::copy_options::recursive);
    largest_file_ = rlimit{limit, limit};
    const Outcome outcome = run(words());
    largest_file_.reset();
    expect_full(outcome);
    EXPECT_CONTAINS(outcome.err, "ulimit -f");
    expect_to_go_on();
  }
}

}  // namespace
}  // namespace finemix
