// A file of torch.save from an attacker either opens or is refused: thousands of valid ones, each
// broken in a few places that a reader may trust too much. What is broken are opcodes, their
// arguments and the fields of the archive; its checksums are made anew, so that what lies behind
// them is reached. The sanitizer build runs this too; FINEMIX_MUTANTS says how many.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "finemix/core/random.h"
#include "finemix/io/safetensors.h"
#include "finemix/io/torch_zip.h"
#include "io_testing.h"
#include "mutants.h"
#include "torch_zip_testing.h"

namespace finemix {
namespace {

using testing::expect_accepted_or_refused;
using testing::little_endian;
using testing::mutant_count;
using testing::TemporaryDirectory;
using testing::times_again;
using testing::write_file;
using testing::zip_file;
using testing::ZipMember;
using testing::pickle::global;
using testing::pickle::kOrderedDict;
using testing::pickle::kProto;
using testing::pickle::number;
using testing::pickle::storage;
using testing::pickle::tensor;
using testing::pickle::text;
using testing::pickle::tuple;
using testing::pickle::vector_tensor;

// A pickle, cut into its opcodes with their arguments.
using Opcodes = std::vector<std::string>;

std::size_t opcode_length(std::string_view rest) {
  const auto size = [&](std::size_t bytes) {
    std::size_t value = 0;
    for (std::size_t i = bytes; i-- > 0;) {
      value = value << 8 | static_cast<unsigned char>(rest[1 + i]);
    }
    return value;
  };
  switch (static_cast<unsigned char>(rest[0])) {
    case 'c':
      return rest.find('\n', rest.find('\n') + 1) + 1;
    case 'X':
      return 5 + size(4);
    case 0x8A:
      return 2 + size(1);
    case 'K':
    case 'q':
    case 'h':
    case 0x80:
      return 2;
    case 'M':
      return 3;
    case 'J':
    case 'r':
    case 'j':
      return 5;
    default:
      return 1;
  }
}

Opcodes cut(std::string_view pickle) {
  Opcodes opcodes;
  while (!pickle.empty()) {
    opcodes.emplace_back(pickle.substr(0, opcode_length(pickle)));
    pickle.remove_prefix(opcodes.back().size());
  }
  return opcodes;
}

// A file as it is before it is put together.
struct Parts {
  Opcodes pickle;
  std::vector<ZipMember> members;  // the first gets the pickle
  bool end64 = false;
};

const Parts& valid_parts() {
  static const Parts parts = [] {
    const std::string put = std::string("q\0", 2), again = std::string("h\0", 2);
    const std::string parameter = global("torch._utils", "_rebuild_parameter") + "(" +
                                  vector_tensor("1", 2) + "\x88" + kOrderedDict + "tR";
    const std::string entries =
        text("embeddings") + tensor(storage("0", 6), 0, {2, 3}, {3, 1}) + put + text("tied") +
        again + text("transposed") + tensor(storage("0", 6), 0, {3, 2}, {1, 3}) + text("bias") +
        parameter + text("mask") + tensor(storage("2", 4, "BoolStorage"), 1, {3}, {1}) +
        text("empty") + tensor(storage("3", 0, "LongStorage"), 0, {0, 7}, {7, 1}) + text("scale") +
        tensor(storage("4", 1, "HalfStorage"), 0, {}, {});
    const std::string metadata =
        "}" + text("_metadata") + kOrderedDict + text("") + "}" + text("version") + "K\x01sssb";
    Parts made;
    made.pickle = cut(kProto + kOrderedDict + "(" + entries + "u" + metadata + ".");
    made.members = {{"model/data.pkl", "", 0x808},
                    {"model/byteorder", "little", 8},
                    {"model/data/0", std::string(24, 'w'), 0x808},
                    {"model/data/1", std::string(8, 'b'), 0, 0, true},
                    {"model/data/2", std::string("\0\1\1\0", 4)},
                    {"model/data/3", "", 0x800},
                    {"model/data/4", "hf"},
                    {"model/version", "3\n"},
                    {"model/.data/serialization_id", "42"}};
    return made;
  }();
  return parts;
}

std::string put_together(Parts parts) {
  for (const std::string& opcode : parts.pickle) parts.members[0].bytes += opcode;
  return zip_file(parts.members, parts.end64);
}

class Mutator {
 public:
  explicit Mutator(std::uint64_t seed) : random_(seed, "torch zip mutants") {}

  std::string operator()(Parts parts) {
    parts.end64 = one_in(2);
    const std::uint64_t place = random_.below(10);
    if (place < 6) {
      for (std::uint64_t steps = 1 + random_.below(3); steps > 0; --steps) mutate(parts.pickle);
    } else if (place < 8) {
      mutate(parts.members);
    }
    std::string file = put_together(std::move(parts));
    if (place >= 8 || one_in(20)) mutate(file);
    return file;
  }

 private:
  bool one_in(std::uint64_t times) { return random_.below(times) == 0; }

  template <typename Items>
  auto& any(Items& items) {
    return items[random_.below(items.size())];
  }

