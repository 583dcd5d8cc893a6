#include "finemix/io/safetensors.h"

#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "finemix/io/json.h"
#include "io_testing.h"
#include "safetensors_testing.h"

namespace finemix {
namespace {

using testing::expect_error;
using testing::read_file;
using testing::safetensors_file;
using testing::TemporaryDirectory;
using testing::write_file;

class SafetensorsTest : public ::testing::Test {
 protected:
  SafetensorsReader open(std::string_view file) {
    return SafetensorsReader(write_file(directory_ / "model.safetensors", file));
  }

  // Expects that the file is refused, naming it and everything in `fragments`.
  void expect_refused(std::string_view file, std::initializer_list<std::string_view> fragments) {
    SCOPED_TRACE(file.substr(0, 200));
    expect_error(ErrorKind::kMalformed, {"model.safetensors"}, [&] { open(file); });
    expect_error(ErrorKind::kMalformed, fragments, [&] { open(file); });
  }

  // The same with tensor 't' of this entry and `data`.
  void expect_entry_refused(std::string_view entry, std::string_view data,
                            std::initializer_list<std::string_view> fragments) {
    expect_refused(safetensors_file("{\"t\":" + std::string(entry) + "}", data), fragments);
  }

  std::string read(const SafetensorsReader& reader, std::string_view name) {
    const TensorInfo* info = reader.find(name);
    if (info == nullptr) return "(no such tensor)";
    std::string bytes(info->bytes, '?');
    reader.read(*info, std::as_writable_bytes(std::span(bytes)));
    return bytes;
  }

  TemporaryDirectory directory_;
};

TEST_F(SafetensorsTest, GivesTensorsInTheOrderOfTheirBytes) {
  const SafetensorsReader reader =
      open(safetensors_file(R"({"__metadata__":{"format":"pt","a":"b"},)"
                            R"("late":{"dtype":"U8","shape":[3],"data_offsets":[8,11]},)"
                            R"("early":{"data_offsets":[0,8],"shape":[2,1],"dtype":"F32"}}  )",
                            "AAAABBBBxyz"));
  ASSERT_EQ(reader.tensors().size(), 2u);
  const TensorInfo& early = reader.tensors()[0];
  EXPECT_EQ(early.name, "early");
  EXPECT_EQ(early.dtype, DType::kF32);
  EXPECT_EQ(early.shape, (std::vector<std::int64_t>{2, 1}));
  EXPECT_EQ(early.bytes, 8u);
  EXPECT_EQ(early.elements(), 2u);
  EXPECT_EQ(reader.tensors()[1].name, "late");
  EXPECT_EQ(read(reader, "early"), "AAAABBBB");
  EXPECT_EQ(read(reader, "late"), "xyz");
  EXPECT_EQ(reader.find("absent"), nullptr);
  EXPECT_EQ(reader.metadata(), (std::map<std::string, std::string>{{"format", "pt"}, {"a", "b"}}));
}

TEST_F(SafetensorsTest, ScalarsEmptyTensorsAndEmptyFilesAreRead) {
  const SafetensorsReader reader =
      open(safetensors_file(R"({"s":{"dtype":"I64","shape":[],"data_offsets":[0,8]},)"
                            R"("e1":{"dtype":"F32","shape":[0,5],"data_offsets":[0,0]},)"
                            R"("e2":{"dtype":"F32","shape":[7,0],"data_offsets":[8,8]}})",
                            "12345678"));
  EXPECT_EQ(reader.find("s")->elements(), 1u);
  EXPECT_EQ(read(reader, "s"), "12345678");
  EXPECT_EQ(read(reader, "e1"), "");
  EXPECT_TRUE(open(safetensors_file("{}")).tensors().empty());
}

TEST_F(SafetensorsTest, OffsetsNeedNotBeAligned) {
  const SafetensorsReader reader =
      open(safetensors_file(R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},)"
                            R"("b":{"dtype":"F64","shape":[1],"data_offsets":[1,9]}})",
                            "x12345678"));
  EXPECT_EQ(read(reader, "b"), "12345678");
}

