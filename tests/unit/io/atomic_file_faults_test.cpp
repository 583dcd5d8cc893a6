// Each call into the kernel that writing depends on is made to fail, be cut short, or be the
// process's last, one after the other; what was there before must still be there, or its successor,
// whole. The functions below take the place of the C library's in the test program.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <string>
#include <vector>

#include "finemix/io/atomic_file.h"
#include "finemix/io/manifest.h"
#include "finemix/io/safetensors.h"
#include "io_testing.h"

namespace {

enum class Fault { kNone, kFail, kKill };

// The fault befalls the call when `calls_left` reaches 0.
Fault fault = Fault::kNone;
int calls_left = 0;
bool exchange_supported = true;
bool short_writes = false;

// What was made durable and put in place, in order, while it is watched.
std::vector<std::string>* events = nullptr;

void record_sync(int file) {
  if (events == nullptr) return;
  const std::string link = "/proc/self/fd/" + std::to_string(file);
  events->push_back("sync " + std::filesystem::read_symlink(link).filename().native());
}

void record_rename() {
  if (events != nullptr) events->push_back("rename");
}

// Whether this call is to fail; errno is set then.
bool strikes(int error) {
  if (fault == Fault::kNone || calls_left-- != 0) return false;
  if (fault == Fault::kKill) raise(SIGKILL);
  errno = error;
  return true;
}

}  // namespace

extern "C" {

ssize_t write(int file, const void* data, size_t size) {
  if (strikes(ENOSPC)) return -1;
  if (short_writes && size > 1) size /= 2;
  return syscall(SYS_write, file, data, size);
}

int fsync(int file) {
  if (strikes(EIO)) return -1;
  record_sync(file);
  return static_cast<int>(syscall(SYS_fsync, file));
}

int mkdir(const char* path, mode_t mode) noexcept {
  if (strikes(EDQUOT)) return -1;
  return static_cast<int>(syscall(SYS_mkdirat, AT_FDCWD, path, mode));
}

int rename(const char* from, const char* to) noexcept {
  if (strikes(EIO)) return -1;
  record_rename();
  return static_cast<int>(syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0));
}

int renameat2(int from_at, const char* from, int to_at, const char* to, unsigned flags) noexcept {
  if (!exchange_supported) {
    errno = EINVAL;
    return -1;
  }
  if (strikes(EIO)) return -1;
  record_rename();
  return static_cast<int>(syscall(SYS_renameat2, from_at, from, to_at, to, flags));
}

}  // extern "C"

namespace finemix {
namespace {

namespace fs = std::filesystem;
using testing::names_in;
using testing::read_file;
using testing::TemporaryDirectory;
using testing::write_file;
using Names = std::vector<std::string>;

// More than any of the cases makes.
constexpr int kMaxCalls = 100;

class WritingFaults : public ::testing::TestWithParam<bool> {
 protected:
  void SetUp() override { exchange_supported = GetParam(); }
  void TearDown() override {
    disarm();
    exchange_supported = true;
    events = nullptr;
    short_writes = false;
  }

  static void arm(Fault what, int call) {
    fault = what;
    calls_left = call;
  }
  static void disarm() { fault = Fault::kNone; }

