#include "finemix/io/torch_zip.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "finemix/io/safetensors.h"
#include "io_testing.h"
#include "torch_zip_testing.h"

namespace finemix {
namespace {

using testing::expect_error;
using testing::read_file;
using testing::TemporaryDirectory;
using testing::torch_file;
using testing::write_file;
using testing::zip_file;
using testing::pickle::state_dict;
using testing::pickle::storage;
using testing::pickle::tensor;
using testing::pickle::text;
using testing::pickle::vector_tensor;
using Sizes = std::vector<std::int64_t>;

const std::string kFixtures = FINEMIX_TEST_DATA "/io/torch_zip/";

std::string read(const TensorFile& file, const TensorInfo& info) {
  std::string bytes(info.bytes, '?');
  file.read(info, std::as_writable_bytes(std::span(bytes)));
  return bytes;
}

// Expects the same tensors, byte for byte, in both.
void expect_same(const TensorFile& file, const TensorFile& expected) {
  EXPECT_EQ(file.tensors().size(), expected.tensors().size());
  for (const TensorInfo& info : expected.tensors()) {
    SCOPED_TRACE(info.name);
    const TensorInfo* const found = file.find(info.name);
    ASSERT_NE(found, nullptr);
    EXPECT_EQ(found->dtype, info.dtype);
    EXPECT_EQ(found->shape, info.shape);
    EXPECT_EQ(found->bytes, info.bytes);
    EXPECT_EQ(read(file, *found), read(expected, info));
  }
}

class TorchZipTest : public ::testing::Test {
 protected:
  TorchZipReader open(std::string_view file) {
    return TorchZipReader(write_file(directory_ / "model.bin", file));
  }

  // A file of one tensor, "w", in storage "0" of these bytes.
  TorchZipReader open_tensor(const std::string& value, const std::string& bytes) {
    return open(torch_file(state_dict(text("w") + value), {{"0", bytes}}));
  }

  void expect_refused(std::string_view file, std::initializer_list<std::string_view> fragments) {
    expect_error(ErrorKind::kMalformed, {"model.bin"}, [&] { open(file); });
    expect_error(ErrorKind::kMalformed, fragments, [&] { open(file); });
  }

  void expect_tensor_refused(const std::string& value, const std::string& bytes,
                             std::initializer_list<std::string_view> fragments) {
    expect_refused(torch_file(state_dict(text("w") + value), {{"0", bytes}}), fragments);
    expect_error(ErrorKind::kMalformed, {"tensor 'w'"}, [&] { open_tensor(value, bytes); });
  }