TEST_F(SafetensorsTest, EveryDTypeIsReadByItsName) {
  for (const auto& [name, width] : std::map<std::string, std::size_t>{{"BOOL", 1},
                                                                      {"U8", 1},
                                                                      {"I8", 1},
                                                                      {"I16", 2},
                                                                      {"U16", 2},
                                                                      {"I32", 4},
                                                                      {"U32", 4},
                                                                      {"I64", 8},
                                                                      {"U64", 8},
                                                                      {"F16", 2},
                                                                      {"BF16", 2},
                                                                      {"F32", 4},
                                                                      {"F64", 8}}) {
    const SafetensorsReader reader = open(
        safetensors_file("{\"t\":{\"dtype\":\"" + name + "\",\"shape\":[3],\"data_offsets\":[0," +
                             std::to_string(3 * width) + "]}}",
                         std::string(3 * width, '\0')));
    const TensorInfo& info = reader.tensors().at(0);
    EXPECT_EQ(dtype_name(info.dtype), name);
    EXPECT_EQ(dtype_size(info.dtype), width);
    EXPECT_EQ(info.elements(), 3u);
  }
}

TEST_F(SafetensorsTest, FileWithoutRoomForAHeaderLengthIsRefused) {
  expect_refused("", {"0 bytes", "at least the 8"});
  expect_refused("1234567", {"7 bytes"});
}

TEST_F(SafetensorsTest, HeaderBeyondTheFileIsRefused) {
  std::string file = safetensors_file("{}");
  file[0] = 3;
  expect_refused(file, {"header of 3 bytes, expected at most 2"});
  file.replace(0, 8, 8, '\xFF');
  expect_refused(file, {"header of 18446744073709551615 bytes"});
}

TEST_F(SafetensorsTest, HeaderOverAHundredMegabytesIsRefused) {
  const auto path =
      write_file(directory_ / "model.safetensors", std::string("\x01\xE1\xF5\x05\0\0\0\0", 8));
  std::filesystem::resize_file(path, 200'000'000);  // a hole on disk
  expect_error(ErrorKind::kMalformed, {"header of 100000001 bytes, expected at most 100000000"},
               [&] { SafetensorsReader reader(path); });
}

TEST_F(SafetensorsTest, HeaderThatDoesNotBeginWithABraceIsRefused) {
  expect_refused(safetensors_file(" {}"), {"begins with ' ', expected '{'"});
  expect_refused(safetensors_file("[]"), {"begins with '['"});
  expect_refused(safetensors_file(""), {"begins with ''"});
}

TEST_F(SafetensorsTest, HeaderThatIsNotStrictJsonIsRefused) {
  expect_refused(safetensors_file("{"), {"not valid JSON"});
  expect_refused(safetensors_file("{}x"), {"not valid JSON"});
  expect_refused(safetensors_file("{\"\xFF\":1}"), {"not valid JSON"});
  expect_refused(safetensors_file(std::string("{}\0", 3)), {"NUL byte"});
  expect_refused(safetensors_file(R"({"a":[[[[]]]]})"), {"nested deeper than 3 levels"});
}

TEST_F(SafetensorsTest, EntriesThatAreNoObjectsAreRefused) {
  for (const char* entry : {"1", "-1", "1.5", "null", "true", "\"x\"", "[]"}) {
    expect_entry_refused(entry, "", {"header entry 't'", "expected an object"});
  }
}

TEST_F(SafetensorsTest, MissingKeysAreRefused) {
  for (const char* entry :
       {R"({})", R"({"shape":[0],"data_offsets":[0,0]})", R"({"dtype":"F32","data_offsets":[0,0]})",
        R"({"dtype":"F32","shape":[0]})"}) {
    expect_entry_refused(entry, "",
                         {"tensor 't'", "is missing, expected dtype, shape and data_offsets"});
  }
}

