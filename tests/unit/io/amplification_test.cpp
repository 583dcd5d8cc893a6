// Files that ask a reader for many times their own size, by saying a thing once and using it often
// or by saying nothing in many places. Each costs at most what it has in bytes and 64 MB, and a
// second. They are made here, as some are of megabytes.
#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cost_testing.h"
#include "finemix/core/error.h"
#include "finemix/io/json.h"
#include "finemix/io/torch_zip.h"
#include "io_testing.h"
#include "torch_zip_testing.h"

namespace finemix {
namespace {

using testing::cost_of;
using testing::little_endian;
using testing::TemporaryDirectory;
using testing::torch_file;
using testing::write_file;
using testing::pickle::global;
using testing::pickle::kOrderedDict;
using testing::pickle::kProto;
using testing::pickle::number;
using testing::pickle::storage;
using testing::pickle::tensor;
using testing::pickle::text;

std::string repeated(std::string_view part, std::size_t times) {
  std::string all;
  all.reserve(part.size() * times);
  for (std::size_t i = 0; i < times; ++i) all += part;
  return all;
}

class AmplificationTest : public ::testing::Test {
 protected:
  // Has `read` read a file of these bytes; what it is refused with, or "". Expects its cost within
  // the bars.
  template <typename Read>
  std::string read_cheaply(const std::string& bytes, const Read& read) {
#if defined(__OPTIMIZE__) && !defined(__SANITIZE_ADDRESS__)
    constexpr double kMaxSeconds = 1;
#else
    constexpr double kMaxSeconds = 10;  // linear still: what these files once took was minutes
#endif
    const std::filesystem::path path = write_file(directory_ / "bomb", bytes);
    std::string refusal;
    const testing::Cost cost = cost_of([&] {
      try {
        read(path);
      } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::kMalformed) << error.what();
        refusal = error.what();
      }
    });
    EXPECT_LE(cost.seconds, kMaxSeconds);
#ifndef __SANITIZE_ADDRESS__  // which holds on to what was freed
    EXPECT_LE(cost.bytes, bytes.size() + (64 << 20));
#endif
    RecordProperty("seconds", std::to_string(cost.seconds));
    RecordProperty("bytes", std::to_string(cost.bytes));
    RecordProperty("file_bytes", std::to_string(bytes.size()));
    return refusal;
  }

  // Refused with that, or read where it is empty.
  void expect_refused(const std::string& pickle, std::string_view message,
                      const std::string& key = "0") {
    const std::string refusal =
        read_cheaply(torch_file(pickle, {{key, "1234"}}),
                     [](const std::filesystem::path& path) { TorchZipReader file(path); });
    EXPECT_EQ(refusal.empty(), message.empty()) << refusal;
    EXPECT_NE(refusal.find(message), refusal.npos) << refusal;
  }

  TemporaryDirectory directory_;
};

const std::string kSetName = std::string("q\0", 2), kGetName = std::string("h\0", 2);
const std::string kSetTensor = "q\x01", kGetTensor = "h\x01";

