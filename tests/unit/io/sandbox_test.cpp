// Reading a file of torch.save does nothing but open it for reading, read it, and ask for memory:
// it is read in a process that the kernel kills at any other system call. Linux on x86-64 only.
#include <gtest/gtest.h>

#if defined(__linux__) && defined(__x86_64__)

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstddef>
#include <filesystem>
#include <vector>

#include "finemix/core/error.h"
#include "finemix/io/torch_zip.h"

namespace finemix {
namespace {

// Reading, memory and the end.
constexpr int kAllowed[] = {SYS_read,       SYS_pread64,   SYS_close,        SYS_fstat,
                            SYS_newfstatat, SYS_fadvise64, SYS_brk,          SYS_mmap,
                            SYS_munmap,     SYS_mremap,    SYS_mprotect,     SYS_madvise,
                            SYS_exit_group, SYS_futex,     SYS_clock_gettime};

// From here on, this process dies at any system call but these and openat for reading.
bool forbid_all_but_reading() {
  const auto load = [](std::size_t offset) {
    return sock_filter BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<unsigned>(offset));
  };
  const auto is = [](unsigned value) {
    return sock_filter BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1);
  };
  const sock_filter allow BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
  const sock_filter kill BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);

  std::vector<sock_filter> program = {load(offsetof(seccomp_data, nr))};
  for (const int number : kAllowed)
    program.insert(program.end(), {is(static_cast<unsigned>(number)), allow});
  program.insert(program.end(), {sock_filter BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat, 1, 0),
                                 kill, load(offsetof(seccomp_data, args[2])),
                                 sock_filter BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K,
                                                      O_WRONLY | O_RDWR | O_CREAT | O_TRUNC, 1, 0),
                                 allow, kill});
  const sock_fprog filter{static_cast<unsigned short>(program.size()), program.data()};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

constexpr int kNoFilter = 99;

// How a process ends that does `work` so confined, and then exits with what it returns.
template <typename Work>
int status_of(const Work& work) {
  const pid_t child = fork();
  if (child == 0) _exit(forbid_all_but_reading() ? work() : kNoFilter);
  int status = 0;
  waitpid(child, &status, 0);
  return status;
}

bool is_refused(const std::filesystem::path& path) {
  try {
    const TorchZipReader reader(path);
    return false;
  } catch (const Error&) {
    return true;
  }
}

class Sandbox : public ::testing::Test {
 protected:
  void SetUp() override {
#ifdef __SANITIZE_ADDRESS__
    GTEST_SKIP() << "the sanitizers make system calls of their own; other builds run this";
#endif
    const int status = status_of([] { return 0; });
    if (WIFEXITED(status) && WEXITSTATUS(status) == kNoFilter) {
      GTEST_SKIP() << "this kernel lets no process confine itself by seccomp";
    }
    ASSERT_EQ(status, 0);
  }
};

TEST_F(Sandbox, HostilePicklesStartNothing) {
  const std::filesystem::path folder = FINEMIX_SOURCE_DIR "/tests/hostile/torch_zip";
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".bin") continue;
    const int status = status_of([&] { return is_refused(entry.path()) ? 0 : 1; });
    EXPECT_FALSE(WIFSIGNALED(status)) << entry.path() << ": killed by " << WTERMSIG(status);
    EXPECT_EQ(status, 0) << entry.path();
    ++files;
  }
  EXPECT_GE(files, 120);
}

TEST_F(Sandbox, AGoodPickleStartsNothing) {
  const std::filesystem::path good = FINEMIX_TEST_DATA "/io/torch_zip/whole/pytorch_model.bin";
  const int status = status_of([&] {
    const TorchZipReader reader(good);
    for (const TensorInfo& info : reader.tensors()) {
      std::vector<std::byte> bytes(info.bytes);
      reader.read(info, bytes);
    }
    return reader.tensors().empty() ? 1 : 0;
  });
  EXPECT_EQ(status, 0);
}

// That the two above can fail.
TEST_F(Sandbox, KillsWhatDoesMore) {
  const auto expect_killed = [](const auto& work) {
    const int status = status_of(work);
    EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS) << status;
  };
  expect_killed([] { return execl("/bin/true", "true", nullptr); });
  expect_killed([] { return static_cast<int>(fork()); });
  expect_killed([] { return socket(AF_INET, SOCK_STREAM, 0); });
  expect_killed([] { return open("/dev/null", O_WRONLY); });
  expect_killed([] { return unlink("/no-such-file"); });
}

}  // namespace
}  // namespace finemix

#endif