  std::uint64_t edge_number() {
    static constexpr std::array<std::uint64_t, 16> kEdges = {
        0,          1,          2,          3,           4,          6,          7,          24,
        0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0x100000000, 1ULL << 62, ~0ULL >> 1, 1ULL << 63, ~0ULL};
    return one_in(4) ? random_.below(40) : kEdges[random_.below(kEdges.size())];
  }

  std::string any_opcode() {
    static const std::vector<std::string> kPieces = {
        "(",
        "t",
        "u",
        "s",
        "b",
        "R",
        "Q",
        ")",
        "}",
        "N",
        "\x85",
        "\x86",
        "\x87",
        "\x88",
        "\x89",
        ".",
        "o",
        "0",
        "2",
        "\x81",
        "\x93",
        "P0\n",
        "ios\nsystem\n",
        kOrderedDict,
        global("os", "system"),
        global("torch", "IntStorage"),
        global("torch", "DoubleStorage"),
        global("torch._utils", "_rebuild_tensor_v2"),
        global("torch._utils", "_rebuild_parameter"),
        global("torch._utils", "_rebuild_parameter_with_state"),
        text("0"),
        text("4"),
        text("mask"),
        text("storage"),
        text("\xFF"),
        text(""),
        tuple({2, 3}),
        tuple({}),
        storage("1", 2),
        vector_tensor("1", 2)};
    switch (random_.below(5)) {
      case 0:
        return number(static_cast<std::int64_t>(edge_number()));
      case 1:
        return (one_in(2) ? "q" : "h") + little_endian(random_.below(4), 1);
      case 2:
        return (one_in(2) ? "r" : "j") + little_endian(edge_number(), 4);
      default:
        return kPieces[random_.below(kPieces.size())];
    }
  }

  // A few opcodes, many times.
  void repeat_stretch(Opcodes& pickle, std::size_t begin) {
    const std::size_t length = std::min<std::size_t>(1 + random_.below(6), pickle.size() - begin);
    std::string stretch;
    for (std::size_t i = 0; i < length; ++i) stretch += pickle[begin + i];
    pickle[begin + length - 1] += repeated(stretch);
  }

  // A text of the pickle made a long one and put in the memo, and given as a key with the memo's
  // first value, a tensor, many times.
  void name_again(Opcodes& pickle) {
    std::vector<std::size_t> texts, ends;
    for (std::size_t i = 0; i < pickle.size(); ++i) {
      if (pickle[i].starts_with('X')) texts.push_back(i);
      if (pickle[i] == "u") ends.push_back(i);
    }
    if (texts.empty() || ends.empty()) return;
    pickle[any(ends)].insert(0, repeated(std::string("h\1h\0", 4)));
    pickle[any(texts)] = text(std::string(std::size_t{1} << random_.below(19), 'n')) + "q\1";
  }

  std::string repeated(const std::string& part) {
    std::string all;
    for (std::uint64_t times = times_again(random_, part.size()); times > 0; --times) all += part;
    return all;
  }

  void mutate(Opcodes& pickle) {
    const auto place = [&] {
      return pickle.begin() + static_cast<std::ptrdiff_t>(random_.below(pickle.size()));
    };
    switch (random_.below(10)) {
      case 8:
        return repeat_stretch(pickle, static_cast<std::size_t>(place() - pickle.begin()));
      case 9:
        return name_again(pickle);
      case 0:
        if (pickle.size() > 1) pickle.erase(place());
        return;
      case 1:
        pickle.insert(place(), any_opcode());
        return;
      case 2:
        *place() = any_opcode();
        return;
      case 3:
        std::iter_swap(place(), place());
        return;
      case 4: {  // a stretch again at another place
        const auto begin = place();
        const auto most =
            std::min<std::uint64_t>(30, static_cast<std::uint64_t>(pickle.end() - begin));
        const Opcodes stretch(begin, begin + 1 + static_cast<std::ptrdiff_t>(random_.below(most)));
        pickle.insert(place(), stretch.begin(), stretch.end());
        return;
      }
      case 5: {  // a byte of an argument or an opcode
        std::string& opcode = *place();
        any(opcode) ^= static_cast<char>(1 << random_.below(8));
        return;
      }
      default: {  // a number
        for (int tries = 0; tries < 50; ++tries) {
          std::string& opcode = *place();
          if (static_cast<unsigned char>(opcode[0]) != 0x8A) continue;
          opcode = number(static_cast<std::int64_t>(edge_number()));
          return;
        }
      }
    }
  }

  void mutate(std::vector<ZipMember>& members) {
    static const std::array<std::string_view, 12> kNames = {
        "model/data/0", "model/data/5",    "model/version", "model/byteorder",
        "other/data/0", "model/../data/0", "data.pkl",      "model/data/",
        "/model/data",  "model/code/x",    "model/a\nb",    ""};
    ZipMember& member = any(members);
    switch (random_.below(8)) {
      case 0:
        member.name = kNames[random_.below(kNames.size())];
        return;
      case 1:
        member.bytes.resize(random_.below(30), 'x');
        return;
      case 2:
        member.flags = one_in(2) ? 8 : static_cast<unsigned>(random_.below(1 << 16));
        return;
      case 3:
        member.method = static_cast<unsigned>(random_.below(16));
        return;
      case 4:
        member.wide = !member.wide;
        return;
      case 5:
        members.push_back(member);
        return;
      case 6:
        members.erase(members.begin() + 1 +
                      static_cast<std::ptrdiff_t>(random_.below(members.size() - 1)));
        return;
      default:
        std::swap(any(members).bytes, any(members).bytes);
    }
  }