// A state dict of one tensor under one name, both from the memo, so many times.
std::string named_again(const std::string& name, const std::string& value, std::size_t times) {
  const std::string again = "(" + repeated(kGetName + kGetTensor, 1'000) + "u";
  return kProto + kOrderedDict + text(name) + kSetName + value + kSetTensor + "s" +
         repeated(again, times / 1'000) + ".";
}

TEST_F(AmplificationTest, LongNameOfManyTensors) {
  expect_refused(
      named_again(std::string(1'000'000, 'n'), tensor(storage("0", 1), 0, {1}, {1}), 3'000),
      "the names have more bytes than the pickle");
}

TEST_F(AmplificationTest, NameOfTheLongestOfMostTensors) {
  expect_refused(named_again(std::string(1'024, 'n'), tensor(storage("0", 1), 0, {1}, {1}), 99'000),
                 "the names have more bytes than the pickle");
}

// What _rebuild_tensor_v2 is called with.
std::string arguments_of(const std::string& storage, const std::vector<std::int64_t>& shape,
                         const std::vector<std::int64_t>& strides) {
  const std::string whole = tensor(storage, 0, shape, strides);
  const std::size_t callable = global("torch._utils", "_rebuild_tensor_v2").size();
  return whole.substr(callable, whole.size() - callable - 1);
}

// A state dict of so many tensors, each with a name of its own and all else from the memo.
std::string tensors_of(const std::string& arguments, std::size_t count) {
  std::string pickle = kProto + kOrderedDict + "}" + text("kept") + "(" +
                       global("torch._utils", "_rebuild_tensor_v2") + kSetName + arguments +
                       kSetTensor + "tsb";
  for (std::size_t i = 0; i < count; ++i) {
    pickle += text(std::to_string(i)) + kGetName + kGetTensor + "Rs";
  }
  return pickle + ".";
}

TEST_F(AmplificationTest, LongKeyOfAStorageOfManyTensors) {
  expect_refused(tensors_of(arguments_of(storage(std::string(1'000'000, 'k'), 1), {1}, {1}), 3'000),
                 "kkk' is not in the archive");
}

TEST_F(AmplificationTest, KeyOfTheLongestOfMostTensors) {
  const std::string key(255, 'k');
  expect_refused(tensors_of(arguments_of(storage(key, 1), {1}, {1}), 100'000), "", key);
}

TEST_F(AmplificationTest, ShapeOfMostDimensionsOfMostTensors) {
  const std::vector<std::int64_t> ones(32, 1);
  expect_refused(tensors_of(arguments_of(storage("0", 1), ones, ones), 100'000),
                 "the tensors have more than 500000 dimensions in all");
}

TEST_F(AmplificationTest, MostDimensionsOfMostTensorsThatAreRead) {
  const std::vector<std::int64_t> ones(5, 1);
  expect_refused(tensors_of(arguments_of(storage("0", 1), ones, ones), 100'000), "");
}

TEST_F(AmplificationTest, TuplesDictsEntriesAndMemoInAPickle) {
  const std::string refusal = "more than 1000000 values";
  expect_refused(kProto + repeated("(" + std::string(9'000, 'N') + "t", 1'600) + ".", refusal);
  expect_refused(kProto + repeated("(" + std::string(9'000, '}') + "t", 1'600) + ".", refusal);
  expect_refused(kProto + "}" + text("k") + kSetName + "N" + kSetTensor + "s" +
                     repeated("(" + repeated(kGetName + "N", 4'000) + "u", 1'300) + ".",
                 refusal);
  std::string memo = kProto + "}";
  for (std::uint64_t i = 0; i < 3'000'000; ++i) memo += "r" + little_endian(i, 4);
  expect_refused(memo, refusal);
}

// Many names for one storage of BOOL that is [columns, rows] of them transposed.
std::string transposed_bools(std::int64_t bytes, std::int64_t rows, int names) {
  std::string entries;
  for (int i = 0; i < names; ++i) {
    entries += text("w" + std::to_string(i)) +
               tensor(storage("0", bytes, "BoolStorage"), 0, {rows, bytes / rows}, {1, rows});
  }
  return torch_file(testing::pickle::state_dict(entries),
                    {{"0", std::string(static_cast<std::size_t>(bytes), '\1')}});
}

TEST_F(AmplificationTest, StridedBoolsOfOneStorageAreCheckedOnce) {
  EXPECT_EQ(read_cheaply(transposed_bools(4 << 20, 1 << 11, 15),
                         [](const std::filesystem::path& path) { TorchZipReader file(path); }),
            "");
}

TEST_F(AmplificationTest, TransposedTensorIsReadInOnePassAlsoInParts) {
  EXPECT_EQ(read_cheaply(transposed_bools(4 << 20, 1 << 11, 1),
                         [](const std::filesystem::path& path) {
                           const TorchZipReader file(path);
                           const TensorInfo& info = file.tensors()[0];
                           std::vector<std::byte> part(1 << 12);
                           for (std::uint64_t at = 0; at < info.bytes; at += part.size()) {
                             file.read(info, at, part);
                           }
                         }),
            "");
}

// Tensors of two far elements, whose way between is read or leapt over.
TEST_F(AmplificationTest, FarElementsOfManyTensorsAreCountedWithTheirWay) {
  constexpr std::int64_t kFar = 1 << 20;
  const std::string value = tensor(storage("0", kFar, "ByteStorage"), 0, {kFar / 1024}, {1024});
  std::string entries;
  for (int i = 0; i < 20; ++i) entries += text(std::to_string(i)) + value;
  const std::string refusal = read_cheaply(
      torch_file(testing::pickle::state_dict(entries), {{"0", std::string(kFar, 'b')}}),
      [](const std::filesystem::path& path) { TorchZipReader file(path); });
  EXPECT_NE(refusal.find("more than 16 times the bytes of the file"), refusal.npos) << refusal;
}

// A document of these values, of 15 MB.
std::string array_of(std::string_view value) {
  return "[" + repeated(value, 15'000'000 / value.size()) + "0]";
}

TEST_F(AmplificationTest, JsonOfManyValues) {
  const auto read = [](const std::filesystem::path& path) { read_json_file(path); };
  std::string keys = "{";
  for (int i = 0; i < 1'200'000; ++i) keys += "\"" + std::to_string(i) + "\":0,";
  for (const std::string& text :
       {array_of("[],"), array_of("{},"), array_of("0,"), array_of("\"\","), array_of("[[]],"),
        array_of("{\"\":0},"), array_of("[0],"), keys + "\"\":0}"}) {
    SCOPED_TRACE(text.substr(0, 20));
    const std::string refusal = read_cheaply(text, read);
    EXPECT_NE(refusal.find("they take over 50000000 bytes of memory"), refusal.npos) << refusal;
  }
}

// The values of an object are not copied as it grows.
TEST_F(AmplificationTest, JsonOfALargeValueAndManyKeys) {
  std::string text = "{\"large\":[" + repeated("[],", 500'000) + "0]";
  for (int i = 0; i < 1'000; ++i) text += ",\"" + std::to_string(i) + "\":0";
  EXPECT_EQ(read_cheaply(text + "}",
                         [](const std::filesystem::path& path) {
                           EXPECT_EQ(read_json_file(path).size(), 1'001U);
                         }),
            "");
}

// Tokenizers of as many pieces as XLM-R's has, and as the largest of its kind, with 900,000.
TEST_F(AmplificationTest, JsonOfRealVocabulariesIsRead) {
  for (const int pieces : {250'002, 901'629}) {
    std::string text = "{\"model\":{\"type\":\"Unigram\",\"vocab\":[[\"<s>\",0.0]";
    for (int i = 1; i < pieces; ++i) {
      const std::string_view script = i % 3 == 0 ? "\u0E01\u0E02\u0E03" : "pi";
      text += ",[\"\u2581" + std::string(script) + std::to_string(i) + "\",-13.912345886230469]";
    }
    const Json json = parse_json(text + "]}}", "tokenizer.json");
    EXPECT_EQ(json["model"]["vocab"].size(), static_cast<std::size_t>(pieces));
  }
}

}  // namespace
}  // namespace finemix