TEST_F(SafetensorsTest, UnknownKeysAreRefused) {
  expect_entry_refused(
      R"({"dtype":"F32","shape":[0],"data_offsets":[0,0],"stride":[1]})", "",
      {"tensor 't'", "key 'stride'", "expected only dtype, shape and data_offsets"});
}

TEST_F(SafetensorsTest, ValuesOfTheWrongTypeAreRefused) {
  for (const char* entry :
       {R"({"dtype":3,"shape":[0],"data_offsets":[0,0]})",
        R"({"dtype":["F32"],"shape":[0],"data_offsets":[0,0]})",
        R"({"dtype":{},"shape":[0],"data_offsets":[0,0]})",
        R"({"dtype":"F32","shape":0,"data_offsets":[0,0]})",
        R"({"dtype":"F32","shape":"0","data_offsets":[0,0]})",
        R"({"dtype":"F32","shape":[-1],"data_offsets":[0,0]})",
        R"({"dtype":"F32","shape":[0.0],"data_offsets":[0,0]})",
        R"({"dtype":"F32","shape":[1e2],"data_offsets":[0,0]})",
        R"({"dtype":"F32","shape":[null],"data_offsets":[0,0]})",
        R"({"dtype":"F32","shape":[-0],"data_offsets":[0,0]})",
        R"({"dtype":"F32","shape":[9223372036854775808],"data_offsets":[0,0]})",
        R"({"dtype":"F32","shape":[18446744073709551616],"data_offsets":[0,0]})",
        R"({"dtype":"F32","shape":[0],"data_offsets":null})",
        R"({"dtype":"F32","shape":[0],"data_offsets":[0,"0"]})"}) {
    expect_entry_refused(entry, "", {"tensor 't'", "expected"});
  }
}

TEST_F(SafetensorsTest, DTypesThatAreNotSupportedAreNamed) {
  for (const char* dtype : {"F8_E4M3", "F8_E5M2", "F4", "C64", "f32", ""}) {
    expect_entry_refused(
        "{\"dtype\":\"" + std::string(dtype) + "\",\"shape\":[4],\"data_offsets\":[0,4]}", "1234",
        {"tensor 't'", "dtype '" + std::string(dtype) + "'", "expected one of BOOL, U8,",
         "BF16, F32"});
  }
}

TEST_F(SafetensorsTest, OffsetsThatAreNoRangeOfTheDataAreRefused) {
  const auto entry = [](const std::string& offsets) {
    return R"({"dtype":"U8","shape":[4],"data_offsets":)" + offsets + "}";
  };
  expect_entry_refused(entry("[4,0]"), "1234", {"from 4 to 0"});
  expect_entry_refused(entry("[0,5]"), "1234", {"from 0 to 5", "within the 4 bytes"});
  expect_entry_refused(entry("[18446744073709551612,18446744073709551615]"), "1234", {"range"});
  for (const char* offsets : {"[]", "[0]", "[0,4,4]"}) {
    expect_entry_refused(entry(offsets), "1234", {"data_offsets"});
  }
}

TEST_F(SafetensorsTest, SizeThatIsNotShapeTimesWidthIsRefused) {
  expect_entry_refused(R"({"dtype":"F32","shape":[2],"data_offsets":[0,4]})", "1234",
                       {"tensor 't'", "shape [2] of F32 takes 8 bytes", "data_offsets give 4"});
  expect_entry_refused(R"({"dtype":"F32","shape":[],"data_offsets":[0,0]})", "", {"takes 4 bytes"});
}

