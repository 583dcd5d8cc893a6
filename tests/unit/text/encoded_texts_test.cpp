#include "finemix/text/encoded_texts.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "../io/io_testing.h"

namespace finemix {
namespace {

using Ids = std::vector<std::int32_t>;
using Types = std::vector<std::uint8_t>;

void expect_text(const EncodedTexts& texts, std::size_t text, const Ids& ids, const Types& types) {
  EXPECT_TRUE(std::ranges::equal(texts.ids(text), ids)) << text;
  EXPECT_TRUE(std::ranges::equal(texts.type_ids(text), types)) << text;
}

TEST(EncodedTexts, KeepsTextsApart) {
  EncodedTexts texts;
  EXPECT_TRUE(texts.empty());
  texts.push_back(Ids{2, 7, 3}, Types{0, 0, 0});
  texts.push_back(Ids{}, Types{});
  texts.push_back(Ids{2, 3, 8, 3}, Types{0, 0, 1, 1});
  ASSERT_EQ(texts.size(), 3u);
  expect_text(texts, 0, {2, 7, 3}, {0, 0, 0});
  expect_text(texts, 1, {}, {});
  expect_text(texts, 2, {2, 3, 8, 3}, {0, 0, 1, 1});
  EXPECT_EQ(texts.ids().size(), 7u);
  EXPECT_EQ(texts.type_ids().size(), 7u);
}

TEST(EncodedTexts, GrowPartByPart) {
  EncodedTexts texts;
  texts.extend(Ids{2, 7}, 0);
  texts.extend(Ids{}, 5);
  texts.extend(Ids{8}, 1);
  EXPECT_TRUE(texts.empty());
  texts.end_text();
  ASSERT_EQ(texts.size(), 1u);
  expect_text(texts, 0, {2, 7, 8}, {0, 0, 1});
}

TEST(EncodedTexts, AppendsOthers) {
  EncodedTexts one;
  one.push_back(Ids{1}, Types{0});
  EncodedTexts other;
  other.push_back(Ids{2, 3}, Types{0, 1});
  other.push_back(Ids{4}, Types{1});
  one.append(other);
  one.append(EncodedTexts());
  ASSERT_EQ(one.size(), 3u);
  expect_text(one, 1, {2, 3}, {0, 1});
  expect_text(one, 2, {4}, {1});

  EncodedTexts same;
  same.reserve(3, 4);
  same.push_back(Ids{1}, Types{0});
  same.push_back(Ids{2, 3}, Types{0, 1});
  EXPECT_FALSE(same == one);
  same.push_back(Ids{4}, Types{1});
  EXPECT_TRUE(same == one);
}

TEST(EncodedTexts, IdsWithoutTypesAreABug) {
  testing::expect_error(ErrorKind::kInternal, {"2 ids", "1 type ids"}, [] {
    EncodedTexts().push_back(Ids{1, 2}, Types{0});
  });
}

}  // namespace
}  // namespace finemix
