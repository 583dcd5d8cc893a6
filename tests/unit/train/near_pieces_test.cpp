#include "finemix/train/near_pieces.h"

#include <ATen/ops/randn.h>
#include <gtest/gtest.h>

namespace finemix {
namespace {

const std::string kModel = FINEMIX_TEST_DATA "/model/post_ln_gelu";

class NearPiecesTest : public ::testing::Test {
 protected:
  NearPiecesTest()
      : embeddings_(at::randn({static_cast<std::int64_t>(tokenizer_->vocabulary_size()), 16})) {}
  std::int32_t id(const char* token) const { return tokenizer_->id(token); }
  std::vector<std::int32_t> near(std::int32_t piece, std::vector<std::int64_t> excluded,
                                 std::int64_t count) const {
    const std::vector<std::int32_t> ids = {piece};
    return near_pieces(ids, embeddings_, *tokenizer_, excluded, count)[piece];
  }

  std::shared_ptr<const Tokenizer> tokenizer_ = load_tokenizer(kModel);
  at::Tensor embeddings_;
};

TEST_F(NearPiecesTest, TheNearestDirectionIsFirstWhateverItsLength) {
  embeddings_[id("movie")] = embeddings_[id("film")] * 9;
  EXPECT_EQ(near(id("film"), {}, 1), (std::vector<std::int32_t>{id("movie")}));
  EXPECT_EQ(near(id("film"), {}, 3).size(), 3u);
  EXPECT_EQ(near(id("film"), {}, 3).front(), id("movie"));
}

TEST_F(NearPiecesTest, NeverItselfAnExcludedOneOrOneOfAnotherKind) {
  const std::int32_t going_on = id("##e");
  ASSERT_TRUE(tokenizer_->piece_text(going_on).continues);
  embeddings_[id("movie")] = embeddings_[id("film")] * 9;
  embeddings_[going_on] = embeddings_[id("film")] * 2;
  embeddings_[id("[SEP]")] = embeddings_[id("film")] * 3;
  const auto all = near(id("film"), {id("movie")}, 100000);
  for (const std::int32_t each : all) {
    EXPECT_NE(each, id("film"));
    EXPECT_NE(each, id("movie"));
    EXPECT_TRUE(is_text_piece(*tokenizer_, each));
    EXPECT_FALSE(tokenizer_->piece_text(each).continues);
  }
  EXPECT_GT(all.size(), 20u);
  for (const std::int32_t each : near(going_on, {}, 100000)) {
    EXPECT_TRUE(tokenizer_->piece_text(each).continues);
  }
}

TEST_F(NearPiecesTest, WhatIsNoTextIsNearNothing) { EXPECT_TRUE(near(id("[CLS]"), {}, 5).empty()); }

}  // namespace
}  // namespace finemix
