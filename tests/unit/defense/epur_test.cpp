#include "finemix/defense/epur.h"

#include <ATen/ops/randn.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "finemix/core/error.h"

namespace finemix {
namespace {

constexpr std::int64_t kRows = 100;
constexpr std::int64_t kWidth = 8;

// Every row moved a little; row 40 by 3, row 41 by 4 but it is a frequent word, row 0 by 9 but it
// is special.
class Epur : public testing::Test {
 protected:
  Epur()
      : pretrained_(at::randn({kRows, kWidth})),
        backdoored_(pretrained_ + 1e-3 * at::randn({kRows, kWidth})),
        frequencies_(kRows, 0) {
    move(0, 9);
    move(40, 3);
    move(41, 4);
    frequencies_[41] = 10'000;
  }

  void move(std::int64_t row, double distance) {
    backdoored_[row].copy_(pretrained_[row]);
    backdoored_[row][0].add_(distance);
  }

  EpurResult run(const EpurOptions& options) const {
    return epur(
        pretrained_, backdoored_, frequencies_, special_,
        [](std::int64_t id) { return "w" + std::to_string(id); }, options);
  }

  at::Tensor pretrained_;
  at::Tensor backdoored_;
  std::vector<std::uint64_t> frequencies_;
  std::vector<std::int32_t> special_ = {0};
};

TEST_F(Epur, ScoresAreDistancesOverLogFrequencies) {
  const EpurRecord record = run({}).record;
  ASSERT_EQ(record.rows.size(), static_cast<std::size_t>(kRows));
  EXPECT_EQ(record.rows[0].id, 0);
  EXPECT_EQ(record.rows[1].token, "w40");
  EXPECT_NEAR(record.rows[1].delta_norm, 3.0, 1e-5);
  EXPECT_NEAR(record.rows[1].score, 3.0 / std::log(20.0), 1e-5);
  EXPECT_EQ(record.rows[2].id, 41);
  EXPECT_NEAR(record.rows[2].score, 4.0 / std::log(10'000.0), 1e-5);
  EXPECT_EQ(record.clamped, static_cast<std::uint64_t>(kRows - 1));
}

TEST_F(Epur, TheTopKRowsGetTheirPretrainedBitsBack) {
  const at::Tensor before = backdoored_.clone();
  const EpurResult result = run({.top_k = 1});
  EXPECT_EQ(result.record.reset_count, 1u);
  EXPECT_TRUE(result.word_embeddings[40].equal(pretrained_[40]));
  EXPECT_TRUE(result.word_embeddings[41].equal(backdoored_[41]));
  EXPECT_TRUE(backdoored_.equal(before));
}

TEST_F(Epur, SpecialTokensAreLeftAloneUnlessAsked) {
  EXPECT_TRUE(run({.top_k = 5}).word_embeddings[0].equal(backdoored_[0]));
  const EpurResult all = run({.top_k = 5, .reset_special = true});
  EXPECT_TRUE(all.word_embeddings[0].equal(pretrained_[0]));
}

TEST_F(Epur, TheThresholdFindsOutliersAndNothingElse) {
  const EpurResult result = run({.threshold = 8});
  EXPECT_EQ(result.record.rule, "threshold");
  EXPECT_EQ(result.record.reset_count, 2u);
  EXPECT_TRUE(result.word_embeddings[40].equal(pretrained_[40]));
  EXPECT_TRUE(result.word_embeddings[41].equal(pretrained_[41]));
}

TEST_F(Epur, WhatDidNotMoveIsNoAnomaly) {
  backdoored_ = pretrained_.clone();
  EXPECT_EQ(run({}).record.reset_count, 0u);
}

TEST_F(Epur, BrokenInputsAreRefused) {
  backdoored_[7][1].fill_(std::numeric_limits<float>::quiet_NaN());
  EXPECT_THROW(run({}), Error);
  backdoored_ = at::randn({kRows + 1, kWidth});
  EXPECT_THROW(run({}), Error);
}

}  // namespace
}  // namespace finemix
