#include "text/protobuf.h"

#include <gtest/gtest.h>

#include <string>

#include "../io/io_testing.h"

namespace finemix {
namespace {

using testing::expect_error;
using Wire = ProtobufField::Wire;

TEST(Protobuf, ReadsEachKindOfField) {
  // The first is the example of protobuf.dev: field 1 is 150.
  const std::string bytes("\x08\x96\x01\x12\x02hi\x1D\x01\x02\x03\x04\x21\1\2\3\4\5\6\7\x80", 21);
  ProtobufReader reader(bytes, "test", 100);
  ProtobufField field;
  ASSERT_TRUE(reader.next(field));
  EXPECT_EQ(field.number, 1u);
  EXPECT_EQ(field.wire, Wire::kVarint);
  EXPECT_EQ(field.value, 150u);
  EXPECT_EQ(field.offset, 100u);
  ASSERT_TRUE(reader.next(field));
  EXPECT_EQ(field.number, 2u);
  EXPECT_EQ(field.wire, Wire::kBytes);
  EXPECT_EQ(field.bytes, "hi");
  EXPECT_EQ(field.offset, 103u);
  ASSERT_TRUE(reader.next(field));
  EXPECT_EQ(field.wire, Wire::kFixed32);
  EXPECT_EQ(field.value, 0x04030201u);
  ASSERT_TRUE(reader.next(field));
  EXPECT_EQ(field.wire, Wire::kFixed64);
  EXPECT_EQ(field.value, 0x8007060504030201u);
  EXPECT_FALSE(reader.next(field));
}

TEST(Protobuf, TakesTheHighestNumbers) {
  const std::string all_ones = "\x08" + std::string(9, '\xff') + "\x01";
  ProtobufReader reader(all_ones, "test");
  ProtobufField field;
  ASSERT_TRUE(reader.next(field));
  EXPECT_EQ(field.value, ~std::uint64_t{0});
  const std::string last_field = "\xf8\xff\xff\xff\x0f\x07";
  ProtobufReader last(last_field, "test");
  ASSERT_TRUE(last.next(field));
  EXPECT_EQ(field.number, (1u << 29) - 1);
}

TEST(Protobuf, RefusesWhatIsNoField) {
  const auto refused = [](std::string_view bytes, std::string_view said) {
    expect_error(ErrorKind::kMalformed, {"test", said}, [&] {
      ProtobufReader reader(bytes, "test");
      for (ProtobufField field; reader.next(field);) continue;
    });
  };
  refused("\x08", "ends inside a number");
  refused("\x08\x80", "ends inside a number");
  refused("\x08" + std::string(9, '\xff') + "\x02", "more than 64 bits");
  refused("\x08" + std::string(10, '\x80'), "more than 64 bits");
  refused("\x12\x03hi", "of 3 bytes, but 2 are left");
  refused("\x1D\x01", "of 4 bytes, but 1 are left");
  refused("\x19\x01", "of 8 bytes, but 1 are left");
  refused(std::string_view("\x00\x00", 2), "field number 0");
  refused("\x80\x80\x80\x80\x10\x07", "field number 536870912");
  for (const char* group : {"\x0b", "\x0c", "\x0e", "\x0f"}) refused(group, "wire type");
}

}  // namespace
}  // namespace finemix
