// What the reader says of many files, for a comparison with the reference reader
// (scripts/oracle/hostile/compare_headers.py).

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <string>

#include "finemix/io/safetensors.h"
#include "io_testing.h"

namespace finemix {
namespace {

using testing::TemporaryDirectory;
using testing::write_file;

// FINEMIX_HEADERS names a file of files, each after its length in 8 bytes (little-endian); beside
// it, as NAME.verdicts, a line is written for each: empty where it opens, else the message.
TEST(HeaderVerdicts, AreWrittenForTheComparison) {
  const char* const given = std::getenv("FINEMIX_HEADERS");
  if (given == nullptr) GTEST_SKIP() << "skipped: compare_headers.py runs this";
  std::ifstream in(given, std::ios::binary);
  std::ofstream out(std::string(given) + ".verdicts");
  const TemporaryDirectory directory;
  std::uint64_t length = 0;
  while (in.read(reinterpret_cast<char*>(&length), sizeof(length))) {
    std::string file(length, '\0');
    ASSERT_TRUE(in.read(file.data(), static_cast<std::streamsize>(length)));
    try {
      const SafetensorsReader reader(write_file(directory / "x", file));
    } catch (const Error& error) {
      out << std::string_view(error.what()).substr((directory / "x").native().size() + 2);
    }
    out << '\n';
  }
  ASSERT_TRUE(out.flush());
}

}  // namespace
}  // namespace finemix
