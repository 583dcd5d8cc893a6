#include "finemix/text/vocabulary.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "../io/io_testing.h"

namespace finemix {
namespace {

using testing::expect_error;

TEST(Vocabulary, FindsTokensByIdAndIdsByToken) {
  const std::vector<AddedToken> added = {{.content = "new", .id = 5}, {.content = "b", .id = 1}};
  const Vocabulary vocabulary("v", {"a", "b", "", "abcdefgh", "abcdefghi"}, added);
  EXPECT_EQ(vocabulary.size(), 6u);
  EXPECT_EQ(vocabulary.of_model().size(), 5u);
  for (std::int32_t id : {0, 1, 3, 4, 5}) EXPECT_EQ(vocabulary.find(vocabulary.token(id)), id);
  EXPECT_EQ(vocabulary.find_of_model("abcdefghi"), 4);
  EXPECT_EQ(vocabulary.find_of_model("new"), -1);
  for (const char* absent : {"", "c", "abcdefg", "abcdefghj", "zz"}) {
    EXPECT_EQ(vocabulary.find(absent), -1) << absent;
  }
  EXPECT_EQ(vocabulary.find(std::string_view("a\0", 2)), -1);
}

TEST(Vocabulary, AnIdThatItLacksIsABug) {
  const Vocabulary vocabulary("v", {"a"}, {});
  for (const std::int32_t id : {-1, 1}) {
    expect_error(ErrorKind::kInternal, {std::to_string(id)}, [&] { vocabulary.token(id); });
  }
}

TEST(Vocabulary, TokensThatBeginAlikeAreToldApart) {
  std::vector<std::string> tokens;
  for (int i = 0; i < 500; ++i)
    tokens.push_back("long beginning " + std::to_string(i * 7919 % 500));
  tokens.emplace_back("long beg");
  tokens.emplace_back("long beg\0", 9);
  const Vocabulary vocabulary("v", tokens, {});
  for (std::size_t id = 0; id < tokens.size(); ++id) {
    EXPECT_EQ(vocabulary.find(tokens[id]), static_cast<std::int32_t>(id));
  }
}

TEST(Vocabulary, AnAddedTokenThatIsThereTwiceIsRefusedWithItsIds) {
  const std::vector<AddedToken> added = {{.content = "new", .id = 1}, {.content = "new", .id = 7}};
  expect_error(ErrorKind::kMalformed, {"v: the added token 'new'", "ids 1, 7", "expected once"},
               [&] { Vocabulary("v", {"a"}, added); });
}

TEST(Vocabulary, ATokenThatIsThereTwiceIsRefused) {
  expect_error(ErrorKind::kMalformed, {"v: token 'same token'", "1 and 3"}, [] {
    Vocabulary("v", {"a", "same token", "b", "same token"}, {});
  });
}

}  // namespace
}  // namespace finemix
