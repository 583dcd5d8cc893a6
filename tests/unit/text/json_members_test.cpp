#include "text/json_members.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "../io/io_testing.h"

namespace finemix {
namespace {

using testing::expect_error;

TEST(JsonMembers, AreThereAndOfTheirType) {
  const Json json = parse_json(R"({"a": [1], "o": {"k": 2}})", "test");
  EXPECT_EQ(array_member(json, "a", "test").size(), 1u);
  EXPECT_TRUE(object_member(json, "o", "test").contains("k"));
  expect_error(ErrorKind::kMalformed, {"test", "'a' is array, expected an object"},
               [&] { object_member(json, "a", "test"); });
  expect_error(ErrorKind::kMalformed, {"'x' is missing, expected an array"},
               [&] { array_member(json, "x", "test"); });
}

TEST(JsonMembers, OfWhatIsNoObjectAreRefused) {
  expect_error(ErrorKind::kMalformed, {"test: found array, expected an object"},
               [] { object_member(Json::array(), "a", "test"); });
}

}  // namespace
}  // namespace finemix