  TemporaryDirectory directory_;
};

TEST_F(TorchZipTest, WhatTorchSaveWroteIsReadAsSafetensorsHasIt) {
  const SafetensorsReader expected(kFixtures + "kinds.safetensors");
  ASSERT_EQ(expected.tensors().size(), 25U);
  expect_same(TorchZipReader(kFixtures + "kinds.bin"), expected);
  expect_same(TorchZipReader(kFixtures + "repacked.bin"), expected);
}

TEST_F(TorchZipTest, ModelIsReadAsSavePretrainedWritesIt) {
  expect_same(TorchZipReader(kFixtures + "whole/pytorch_model.bin"),
              SafetensorsReader(kFixtures + "safetensors/model.safetensors"));
}

TEST_F(TorchZipTest, FileWithoutChecksumsIsRead) {
  EXPECT_EQ(TorchZipReader(kFixtures + "no_checksums.bin").tensors().at(0).shape, Sizes{3});
}

TEST_F(TorchZipTest, PartsOfTensorsAreRead) {
  const SafetensorsReader expected(kFixtures + "kinds.safetensors");
  const TorchZipReader file(kFixtures + "kinds.bin");
  for (const char* name : {"transposed", "permuted", "rows", "narrow", "column"}) {
    SCOPED_TRACE(name);
    const TensorInfo& info = *file.find(name);
    const std::size_t width = dtype_size(info.dtype);
    const std::string whole = read(expected, *expected.find(name));
    for (std::size_t begin = 0; begin <= whole.size(); begin += width) {
      for (std::size_t size : {std::size_t{0}, width, 3 * width, whole.size() - begin}) {
        if (begin + size > whole.size()) continue;
        std::string part(size, '?');
        file.read(info, begin, std::as_writable_bytes(std::span(part)));
        EXPECT_EQ(part, whole.substr(begin, size)) << begin << " " << size;
      }
    }
    file.read_ahead(info, 0, info.bytes);
  }
}

TEST_F(TorchZipTest, PartOfAnElementOfATransposedTensorIsABug) {
  const TorchZipReader file(kFixtures + "kinds.bin");
  std::array<std::byte, 4> out{};
  expect_error(ErrorKind::kInternal, {"part of an element of tensor 'transposed'"},
               [&] { file.read(*file.find("transposed"), 2, out); });
  expect_error(ErrorKind::kInternal, {"part of an element"},
               [&] { file.read(*file.find("transposed"), 0, std::span(out).first(3)); });
}

TEST_F(TorchZipTest, LargeTransposedTensorIsReadInPieces) {
  constexpr std::int64_t kRows = 700, kColumns = 300;
  std::vector<std::int32_t> stored(kRows * kColumns);
  for (std::size_t i = 0; i < stored.size(); ++i) stored[i] = static_cast<std::int32_t>(i);
  const TorchZipReader file = open_tensor(
      tensor(storage("0", kRows * kColumns, "IntStorage"), 0, {kColumns, kRows}, {1, kColumns}),
      std::string(reinterpret_cast<const char*>(stored.data()), stored.size() * 4));
  std::vector<std::int32_t> read(stored.size());
  file.read(file.tensors()[0], std::as_writable_bytes(std::span(read)));
  for (std::int64_t i = 0; i < kRows * kColumns; ++i) {
    const std::int64_t row = i / kRows, column = i % kRows;
    ASSERT_EQ(read[static_cast<std::size_t>(i)], column * kColumns + row) << i;
  }
}

TEST_F(TorchZipTest, TransposedTensorIsBounded) {
  constexpr std::int64_t kRows = 1 << 10, kColumns = (1 << 18) + 1;
  constexpr std::uint64_t kBytes = 4 * kRows * kColumns;
  const std::string pickle = state_dict(
      text("w") + tensor(storage("0", kRows * kColumns), 0, {kRows, kColumns}, {1, kRows}));
  std::string file =
      zip_file({{"model/data.pkl", pickle}, {"model/version", "3\n"}, {"model/data/0", "wwww"}});
  // The storage is made a hole on disk.
  const std::string sizes = testing::little_endian(kBytes, 4) + testing::little_endian(kBytes, 4);
  const std::size_t local = file.rfind("PK\x03\x04"), end = file.size() - 22;
  const std::size_t directory = file.find("PK\x01\x02");
  file.replace(local + 18, sizes.size(), sizes);
  file.replace(file.rfind("PK\x01\x02") + 20, sizes.size(), sizes);
  file.replace(end + 16, 4, testing::little_endian(directory - 4 + kBytes, 4));
  const std::filesystem::path path = directory_ / "hole.bin";
  write_file(path, file.substr(0, directory - 4));
  std::filesystem::resize_file(path, directory - 4 + kBytes);
  std::ofstream(path, std::ios::binary | std::ios::app) << file.substr(directory);
  expect_error(ErrorKind::kMalformed,
               {"tensor 'w'", "takes 1073745920 bytes, expected at most 1073741824"},
               [&] { TorchZipReader reader(path); });
}

TEST_F(TorchZipTest, TensorsAreInTheOrderOfTheFile) {
  const TorchZipReader file =
      open(torch_file(state_dict(text("b") + vector_tensor("0", 1) + text("a") +
                                 tensor(storage("1", 2), 1, {1}, {1}) + text("c") +
                                 tensor(storage("1", 2), 0, {2}, {1})),
                      {{"0", "0000"}, {"1", "11112222"}}));
  ASSERT_EQ(file.tensors().size(), 3U);
  EXPECT_EQ(file.tensors()[0].name, "b");
  EXPECT_EQ(file.tensors()[1].name, "c");
  EXPECT_EQ(file.tensors()[2].name, "a");
  EXPECT_EQ(read(file, file.tensors()[2]), "2222");
}

TEST_F(TorchZipTest, OtherFormatsAreToldApart) {
  expect_error(ErrorKind::kMalformed,
               {"legacy.bin", "format from before torch 1.6", "weights_only=True"},
               [] { TorchZipReader file(kFixtures + "legacy.bin"); });
  expect_refused("\x80\x02}.", {"plain pickle", "weights_only=True"});
  expect_refused("", {"begins with ''"});
  expect_refused("{\"a\"", {"begins with '{\"a\"'", "no ZIP archive of torch.save"});
  expect_refused(read_file(kFixtures + "kinds.bin").substr(0, 1000), {"no ZIP end record"});
}

TEST_F(TorchZipTest, ArchiveHasOneFolder) {
  const std::string pickle = testing::pickle::kProto + "}.";
  expect_refused(zip_file({{"data.pkl", pickle}}), {"'data.pkl' is not in the one folder"});
  expect_refused(zip_file({{"m/data.pkl", pickle}, {"n/version", "3"}}),
                 {"'n/version' is not in the one folder 'm'"});
  EXPECT_TRUE(open(zip_file({{"m/data.pkl", pickle}, {"m/version", "3\n"}})).tensors().empty());
}

TEST_F(TorchZipTest, ArchiveHasAPickle) {
  expect_refused(zip_file({}), {"begins with 'PK\\x05\\x06'"});
  expect_refused(zip_file({{"m/version", "3"}}), {"has no entry 'data.pkl'"});
}

TEST_F(TorchZipTest, ByteOrderIsLittle) {
  const auto file = [](const std::string& order) {
    return zip_file({{"m/data.pkl", testing::pickle::kProto + "}."},
                     {"m/version", "3"},
                     {"m/byteorder", order}});
  };
  EXPECT_NO_THROW(open(file("little")));
  expect_refused(file("big"), {"byte order 'big', expected 'little'"});
  expect_refused(file(""), {"byte order ''"});
  expect_refused(file(std::string(17, 'x')), {"'m/byteorder'", "17 bytes, expected at most 16"});
}

TEST_F(TorchZipTest, VersionIsOneThatTorchReads) {
  const auto file = [](const std::string& version) {
    return zip_file({{"m/data.pkl", testing::pickle::kProto + "}."}, {"m/version", version}});
  };
  for (const char* version : {"1", "3\n", "9", "10\n"}) EXPECT_NO_THROW(open(file(version)));
  for (const char* version : {"0\n", "11\n", "", "three", "3\n\n", "-1", ":"}) {
    expect_refused(file(version), {"has format version", "expected one from 1 to 10"});
  }
  expect_refused(zip_file({{"m/data.pkl", testing::pickle::kProto + "}."}}),
                 {"has no entry 'version'"});
}

TEST_F(TorchZipTest, EntriesThatBelongToNothingAreRefused) {
  const std::string pickle = testing::pickle::kProto + "}.";
  expect_refused(zip_file({{"m/data.pkl", pickle}, {"m/version", "3"}, {"m/data/0", "1234"}}),
                 {"'m/data/0' is a storage that no tensor is in"});
  for (const char* name : {"m/constants.pkl", "m/code/model.py", "m/data.pkl.sig", "m/data"}) {
    expect_refused(zip_file({{"m/data.pkl", pickle}, {"m/version", "3"}, {name, ""}}),
                   {std::string("'") + name + "' is no part of a state dict"});
  }
  EXPECT_NO_THROW(
      open(zip_file({{"m/data.pkl", pickle}, {"m/version", "3"}, {"m/.data/future", "unread"}})));
}

TEST_F(TorchZipTest, PickleIsRefusedWithItsPlace) {
  expect_refused(zip_file({{"m/data.pkl", testing::pickle::kProto + "cos\nsystem\n."}}),
                 {"model.bin: data.pkl, byte 2: asks for 'os.system'"});
}

TEST_F(TorchZipTest, PickleOver16MebibytesIsRefusedUnread) {
  expect_refused(zip_file({{"m/data.pkl", std::string((16 << 20) + 1, 'N')}}),
                 {"'m/data.pkl'", "16777217 bytes, expected at most 16777216"});
}

TEST_F(TorchZipTest, StorageThatIsMissingIsNamed) {
  expect_tensor_refused(vector_tensor("7", 1), "1234", {"'data/7' is not in the archive"});
  expect_tensor_refused(vector_tensor("../version", 1), "1234",
                        {"'data/../version' is not in the archive"});
}

TEST_F(TorchZipTest, StorageHasTheBytesThatAreSaid) {
  expect_tensor_refused(vector_tensor("0", 2), "1234",
                        {"storage '0' is said to be 2 elements of F32, but has 4 bytes"});
  expect_tensor_refused(vector_tensor("0", 1), "12345", {"but has 5 bytes"});
  expect_tensor_refused(tensor(storage("0", 0x4000000000000001), 0, {1}, {1}), "1234",
                        {"4611686018427387905 elements"});
}

TEST_F(TorchZipTest, StorageOfTwoDTypesIsRefused) {
  expect_refused(torch_file(state_dict(text("a") + vector_tensor("0", 1) + text("w") +
                                       tensor(storage("0", 1, "IntStorage"), 0, {1}, {1})),
                            {{"0", "1234"}}),
                 {"tensor 'w'", "is in two dtypes"});
}

TEST_F(TorchZipTest, TensorsEndWithinTheirStorage) {
  const std::string three(12, 'x');
  for (const auto& [offset, shape, strides] :
       {std::tuple<std::int64_t, Sizes, Sizes>{0, {4}, {1}},
        {1, {3}, {1}},
        {3, {}, {}},
        {4, {0}, {1}},
        {0, {2}, {3}},
        {0, {2, 2}, {2, 1}},
        {std::numeric_limits<std::int64_t>::max(), {1}, {1}}}) {
    expect_tensor_refused(tensor(storage("0", 3), offset, shape, strides), three,
                          {"reaches beyond the 3 elements of its storage"});
  }
  for (const auto& [offset, shape, strides] : {std::tuple<std::int64_t, Sizes, Sizes>{0, {3}, {1}},
                                               {2, {}, {}},
                                               {3, {0}, {1}},
                                               {0, {0, 7}, {7, 1}},
                                               {0, {2}, {2}},
                                               {1, {1, 2}, {99, 1}}}) {
    EXPECT_NO_THROW(open_tensor(tensor(storage("0", 3), offset, shape, strides), three));
  }
}

TEST_F(TorchZipTest, ProductsThatOverflowAreRefusedInEveryOrder) {
  constexpr std::int64_t k40 = std::int64_t{1} << 40;
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  for (const auto& [offset, shape, strides] :
       {std::tuple<std::int64_t, Sizes, Sizes>{0, {0, k40, k40}, {1, 1, 1}},
        {0, {k40, 0, k40}, {1, 1, 1}},
        {0, {k40, k40, 0}, {1, 1, 1}},
        {0, {0, 3}, {1, kMost}},
        {0, {3, 0}, {kMost, 1}},
        {kMost, {2}, {1}},
        {0, {2, 2}, {kMost, kMost}},
        {0, {k40}, {k40}}}) {
    expect_tensor_refused(tensor(storage("0", 1), offset, shape, strides), "1234",
                          {"takes over 2^63 bytes"});
  }
}

TEST_F(TorchZipTest, TensorThatHoldsAnElementTwiceIsRefused) {
  const std::string five(20, 'x');
  for (const auto& [shape, strides] :
       {std::pair<Sizes, Sizes>{{4}, {0}}, {{2, 2}, {1, 1}}, {{2, 3}, {1, 1}}, {{3, 2}, {1, 2}}}) {
    expect_tensor_refused(tensor(storage("0", 5), 0, shape, strides), five,
                          {"holds an element more than once", ".contiguous()"});
  }
}

TEST_F(TorchZipTest, StridesOfDimensionsOfOneSayNothing) {
  const TorchZipReader file =
      open_tensor(tensor(storage("0", 3), 0, {1, 3, 1}, {0, 1, 77}), "111122223333");
  EXPECT_TRUE(file.tensors()[0].strides.empty());
  EXPECT_EQ(read(file, file.tensors()[0]), "111122223333");
}

TEST_F(TorchZipTest, TiedTensorsAreAtMostSixteenTimesTheFile) {
  const auto file = [](int names) {
    std::string entries;
    for (int i = 0; i < names; ++i) {
      entries +=
          text(std::to_string(i)) +
          (i == 0 ? vector_tensor("0", 100'000) + std::string("q\0", 2) : std::string("h\0", 2));
    }
    return torch_file(state_dict(entries), {{"0", std::string(400'000, 'x')}});
  };
  EXPECT_EQ(open(file(16)).tensors().size(), 16U);
  expect_refused(file(17), {"tensor '16'", "more than 16 times the bytes of the file"});
}

TEST_F(TorchZipTest, NamesThatAreEmptyLongUnprintableOrTwiceAreRefused) {
  const auto refused = [&](const std::string& name, std::string_view fragment) {
    expect_refused(torch_file(state_dict(text(name) + vector_tensor("0", 1)), {{"0", "1234"}}),
                   {fragment});
  };
  refused("", "the name is empty");
  refused(std::string(1025, 'n'), "longer than 1024 bytes");
  refused("a\x1b[2J", "has a control character");
  refused("a\xFF", "the name is not printable UTF-8");
  refused("\xED\xA0\x80",
          "the name is not printable UTF-8");  // a surrogate, as Python's pickle writes it
  expect_refused(
      torch_file(state_dict(text("w") + vector_tensor("0", 1) + text("w") + vector_tensor("0", 1)),
                 {{"0", "1234"}}),
      {"tensor 'w' occurs twice"});
}

TEST_F(TorchZipTest, BooleansOtherThanZeroAndOneAreRefused) {
  const std::string value = tensor(storage("0", 3, "BoolStorage"), 0, {3}, {1});
  EXPECT_EQ(open_tensor(value, std::string("\0\1\0", 3)).tensors().size(), 1U);
  expect_tensor_refused(value, std::string("\0\1\2", 3), {"holds byte 2, expected 0 or 1"});
}

TEST_F(TorchZipTest, FileThatShrinksIsAnErrorNotACrash) {
  const TorchZipReader file = open_tensor(vector_tensor("0", 1), "1234");
  std::filesystem::resize_file(directory_ / "model.bin", 20);
  expect_error(ErrorKind::kFile, {"has shrunk"}, [&] { read(file, file.tensors()[0]); });
}

TEST_F(TorchZipTest, LinksAreRefusedWhereTheyAreNotAllowed) {
  write_file(directory_ / "model.bin", torch_file(testing::pickle::kProto + "}.", {}));
  std::filesystem::create_symlink("model.bin", directory_ / "link.bin");
  EXPECT_NO_THROW(TorchZipReader(directory_ / "link.bin"));
  expect_error(ErrorKind::kMalformed, {"link.bin' is a link"},
               [&] { TorchZipReader file(directory_ / "link.bin", Links::kRefuse); });
}

}  // namespace
}  // namespace finemix
