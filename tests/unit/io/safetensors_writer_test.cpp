#include "finemix/io/safetensors_writer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "io_testing.h"
#include "safetensors_testing.h"

namespace finemix {
namespace {

using testing::expect_error;
using testing::read_file;
using testing::safetensors_file;
using testing::TemporaryDirectory;
using testing::write_file;

class SafetensorsWriterTest : public ::testing::Test {
 protected:
  static std::span<const std::byte> bytes(std::string_view text) {
    return std::as_bytes(std::span(text));
  }

  TemporaryDirectory directory_;
  const std::filesystem::path path_ = directory_ / "out.safetensors";
};

TEST_F(SafetensorsWriterTest, WhatIsWrittenIsReadBack) {
  const std::vector<TensorBytes> tensors = {
      {"flag", DType::kBool, {2}, bytes(std::string_view("\0\1", 2))},
      {"b", DType::kF32, {1, 2}, bytes("BBBBbbbb")},
      {"half", DType::kBF16, {3}, bytes("hahaha")},
      {"empty", DType::kF32, {0, 9}, {}},
      {"scalar", DType::kI64, {}, bytes("12345678")},
      {"a \"quoted\" \u00EF\\", DType::kF32, {1}, bytes("AAAA")}};
  write_safetensors(path_, tensors, {{"format", "pt"}, {"note", "x\ny"}});
  const SafetensorsReader reader(path_);
  ASSERT_EQ(reader.tensors().size(), tensors.size());
  for (const TensorBytes& tensor : tensors) {
    const TensorInfo* info = reader.find(tensor.name);
    ASSERT_NE(info, nullptr) << tensor.name;
    EXPECT_EQ(info->dtype, tensor.dtype);
    EXPECT_EQ(info->shape, tensor.shape);
    std::vector<std::byte> read(info->bytes);
    reader.read(*info, read);
    EXPECT_TRUE(std::equal(read.begin(), read.end(), tensor.bytes.begin(), tensor.bytes.end()));
  }
  EXPECT_EQ(reader.metadata(),
            (std::map<std::string, std::string>{{"format", "pt"}, {"note", "x\ny"}}));
}

TEST_F(SafetensorsWriterTest, EveryByteIsAsTheReferenceWriterHasIt) {
  const std::vector<TensorBytes> tensors = {{"c", DType::kU8, {1}, bytes("c")},
                                            {"b", DType::kF32, {1}, bytes("bbbb")},
                                            {"a", DType::kF32, {1}, bytes("aaaa")}};
  write_safetensors(path_, tensors);
  // safetensors 0.8.0: safetensors.numpy.save({...}, metadata={"format": "pt"})
  const std::string header =
      R"({"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},)"
      R"("b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]},)"
      R"("c":{"dtype":"U8","shape":[1],"data_offsets":[8,9]}})";
  const std::string padding((8 - header.size() % 8) % 8, ' ');
  EXPECT_EQ(read_file(path_), safetensors_file(header + padding, "aaaabbbbc"));
}

TEST_F(SafetensorsWriterTest, EveryTensorIsAlignedToItsWidth) {
  const std::string data(1000, 'x');
  std::vector<TensorBytes> tensors;
  for (const auto& [name, dtype, count] : {std::tuple{"a", DType::kU8, 3},
                                           {"b", DType::kF64, 1},
                                           {"c", DType::kF16, 5},
                                           {"d", DType::kF32, 7},
                                           {"e", DType::kI8, 1},
                                           {"f", DType::kI64, 3}}) {
    tensors.push_back({name, dtype, {count}, bytes(data).first(dtype_size(dtype) * count)});
  }
  write_safetensors(path_, tensors);
  const SafetensorsReader reader(path_);
  EXPECT_EQ(reader.tensors()[0].offset % 8, 0u);
  for (const TensorInfo& info : reader.tensors()) {
    EXPECT_EQ(info.offset % dtype_size(info.dtype), 0u) << info.name;
  }
}

TEST_F(SafetensorsWriterTest, TheOrderGivenDoesNotMatter) {
  const std::vector<TensorBytes> one = {{"x", DType::kF32, {1}, bytes("xxxx")},
                                        {"y", DType::kF32, {1}, bytes("yyyy")}};
  const std::vector<TensorBytes> other = {one[1], one[0]};
  write_safetensors(path_, one);
  write_safetensors(directory_ / "other", other);
  EXPECT_EQ(read_file(path_), read_file(directory_ / "other"));
}

TEST_F(SafetensorsWriterTest, NoTensorsAndNoMetadataMakeAnEmptyFile) {
  write_safetensors(path_, {}, {});
  EXPECT_EQ(read_file(path_), safetensors_file("{}      "));
}

