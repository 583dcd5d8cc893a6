// A file from an attacker either opens or is refused: thousands of valid files, each broken in a
// few places that a reader may trust too much. The sanitizer build runs this too; FINEMIX_MUTANTS
// says how many.

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "finemix/core/random.h"
#include "finemix/io/safetensors.h"
#include "io_testing.h"
#include "mutants.h"
#include "safetensors_testing.h"

namespace finemix {
namespace {

using testing::safetensors_file;
using testing::TemporaryDirectory;
using testing::write_file;

const std::string& valid_file() {
  static const std::string file =
      safetensors_file(R"({"__metadata__":{"format":"pt"},)"
                       R"("embeddings":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},)"
                       R"("mask":{"dtype":"BOOL","shape":[4],"data_offsets":[24,28]},)"
                       R"("scale":{"dtype":"BF16","shape":[],"data_offsets":[28,30]},)"
                       R"("empty":{"dtype":"I64","shape":[0,7],"data_offsets":[30,30]}}   )",
                       std::string(24, 'w') + std::string("\0\1\1\0", 4) + "bf");
  return file;
}

// What a number or a word of the header is replaced by.
constexpr std::array<std::string_view, 24> kPieces = {"0",
                                                      "1",
                                                      "-1",
                                                      "24",
                                                      "25",
                                                      "30",
                                                      "4294967296",
                                                      "9223372036854775807",
                                                      "9223372036854775808",
                                                      "18446744073709551615",
                                                      "18446744073709551616",
                                                      "1e308",
                                                      "1e999",
                                                      "0.5",
                                                      "null",
                                                      "true",
                                                      "[]",
                                                      "{}",
                                                      "\"\"",
                                                      "\"\\u0000\"",
                                                      "\"F8_E4M3\"",
                                                      "[0,0]",
                                                      "{\"a\":",
                                                      "\\ud800"};

class Mutator {
 public:
  explicit Mutator(std::uint64_t seed) : random_(seed, "mutants") {}

  std::string operator()(std::string file) {
    for (std::uint64_t steps = 1 + random_.below(3); steps > 0; --steps) mutate(file);
    return file;
  }

 private:
  void mutate(std::string& file) {
    if (file.empty()) return;
    switch (random_.below(8)) {
      case 0:  // flip a bit anywhere
        file[place(file)] ^= static_cast<char>(1 << random_.below(8));
        return;
      case 1:  // cut the end off
        file.resize(place(file));
        return;
      case 2:  // append
        file.append(1 + random_.below(40), static_cast<char>(random_.below(256)));
        return;
      case 3:  // another header length, near the right one or far from it
        file[random_.below(std::min<std::size_t>(8, file.size()))] =
            static_cast<char>(random_.below(256));
        return;
      case 4:
        return replace_run(file, "0123456789");
      case 5:
        return replace_run(file, "abcdefghijklmnopqrstuvwxyz_ABFOL0123456789");
      case 6: {  // copy a stretch of the header to another place in it
        const std::string stretch = file.substr(place(file), 1 + random_.below(60));
        file.insert(place(file), stretch);
        return fix_length(file, stretch.size());
      }
      default: {  // take a stretch out
        const std::size_t begin = place(file);
        const std::size_t length =
            std::min<std::size_t>(1 + random_.below(30), file.size() - begin);
        file.erase(begin, length);
        return fix_length(file, 0 - length);
      }
    }
  }

  std::size_t place(const std::string& file) { return random_.below(file.size()); }

  // Replaces one run of `characters` by a piece, and keeps the header's length right.
  void replace_run(std::string& file, std::string_view characters) {
    const std::size_t begin = file.find_first_of(characters, place(file));
    if (begin == std::string::npos || begin < 8) return;
    const std::size_t end = std::min(file.find_first_not_of(characters, begin), file.size());
    const std::string_view piece = kPieces[random_.below(kPieces.size())];
    file.replace(begin, end - begin, piece);
    fix_length(file, piece.size() - (end - begin));
  }

  // Mostly, so that what is broken is what lies behind the first check.
  void fix_length(std::string& file, std::size_t change) {
    if (file.size() < 8 || random_.below(8) == 0) return;
    std::uint64_t length = change;
    for (int i = 0; i < 8; ++i)
      length += std::uint64_t{static_cast<unsigned char>(file[i])} << (8 * i);
    for (int i = 0; i < 8; ++i) file[i] = static_cast<char>(length >> (8 * i));
  }

  RandomSequence random_;
};

// Reads every tensor of a file; false when it is refused.
bool opens(const std::filesystem::path& path) {
  try {
    const SafetensorsReader reader(path);
    for (const TensorInfo& info : reader.tensors()) {
      std::vector<std::byte> bytes(info.bytes);
      reader.read(info, bytes);
      EXPECT_EQ(reader.find(info.name), &info);
    }
    return true;
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kMalformed) << error.what();
    return false;
  }
}

TEST(SafetensorsMutants, EachOpensOrIsRefused) {
  const TemporaryDirectory directory;
  const std::filesystem::path path = directory / "mutant.safetensors";
  ASSERT_TRUE(opens(write_file(path, valid_file())));
  testing::expect_accepted_or_refused(
      testing::mutant_count(4000), {0.01, 0.5},
      [&](std::uint64_t seed) { return opens(write_file(path, Mutator(seed)(valid_file()))); });
}

TEST(SafetensorsMutants, EveryPrefixIsRefused) {
  const TemporaryDirectory directory;
  const std::filesystem::path path = directory / "prefix.safetensors";
  for (std::size_t length = 0; length < valid_file().size(); ++length) {
    EXPECT_FALSE(opens(write_file(path, valid_file().substr(0, length)))) << length;
  }
}

}  // namespace
}  // namespace finemix
