#include "pipeline/memory_limit.h"

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <string>

#include "finemix/core/error.h"
#include "finemix/core/parallel.h"
#include "finemix/model/device.h"
#include "finemix/model/streamed_model.h"

namespace finemix {
namespace {

// What libraries touch for the first time on the way, and what the allocator does not give back.
constexpr std::uint64_t kSlack = 16 << 20;
constexpr std::uint64_t kMegabyte = 1'000'000;

// Bytes of memory that this process has.
std::uint64_t resident() {
  std::uint64_t size = 0, pages = 0;
  std::ifstream("/proc/self/statm") >> size >> pages;
  return pages * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

}  // namespace

void keep_streaming_within(std::uint64_t limit, std::uint64_t more) {
  if (limit == 0) return;
  const std::uint64_t fixed = resident() + more + kStreamedBytes + kSlack;
  const std::uint64_t least = fixed + kStreamedBytesAThread;
  if (limit < least) {
    throw Error(ErrorKind::kUsage, "--max-memory " + std::to_string(limit / kMegabyte) +
                                       "MB is too little: at least " +
                                       std::to_string(least / kMegabyte + 1) + "MB are needed");
  }
  const std::uint64_t threads = (limit - fixed) / kStreamedBytesAThread;
  set_threads(static_cast<int>(
      std::min<std::uint64_t>(threads, static_cast<std::uint64_t>(thread_count()))));
}

}  // namespace finemix
