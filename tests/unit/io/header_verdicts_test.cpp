// What the reader says of many files, against the reference reader: of a thousand that are kept,
// and of as many as are asked for (scripts/oracle/hostile/compare_headers.py).

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <string>

#include "finemix/core/quote.h"
#include "finemix/io/safetensors.h"
#include "io_testing.h"

namespace finemix {
namespace {

using testing::TemporaryDirectory;
using testing::write_file;

// Has `visit` each file of a file of files, each after its length in 8 bytes (little-endian), with
// what the reader says of it: "" where it opens.
template <typename Visit>
void for_each_verdict(const std::string& path, const Visit& visit) {
  std::ifstream in(path, std::ios::binary);
  const TemporaryDirectory directory;
  std::uint64_t length = 0;
  while (in.read(reinterpret_cast<char*>(&length), sizeof(length))) {
    std::string file(length, '\0');
    ASSERT_TRUE(in.read(file.data(), static_cast<std::streamsize>(length)));
    std::string verdict;
    try {
      const SafetensorsReader reader(write_file(directory / "x", file));
    } catch (const Error& error) {
      verdict = std::string_view(error.what()).substr((directory / "x").native().size() + 2);
    }
    visit(file, verdict);
  }
}

// Of files that compare_headers.py --keep made, and what the package said of each then: "" where it
// opens.
TEST(HeaderVerdicts, NothingIsAcceptedThatThePackageRefuses) {
  const std::string kept = FINEMIX_TEST_DATA "/io/headers/";
  std::ifstream verdicts(kept + "verdicts.txt");
  int files = 0, accepted_by_both = 0, refused_by_both = 0;
  for_each_verdict(kept + "files.bin", [&](const std::string& file, const std::string& verdict) {
    std::string its;
    ASSERT_TRUE(std::getline(verdicts, its));
    EXPECT_FALSE(verdict.empty() && !its.empty()) << "refused with: " << its << "\n"
                                                  << quote(file, file.size());
    ++files;
    accepted_by_both += verdict.empty() && its.empty();
    refused_by_both += !verdict.empty() && !its.empty();
  });
  std::string more;
  EXPECT_FALSE(std::getline(verdicts, more)) << "a verdict without a file";
  // Were it hardly any, they would compare nothing.
  EXPECT_GT(accepted_by_both, files / 10);
  EXPECT_GT(refused_by_both, files / 10);
}

// FINEMIX_HEADERS names such a file; beside it, as NAME.verdicts, a line is written for each.
TEST(HeaderVerdicts, AreWrittenForTheComparison) {
  const char* const given = std::getenv("FINEMIX_HEADERS");
  if (given == nullptr) GTEST_SKIP() << "skipped: compare_headers.py runs this";
  std::ofstream out(std::string(given) + ".verdicts");
  for_each_verdict(given,
                   [&](const std::string&, const std::string& verdict) { out << verdict << '\n'; });
  ASSERT_TRUE(out.flush());
}

}  // namespace
}  // namespace finemix