TEST_F(SafetensorsTest, ProductsThatOverflowAreRefusedInEveryOrder) {
  // 2^40 and 2^63 - 1. The first would be 0 elements to whoever multiplies from the left.
  for (const char* shape : {"[0,1099511627776,1099511627776]", "[1099511627776,0,1099511627776]",
                            "[1099511627776,1099511627776,0]", "[1099511627776,1099511627776]",
                            "[0,9223372036854775807]", "[4294967296,4294967296]"}) {
    expect_entry_refused(
        R"({"dtype":"F32","shape":)" + std::string(shape) + R"(,"data_offsets":[0,0]})", "",
        {"tensor 't'", "takes over 2^63 bytes"});
  }
}

TEST_F(SafetensorsTest, OverlapsAreRefused) {
  expect_refused(safetensors_file(R"({"a":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},)"
                                  R"("b":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}})",
                                  "1234"),
                 {"tensor 'b' begins at byte 2", "expected 3", "overlaps"});
}

TEST_F(SafetensorsTest, HolesAreRefused) {
  expect_refused(safetensors_file(R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},)"
                                  R"("b":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}})",
                                  "1234"),
                 {"tensor 'b' begins at byte 2", "expected 1", "hole"});
  expect_entry_refused(R"({"dtype":"U8","shape":[3],"data_offsets":[1,4]})", "1234", {"hole"});
}

TEST_F(SafetensorsTest, BytesAfterTheLastTensorAreRefused) {
  expect_entry_refused(R"({"dtype":"U8","shape":[3],"data_offsets":[0,3]})", "1234",
                       {"end at byte 3", "expected 4, the end of the file"});
  expect_refused(safetensors_file("{}", "x"), {"end at byte 0"});
}

TEST_F(SafetensorsTest, DuplicateNamesAreRefused) {
  const std::string first = R"("a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]})";
  for (const char* second : {"\"a\"", "\"\\u0061\""}) {
    expect_refused(safetensors_file("{" + first + "," + second +
                                    R"(:{"dtype":"U8","shape":[0],"data_offsets":[0,0]}})"),
                   {"tensor 'a' occurs twice"});
  }
}

TEST_F(SafetensorsTest, DuplicateKeysInAnEntryAreRefused) {
  expect_entry_refused(R"({"dtype":"F32","dtype":"F32","shape":[0],"data_offsets":[0,0]})", "",
                       {"tensor 't'", "key 'dtype' occurs twice"});
  expect_entry_refused(R"({"shape":[0],"dtype":"F32","sh\u0061pe":[0],"data_offsets":[0,0]})", "",
                       {"key 'shape' occurs twice"});
}

TEST_F(SafetensorsTest, NamesThatAreEmptyLongOrUnprintableAreRefused) {
  const auto file = [](const std::string& name) {
    return safetensors_file("{\"" + name + R"(":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}})");
  };
  EXPECT_EQ(open(file(std::string(1024, 'n'))).tensors().size(), 1u);
  EXPECT_EQ(open(file("na\u00EFve")).tensors().size(), 1u);
  expect_refused(file(""), {"the name is empty"});
  expect_refused(file(std::string(1025, 'n')), {"the name is longer than 1024 bytes"});
  for (const char* name : {"a\\u0000", "\\n", "\\u001b[2J", "\\u007f", "\\u0080", "\\u009f"}) {
    expect_refused(file(name), {"the name has a control character"});
  }
}

TEST_F(SafetensorsTest, MetadataThatIsNotStringsToStringsIsRefused) {
  for (const char* metadata :
       {"null", "[]", "\"x\"", "{\"a\":1}", "{\"a\":null}", "{\"a\":{}}", "{\"a\":[\"x\"]}"}) {
    expect_refused(safetensors_file("{\"__metadata__\":" + std::string(metadata) + "}"),
                   {"header entry", "expected"});
  }
}

TEST_F(SafetensorsTest, DuplicateMetadataIsRefused) {
  expect_refused(safetensors_file(R"({"__metadata__":{"a":"1","a":"2"}})"), {"occurs twice"});
  expect_refused(safetensors_file(R"({"__metadata__":{},"__metadata__":{}})"),
                 {"'__metadata__': occurs twice"});
}

