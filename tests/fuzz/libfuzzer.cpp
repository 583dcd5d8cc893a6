// finemix_fuzz TARGET CORPUS [libFuzzer's options]: runs one target, from its seeds and what lies
// in the directory CORPUS, where new inputs that reach more code are kept. Without arguments: the
// names of the targets.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <iostream>

#include "../unit/io/io_testing.h"
#include "targets.h"

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxSeedBytes = 64 << 10;  // larger ones only slow the search down

const finemix::fuzz::Target* target = nullptr;

void write_seeds(const fs::path& corpus) {
  std::size_t number = 0;
  for (const finemix::fuzz::Seed& seed : finemix::fuzz::seeds(*target)) {
    if (seed.bytes.size() > kMaxSeedBytes) continue;
    finemix::testing::write_file(corpus / ("seed-" + std::to_string(number++)), seed.bytes);
  }
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
  const auto targets = finemix::fuzz::targets();
  if (*argc < 3) {
    for (const auto& each : targets) std::cout << each.name << "\n";
    std::exit(0);
  }
  const auto found =
      std::ranges::find(targets, std::string_view((*argv)[1]), &finemix::fuzz::Target::name);
  if (found == targets.end()) {
    std::cerr << "no target " << (*argv)[1] << "\n";
    std::exit(2);
  }
  target = &*found;
  write_seeds((*argv)[2]);
  std::rotate(*argv + 1, *argv + 2, *argv + *argc);
  --*argc;
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const finemix::testing::TemporaryDirectory directory;
  finemix::fuzz::accepts(*target, directory.path(), {reinterpret_cast<const char*>(data), size});
  return 0;
}
