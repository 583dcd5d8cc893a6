// Preloaded into the program by tests. Takes the place of the C library's calls that change files,
// counts those about something below a directory, and lets a fault befall one of them. All it is
// told is in the environment:
//   FINEMIX_FAULT_BELOW      the directory, without links
//   FINEMIX_FAULT_REPORT     a file of sizeof(FaultReport) bytes
//   FINEMIX_FAULT_CALL       which call the fault befalls, from 0; none: calls are only counted
//   FINEMIX_FAULT_READING    instead of that: the first opening, to read, of a file of this name
//   FINEMIX_FAULT_SIGNAL     the fault is this signal, right before the call; a write that SIGKILL
//                            befalls is done by half; 0: none
//   FINEMIX_FAULT_HANG       else the call never comes back
//   FINEMIX_FAULT_ERROR      else the call fails with this errno; 0: with one that is likely for it
//   FINEMIX_FAULT_NO_EXCHANGE  the file system can't exchange two names (as NFS)
//   FINEMIX_FAULT_SPACE      it claims to have room for anything (as under a quota)

#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

#include "report.h"

namespace {

using finemix::FaultReport;

std::int64_t number(const char* name, std::int64_t without) {
  const char* text = getenv(name);
  return text == nullptr ? without : strtoll(text, nullptr, 10);
}

std::string text(const char* name) {
  const char* value = getenv(name);
  return value == nullptr ? "" : value;
}

FaultReport* map_report() {
  const std::string path = text("FINEMIX_FAULT_REPORT");
  const int file = static_cast<int>(syscall(SYS_openat, AT_FDCWD, path.c_str(), O_RDWR, 0));
  void* memory = mmap(nullptr, sizeof(FaultReport), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (memory == MAP_FAILED) abort();  // a test that notices nothing would be worse
  syscall(SYS_close, file);
  return static_cast<FaultReport*>(memory);
}

struct Plan {
  std::string below = text("FINEMIX_FAULT_BELOW") + "/";
  std::string reading = text("FINEMIX_FAULT_READING");
  std::int64_t call = number("FINEMIX_FAULT_CALL", -1);
  int signal = static_cast<int>(number("FINEMIX_FAULT_SIGNAL", 0));
  int error = static_cast<int>(number("FINEMIX_FAULT_ERROR", 0));
  bool hang = number("FINEMIX_FAULT_HANG", 0) != 0;
  bool no_exchange = number("FINEMIX_FAULT_NO_EXCHANGE", 0) != 0;
  bool space = number("FINEMIX_FAULT_SPACE", 0) != 0;
  FaultReport* report = map_report();
};

// Made at the first call, which may come before this library's own constructors.
Plan& plan() {
  static Plan made;
  return made;
}

template <typename Function>
Function* real(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

std::string path_of(int file) {
  char path[4096];
  const std::string link = "/proc/self/fd/" + std::to_string(file);
  const ssize_t length = readlink(link.c_str(), path, sizeof path);
  return length < 0 ? "" : std::string(path, static_cast<std::size_t>(length));
}

std::string path_of(int at, const char* name) {
  if (name[0] == '/') return name;
  char here[4096];
  const std::string directory = at != AT_FDCWD                         ? path_of(at)
                                : getcwd(here, sizeof here) != nullptr ? here
                                                                       : "";
  return directory + "/" + name;
}

bool lies_below(std::string_view path) { return path.starts_with(plan().below); }

void note(const char* call, const std::string& path) {
  FaultReport& report = *plan().report;
  strncpy(report.call, call, sizeof report.call - 1);
  strncpy(report.path, path.c_str(), sizeof report.path - 1);
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  report.struck = std::int64_t{1'000'000'000} * now.tv_sec + now.tv_nsec;
}

// Of calls that clear up: what can't be removed stays, and nothing more is to be shown.
constexpr int kNever = 0;

enum class Verdict { kGoOn, kFail, kKill };

// Counts the call, and says what is to become of it; errno is set where it is to fail.
Verdict verdict(const char* call, const std::string& path, int likely_error) {
  if (!lies_below(path)) return Verdict::kGoOn;
  const std::int64_t index = std::atomic_ref(plan().report->calls)++;
  if (index != plan().call) return Verdict::kGoOn;
  note(call, path);
  if (plan().signal == SIGKILL) return Verdict::kKill;
  if (plan().signal != 0) {
    raise(plan().signal);
    return Verdict::kGoOn;
  }
  while (plan().hang) pause();
  if (likely_error == kNever) return Verdict::kGoOn;
  errno = plan().error == 0 ? likely_error : plan().error;
  return Verdict::kFail;
}

// Whether the call is to fail.
bool strikes(const char* call, const std::string& path, int likely_error) {
  const Verdict found = verdict(call, path, likely_error);
  if (found == Verdict::kKill) raise(SIGKILL);
  return found == Verdict::kFail;
}

bool strikes_write(const char* call, int file, const void* data, std::size_t size) {
  const Verdict found = verdict(call, path_of(file), ENOSPC);
  if (found == Verdict::kKill) {
    syscall(SYS_write, file, data, size / 2);
    raise(SIGKILL);
  }
  return found == Verdict::kFail;
}

void see_reading(const std::string& path) {
  const std::string& name = plan().reading;
  if (name.empty() || plan().report->struck != 0) return;
  if (!lies_below(path) || !path.ends_with("/" + name)) return;
  note("open", path);
  if (plan().signal != 0) raise(plan().signal);
}

bool strikes_open(const std::string& path, int flags) {
  const bool writes = (flags & O_ACCMODE) != O_RDONLY || (flags & O_CREAT) != 0;
  if (!writes) see_reading(path);
  return writes && strikes("open", path, ENOSPC);
}

}  // namespace

extern "C" {

int open(const char* path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  const mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  if (strikes_open(path_of(AT_FDCWD, path), flags)) return -1;
  return static_cast<int>(syscall(SYS_openat, AT_FDCWD, path, flags, mode));
}

int open64(const char* path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  const mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  return open(path, flags, mode);
}

FILE* fopen(const char* path, const char* mode) {
  if (strpbrk(mode, "wa+") != nullptr && strikes("fopen", path_of(AT_FDCWD, path), ENOSPC)) {
    return nullptr;
  }
  return real<FILE*(const char*, const char*)>("fopen")(path, mode);
}

FILE* fopen64(const char* path, const char* mode) { return fopen(path, mode); }

ssize_t write(int file, const void* data, size_t size) {
  if (strikes_write("write", file, data, size)) return -1;
  return syscall(SYS_write, file, data, size);
}

ssize_t writev(int file, const iovec* parts, int count) {
  if (strikes("writev", path_of(file), ENOSPC)) return -1;
  return syscall(SYS_writev, file, parts, count);
}

int close(int file) {
  const int flags = fcntl(file, F_GETFL);
  const bool writes = flags >= 0 && (flags & O_ACCMODE) != O_RDONLY;
  const bool fails = writes && strikes("close", path_of(file), EIO);
  const int error = errno;
  const int closed = static_cast<int>(syscall(SYS_close, file));
  if (!fails) return closed;
  errno = error;
  return -1;
}

int fsync(int file) {
  if (strikes("fsync", path_of(file), EIO)) return -1;
  return static_cast<int>(syscall(SYS_fsync, file));
}

int sync_file_range(int file, off64_t offset, off64_t count, unsigned flags) {
  if (strikes("sync_file_range", path_of(file), EIO)) return -1;
  return static_cast<int>(syscall(SYS_sync_file_range, file, offset, count, flags));
}

int flock(int file, int operation) noexcept {
  if (strikes("flock", path_of(file), ENOLCK)) return -1;
  return static_cast<int>(syscall(SYS_flock, file, operation));
}

int mkdir(const char* path, mode_t mode) noexcept {
  if (strikes("mkdir", path_of(AT_FDCWD, path), ENOSPC)) return -1;
  return static_cast<int>(syscall(SYS_mkdirat, AT_FDCWD, path, mode));
}

int rename(const char* from, const char* to) noexcept {
  if (strikes("rename", path_of(AT_FDCWD, from), EIO)) return -1;
  return static_cast<int>(syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0));
}

int renameat2(int from_at, const char* from, int to_at, const char* to, unsigned flags) noexcept {
  if (plan().no_exchange && (flags & RENAME_EXCHANGE) != 0) {
    errno = EINVAL;
    return -1;
  }
  if (strikes("renameat2", path_of(from_at, from), EIO)) return -1;
  return static_cast<int>(syscall(SYS_renameat2, from_at, from, to_at, to, flags));
}

int unlink(const char* path) noexcept {
  if (strikes("unlink", path_of(AT_FDCWD, path), kNever)) return -1;
  return static_cast<int>(syscall(SYS_unlinkat, AT_FDCWD, path, 0));
}

int unlinkat(int at, const char* path, int flags) noexcept {
  if (strikes("unlinkat", path_of(at, path), kNever)) return -1;
  return static_cast<int>(syscall(SYS_unlinkat, at, path, flags));
}

int remove(const char* path) noexcept {
  if (strikes("remove", path_of(AT_FDCWD, path), kNever)) return -1;
  return real<int(const char*)>("remove")(path);
}

int statvfs(const char* path, struct statvfs* status) noexcept {
  if (strikes("statvfs", path_of(AT_FDCWD, path) + "/", EIO)) return -1;
  const int result = real<int(const char*, struct statvfs*)>("statvfs")(path, status);
  if (plan().space) status->f_bavail = 1u << 30;
  return result;
}

}  // extern "C"