  // A field of one of the archive's records, or anything anywhere.
  void mutate(std::string& file) {
    static constexpr std::array<std::string_view, 6> kMarks = {
        "PK\x01\x02", "PK\x03\x04", "PK\x05\x06", "PK\x06\x06", "PK\x06\x07", "PK\x07\x08"};
    const std::size_t mark =
        file.find(kMarks[random_.below(kMarks.size())], one_in(3) ? random_.below(file.size()) : 0);
    switch (mark == std::string::npos ? 3 + random_.below(3) : random_.below(6)) {
      case 0:
      case 1: {
        const std::size_t width = std::size_t{2} << random_.below(3);
        const std::size_t at = mark + 4 + random_.below(50);
        if (at + width <= file.size()) file.replace(at, width, little_endian(edge_number(), width));
        return;
      }
      case 2: {
        const std::size_t at = mark + random_.below(50);
        if (at < file.size()) file[at] ^= static_cast<char>(1 << random_.below(8));
        return;
      }
      case 3:
        any(file) ^= static_cast<char>(1 << random_.below(8));
        return;
      case 4:
        file.resize(random_.below(file.size()));
        return;
      default: {
        const std::size_t at = random_.below(file.size());
        file.insert(at, file.substr(random_.below(file.size()), 1 + random_.below(60)));
      }
    }
  }

  RandomSequence random_;
};

// Reads every tensor of a file, whole and by halves; false when it is refused.
bool opens(const std::filesystem::path& path) {
  try {
    const TorchZipReader reader(path);
    for (const TensorInfo& info : reader.tensors()) {
      std::vector<std::byte> bytes(info.bytes);
      reader.read(info, bytes);
      std::vector<std::byte> half(info.elements() / 2 * dtype_size(info.dtype));
      reader.read(info, info.bytes - half.size(), half);
      EXPECT_TRUE(std::equal(half.rbegin(), half.rend(), bytes.rbegin()));
      EXPECT_EQ(reader.find(info.name), &info);
    }
    return true;
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kMalformed) << error.what();
    return false;
  }
}

// Keeps an accepted file in `directory`, and what was read of it as safetensors, for a comparison
// with torch.load (scripts/oracle/hostile/compare_torch.py).
void keep_accepted(const std::filesystem::path& path, const std::filesystem::path& directory,
                   const std::string& name) {
  const TorchZipReader reader(path);
  std::vector<std::vector<std::byte>> contents;
  std::vector<TensorBytes> tensors;
  for (const TensorInfo& info : reader.tensors()) {
    reader.read(info, contents.emplace_back(info.bytes));
    tensors.push_back({info.name, info.dtype, info.shape, contents.back()});
  }
  std::filesystem::copy_file(path, directory / (name + ".bin"));
  write_safetensors(directory / (name + ".safetensors"), tensors);
}

TEST(TorchZipMutants, EachOpensOrIsRefused) {
  const char* const accepted = std::getenv("FINEMIX_ACCEPTED");
  const TemporaryDirectory directory;
  const std::filesystem::path path = directory / "mutant.bin";
  ASSERT_TRUE(opens(write_file(path, put_together(valid_parts()))));
  expect_accepted_or_refused(mutant_count(20'000), {0.02, 0.5}, [&](std::uint64_t seed) {
    const bool is_accepted = opens(testing::replace_file(path, Mutator(seed)(valid_parts())));
    if (is_accepted && accepted != nullptr) keep_accepted(path, accepted, std::to_string(seed));
    return is_accepted;
  });
}

TEST(TorchZipMutants, EveryPrefixIsRefused) {
  const TemporaryDirectory directory;
  const std::filesystem::path path = directory / "prefix.bin";
  const std::string file = put_together(valid_parts());
  for (std::size_t length = 0; length < file.size(); ++length) {
    EXPECT_FALSE(opens(write_file(path, file.substr(0, length)))) << length;
  }
}

TEST(TorchZipMutants, EveryByteFlippedInAnArchivesRecordsOpensOrIsRefused) {
  const TemporaryDirectory directory;
  const std::filesystem::path path = directory / "flipped.bin";
  Parts parts = valid_parts();
  parts.end64 = true;
  const std::string file = put_together(parts);
  for (std::size_t at = file.find("PK\x01\x02"); at < file.size(); ++at) {
    for (const int mask : {0x01, 0x80, 0xFF}) {
      std::string flipped = file;
      flipped[at] = static_cast<char>(flipped[at] ^ mask);
      opens(write_file(path, flipped));
    }
  }
}

}  // namespace
}  // namespace finemix