TEST_F(SafetensorsTest, BooleansOtherThanZeroAndOneAreRefused) {
  const std::string header = R"({"t":{"dtype":"BOOL","shape":[3],"data_offsets":[0,3]}})";
  EXPECT_EQ(read(open(safetensors_file(header, std::string("\0\1\0", 3))), "t"),
            std::string("\0\1\0", 3));
  expect_refused(safetensors_file(header, std::string("\0\1\2", 3)),
                 {"tensor 't' of BOOL holds byte 2, expected 0 or 1"});
}

TEST_F(SafetensorsTest, BooleansAreCheckedAgainWhenTheyAreRead) {
  const std::string header = R"({"t":{"dtype":"BOOL","shape":[1],"data_offsets":[0,1]}})";
  const SafetensorsReader reader = open(safetensors_file(header, "\1"));
  // The same file, which is open, not a new one of its name.
  std::fstream(directory_ / "model.safetensors") << safetensors_file(header, "\xFF");
  expect_error(ErrorKind::kMalformed, {"holds byte 255"}, [&] { read(reader, "t"); });
}

TEST_F(SafetensorsTest, BooleansFarIntoATensorAreChecked) {
  std::string data(200'000, '\1');
  const std::string header = R"({"t":{"dtype":"BOOL","shape":[200000],"data_offsets":[0,200000]}})";
  EXPECT_EQ(open(safetensors_file(header, data)).tensors().size(), 1u);
  data.back() = 7;
  expect_refused(safetensors_file(header, data), {"holds byte 7"});
}

TEST_F(SafetensorsTest, NumberOfDimensionsIsBounded) {
  const auto entry = [](int dimensions) {
    std::string shape = "0";
    for (int i = 1; i < dimensions; ++i) shape += ",1";
    return R"({"dtype":"U8","shape":[)" + shape + R"(],"data_offsets":[0,0]})";
  };
  EXPECT_NO_THROW(open(safetensors_file("{\"t\":" + entry(32) + "}")));
  expect_entry_refused(entry(33), "", {"more than 32 dimensions"});
}

TEST_F(SafetensorsTest, NumbersOfTensorsAndMetadataAreBounded) {
  std::string header = "{";
  for (int i = 0; i <= 100'000; ++i) {
    header += "\"" + std::to_string(i) + R"(":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},)";
  }
  header.back() = '}';
  expect_refused(safetensors_file(header), {"more than the 100000 that are allowed"});

  header = R"({"__metadata__":{)";
  for (int i = 0; i <= 10'000; ++i) header += "\"" + std::to_string(i) + "\":\"\",";
  header.back() = '}';
  expect_refused(safetensors_file(header + "}"), {"more than 10000 entries of metadata"});

  header = R"({"__metadata__":{)";
  for (int i = 0; i < 9; ++i)
    header += "\"" + std::to_string(i) + "\":\"" + std::string(4'000'000, 'x') + "\",";
  header.back() = '}';
  expect_refused(safetensors_file(header + "}"),
                 {"names and metadata of more than 33554432 bytes"});
}

TEST_F(SafetensorsTest, FileThatShrinksIsAnErrorNotACrash) {
  const SafetensorsReader reader =
      open(safetensors_file(R"({"t":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}})", "1234"));
  std::filesystem::resize_file(directory_ / "model.safetensors", 20);
  expect_error(ErrorKind::kFile, {"has shrunk"}, [&] { read(reader, "t"); });
}

TEST_F(SafetensorsTest, BufferOfTheWrongSizeIsABug) {
  const SafetensorsReader reader =
      open(safetensors_file(R"({"t":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}})", "1234"));
  std::array<std::byte, 3> out{};
  expect_error(ErrorKind::kInternal, {"'t' has 4 bytes"},
               [&] { reader.read(reader.tensors()[0], out); });
}

}  // namespace
}  // namespace finemix