  // Replaces what is at out/ as a run does.
  void write_directory() {
    AtomicDirectory out(out_, true);
    const std::string data(100'000, 'n');
    const std::vector<TensorBytes> tensors = {
        {"t", DType::kU8, {100'000}, std::as_bytes(std::span(data))}};
    write_safetensors(out.staging() / "model.safetensors", tensors);
    write_manifest(out.staging());
    out.commit();
  }

  void put_old_directory() {
    fs::remove_all(out_);
    write_file(out_ / "old", "old");
    write_manifest(out_);
  }

  void expect_old_directory() { EXPECT_EQ(names_in(out_), (Names{"manifest.json", "old"})); }

  void expect_new_directory() {
    EXPECT_EQ(names_in(out_), (Names{"manifest.json", "model.safetensors"}));
    EXPECT_EQ(SafetensorsReader(out_ / "model.safetensors").tensors().size(), 1u);
    EXPECT_NE(read_file(out_ / "manifest.json").find(sha256_file(out_ / "model.safetensors")),
              std::string::npos);
  }

  void expect_old_or_new_directory() {
    if (fs::exists(out_ / "old")) {
      expect_old_directory();
    } else {
      expect_new_directory();
    }
  }

  TemporaryDirectory directory_;
  const fs::path out_ = directory_ / "out";
};

INSTANTIATE_TEST_SUITE_P(FileSystems, WritingFaults, ::testing::Bool(), [](const auto& supported) {
  return supported.param ? "WithExchange" : "WithoutExchange";
});

TEST_P(WritingFaults, WithoutFaultsTheDirectoryIsReplaced) {
  put_old_directory();
  write_directory();
  expect_new_directory();
  EXPECT_EQ(names_in(directory_.path()), Names{"out"});
}

TEST_P(WritingFaults, WhicheverCallFailsOldOrNewIsThereWhole) {
  int call = 0;
  for (bool struck = true; struck; ++call) {
    SCOPED_TRACE(call);
    ASSERT_LT(call, kMaxCalls);
    put_old_directory();
    arm(Fault::kFail, call);
    struck = false;
    try {
      write_directory();
    } catch (const Error& error) {
      struck = true;
      EXPECT_EQ(error.kind(), ErrorKind::kFile) << error.what();
    }
    disarm();
    expect_old_or_new_directory();
    if (fs::exists(out_ / "old")) {
      EXPECT_EQ(names_in(directory_.path()), Names{"out"});
    }
  }
  EXPECT_GT(call, 10);  // or the faults have struck nothing
  expect_new_directory();
}

TEST_P(WritingFaults, WheneverTheProcessIsKilledOldOrNewIsThereWhole) {
  int call = 0;
  for (bool killed = true; killed; ++call) {
    SCOPED_TRACE(call);
    ASSERT_LT(call, kMaxCalls);
    put_old_directory();
    const pid_t child = fork();
    if (child == 0) {
      arm(Fault::kKill, call);
      write_directory();
      _exit(0);
    }
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    killed = WIFSIGNALED(status);
    // The next run finds one of the two, also where the old one was moved aside at that instant.
    { const AtomicDirectory next(out_, true); }
    expect_old_or_new_directory();
    EXPECT_EQ(names_in(directory_.path()), Names{"out"});
  }
  EXPECT_GT(call, 10);
  expect_new_directory();
}

TEST_P(WritingFaults, WhicheverCallFailsAFileIsOldOrNew) {
  const fs::path path = directory_ / "file";
  const std::string large(200'000, 'n');
  int call = 0;
  for (bool struck = true; struck; ++call) {
    SCOPED_TRACE(call);
    ASSERT_LT(call, kMaxCalls);
    write_file(path, "old");
    arm(Fault::kFail, call);
    struck = false;
    try {
      AtomicFile file(path, true);
      file.write("new");
      file.write(large);
      file.commit();
    } catch (const Error& error) {
      struck = true;
      EXPECT_EQ(error.kind(), ErrorKind::kFile) << error.what();
    }
    disarm();
    const std::string text = read_file(path);
    EXPECT_TRUE(text == "old" || text == "new" + large);
    EXPECT_EQ(names_in(directory_.path()), Names{"file"});
  }
  EXPECT_GT(call, 4);
}

TEST_P(WritingFaults, ADestinationThatWasFreeStaysFreeOrGetsAWholeFile) {
  const fs::path path = directory_ / "file";
  for (int call = 0; call < 8; ++call) {
    fs::remove(path);
    arm(Fault::kFail, call);
    try {
      AtomicFile file(path, false);
      file.write("new");
      file.commit();
    } catch (const Error&) {
    }
    disarm();
    EXPECT_TRUE(!fs::exists(path) || read_file(path) == "new") << call;
  }
}

TEST_P(WritingFaults, FullDiskIsNamedAndLeavesNoFile) {
  const fs::path path = directory_ / "model.safetensors";
  const std::string data(100'000, 'x');
  const std::vector<TensorBytes> tensors = {
      {"t", DType::kU8, {100'000}, std::as_bytes(std::span(data))}};
  for (int call = 0; call < 2; ++call) {
    arm(Fault::kFail, call);
    testing::expect_error(ErrorKind::kFile,
                          {"cannot write", "model.safetensors", "No space left", "free some space"},
                          [&] { write_safetensors(path, tensors); });
    disarm();
    EXPECT_FALSE(fs::exists(path));
  }
}

TEST_P(WritingFaults, EverythingIsOnDiskBeforeItGetsItsName) {
  std::vector<std::string> seen;
  AtomicDirectory out(out_, false);
  write_file(out.staging() / "sub/file", "text");
  events = &seen;
  out.commit();
  AtomicFile file(directory_ / "file", false);
  file.write("text");
  file.commit();
  events = nullptr;
  const std::string parent = "sync " + directory_.path().filename().native();
  EXPECT_EQ(seen, (Names{"sync sub", "sync file", "sync .out.finemix-partial", "rename", parent,
                         "sync .file.finemix-partial", "rename", parent}));
}

TEST_P(WritingFaults, ShortWritesAreCompleted) {
  short_writes = true;
  write_directory();
  short_writes = false;
  expect_new_directory();
}

}  // namespace
}  // namespace finemix