TEST_F(SafetensorsWriterTest, LargeTensorsAreWrittenWhole) {
  std::string data(5 << 20, '\0');
  for (std::size_t i = 0; i < data.size(); ++i) data[i] = static_cast<char>(i * 31 + i / 4096);
  const std::vector<TensorBytes> tensors = {
      {"large", DType::kU8, {static_cast<std::int64_t>(data.size())}, bytes(data)},
      {"small", DType::kU8, {1}, bytes("s")}};
  write_safetensors(path_, tensors);
  const std::string file = read_file(path_);
  ASSERT_GT(file.size(), data.size());
  EXPECT_EQ(file.substr(file.size() - data.size() - 1), data + "s");
}

TEST_F(SafetensorsWriterTest, PiecesOfAnySizeMakeTheSameFile) {
  std::string data(100'000, '\0');
  for (std::size_t i = 0; i < data.size(); ++i) data[i] = static_cast<char>(i * 31 + i / 4096);
  const std::vector<TensorBytes> tensors = {{"a", DType::kF32, {25'000}, bytes(data)},
                                            {"b", DType::kF16, {3}, bytes("bbbbbb")}};
  write_safetensors(directory_ / "whole", tensors);
  const SafetensorsPlan plan =
      plan_safetensors({{"b", DType::kF16, {3}}, {"a", DType::kF32, {25'000}}});
  const std::string all = data + "bbbbbb";
  for (const std::size_t piece : {1u, 1000u, 70'000u, 1'000'000u}) {
    std::filesystem::remove(path_);
    SafetensorsWriter writer(path_, plan);
    for (std::size_t at = 0; at < all.size(); at += piece) {
      writer.write(bytes(std::string_view(all).substr(at, piece)));
    }
    writer.finish();
    EXPECT_TRUE(read_file(path_) == read_file(directory_ / "whole")) << piece;
    EXPECT_EQ(std::filesystem::file_size(path_), plan.file_bytes());
  }
}

TEST_F(SafetensorsWriterTest, AFileThatIsNotAsPlannedIsNotKept) {
  const SafetensorsPlan plan = plan_safetensors({{"a", DType::kF32, {2}}});
  expect_error(ErrorKind::kInternal, {"1 bytes are missing"}, [&] {
    SafetensorsWriter writer(path_, plan);
    writer.write(bytes("aaaabbb"));
    writer.finish();
  });
  EXPECT_FALSE(std::filesystem::exists(path_));
  expect_error(ErrorKind::kInternal, {"9 bytes to write, but room for 8"}, [&] {
    SafetensorsWriter writer(path_, plan);
    writer.write(bytes("aaaabbbbc"));
  });
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(SafetensorsWriterTest, PartsOfATensorAreReadAsTheyLie) {
  write_safetensors(path_, std::vector<TensorBytes>{{"a", DType::kU8, {6}, bytes("abcdef")},
                                                    {"b", DType::kU8, {1}, bytes("!")}});
  const SafetensorsReader reader(path_);
  const TensorInfo& info = *reader.find("a");
  reader.read_ahead(info, 0, 6);
  std::string part(3, '?');
  reader.read(info, 2, std::as_writable_bytes(std::span(part)));
  EXPECT_EQ(part, "cde");
  reader.read(info, 6, {});
  for (const std::uint64_t offset : {4ull, 7ull, ~0ull}) {  // none may reach into "b"
    expect_error(ErrorKind::kInternal, {"'a' has 6 bytes"},
                 [&] { reader.read(info, offset, std::as_writable_bytes(std::span(part))); });
  }
}

TEST_F(SafetensorsWriterTest, NothingIsWrittenOver) {
  write_file(path_, "precious");
  expect_error(ErrorKind::kFile, {"cannot create", "out.safetensors", "File exists"},
               [&] { write_safetensors(path_, {}); });
  EXPECT_EQ(read_file(path_), "precious");
}

TEST_F(SafetensorsWriterTest, WhatTheReaderWouldRefuseIsNotWritten) {
  const auto expect_bug = [&](const std::vector<TensorBytes>& tensors, std::string_view fragment) {
    expect_error(ErrorKind::kInternal, {fragment}, [&] { write_safetensors(path_, tensors); });
    EXPECT_FALSE(std::filesystem::exists(path_));
  };
  const TensorBytes good{"x", DType::kF32, {1}, bytes("xxxx")};
  expect_bug({good, good}, "'x' cannot be written: it is given twice");
  expect_bug({{"x", DType::kF32, {2}, bytes("xxxx")}}, "4 bytes are not what its shape");
  expect_bug({{"x", DType::kF32, {-1}, bytes("xxxx")}}, "4 bytes are not what its shape");
  expect_bug({{"", DType::kF32, {1}, bytes("xxxx")}}, "its name is empty");
  expect_bug({{"\xFF", DType::kF32, {1}, bytes("xxxx")}}, "header");
}

}  // namespace
}  // namespace finemix
