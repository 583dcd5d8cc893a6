#include "finemix/defense/drift.h"

#include <ATen/ops/full.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <cmath>

namespace finemix {
namespace {

constexpr const char* kTensor = "bert.pooler.dense.weight";

TEST(TensorDriftOf, IsTheLengthOfTheWayAndTheShareThatMoved) {
  const StateDict before = {{kTensor, at::full({4, 4}, 2.0f)}};  // of length 8
  StateDict after = clone(before);
  after.at(kTensor)[1][1] += 3.0f;
  after.at(kTensor)[3][0] -= 4.0f;
  const auto drift = tensor_drift(before, after);
  ASSERT_EQ(drift.size(), 1u);
  EXPECT_EQ(drift[0].name, kTensor);
  EXPECT_NEAR(drift[0].relative, 5.0 / 8, 1e-6);
  EXPECT_NEAR(drift[0].changed, 2.0 / 16, 1e-12);
}

TEST(TensorDriftOf, WhatDidNotMoveHasNone) {
  const StateDict weights = {{kTensor, at::ones({3})}, {"bert.pooler.dense.bias", at::zeros({3})}};
  for (const TensorDrift& drift : tensor_drift(weights, clone(weights))) {
    EXPECT_EQ(drift.relative, 0) << drift.name;
    EXPECT_EQ(drift.changed, 0) << drift.name;
  }
  // Of what was zero no ratio can be told, but that it moved can.
  StateDict moved = clone(weights);
  moved.at("bert.pooler.dense.bias") += 1.0f;
  const auto drift = tensor_drift(weights, moved);
  ASSERT_EQ(drift.size(), 2u);
  EXPECT_EQ(drift[0].name, "bert.pooler.dense.bias");
  EXPECT_EQ(drift[0].relative, 0);
  EXPECT_EQ(drift[0].changed, 1);
}

TEST(TensorDriftOf, OnlyTensorsOfTheBackboneThatBothHaveAreCompared) {
  const StateDict before = {{kTensor, at::ones({2})},
                            {"bert.embeddings.LayerNorm.weight", at::ones({2})},
                            {std::string(kClassifierBias), at::ones({2})}};
  const StateDict after = {{kTensor, at::zeros({2})},
                           {"bert.embeddings.LayerNorm.bias", at::ones({2})},
                           {std::string(kClassifierBias), at::zeros({2})}};
  const auto drift = tensor_drift(before, after);
  ASSERT_EQ(drift.size(), 1u);
  EXPECT_EQ(drift[0].name, kTensor);
  EXPECT_NEAR(drift[0].relative, 1, 1e-6);
}

std::vector<EpurRow> rows(const std::vector<double>& scores) {
  std::vector<EpurRow> result;
  for (const double score : scores) result.push_back({"t", 0, score, 3 * score, 20, false});
  return result;
}

TEST(RowExcess, IsHowFarTheFirstRowIsAboveTheNext) {
  EXPECT_NEAR(row_excess(rows({8, 2, 1, 1, 0.5})), std::log(4), 1e-12);
  EXPECT_EQ(row_excess(rows({2, 2, 1})), 0);
}

// A trigger of several words moves a few rows, which do not hide each other in a large vocabulary.
TEST(RowExcess, OneRowInAThousandMayBeAsFar) {
  std::vector<double> scores(3000, 1.0);
  scores[0] = 6;
  scores[1] = scores[2] = scores[3] = 5;
  EXPECT_NEAR(row_excess(rows(scores)), std::log(6), 1e-12);
  scores[4] = 2.5;  // no gap of kOutlierExcess below it
  EXPECT_NEAR(row_excess(rows(scores)), std::log(6.0 / 2.5), 1e-12);
}

// The usual triggers of an attack are five rare words; a small training set moves few rows.
TEST(RowExcess, AFewRowsApartDoNotHideEachOther) {
  std::vector<double> scores(3000, 1.0);
  std::fill_n(scores.begin(), 20, 5.0);
  scores[0] = 6;
  EXPECT_NEAR(row_excess(rows(scores)), std::log(6), 1e-12);
  EXPECT_EQ(outlier_rows(rows(scores), 64).size(), 20);
  scores[20] = 5;
  EXPECT_NEAR(row_excess(rows(scores)), std::log(6.0 / 5), 1e-12) << "that is not a few";
  EXPECT_TRUE(outlier_rows(rows(scores), 64).empty());
}

// The words of a short text, say, of which a model was trained on a few.
TEST(RowExcess, MoreThanATenthOfTheRowsAreNotApart) {
  std::vector<double> scores(100, 1.0);
  std::fill_n(scores.begin(), 10, 5.0);
  EXPECT_NEAR(row_excess(rows(scores)), std::log(5), 1e-12);
  scores[10] = 5;
  EXPECT_EQ(row_excess(rows(scores)), 0);
}

// Rows that never moved say nothing of what training does.
TEST(RowExcess, RowsThatDidNotMoveDoNotCount) {
  std::vector<double> scores(5000, 0.0);
  scores[0] = 3;
  scores[1] = 1;
  EXPECT_NEAR(row_excess(rows(scores)), std::log(3), 1e-12);
  EXPECT_EQ(row_excess(rows({3, 0, 0})), 0) << "one row has none to compare with";
  EXPECT_EQ(row_excess(rows({0, 0})), 0);
  EXPECT_EQ(row_excess({}), 0);
}

TEST(OutlierRows, AreThoseFarAboveTheUsual) {
  std::vector<double> scores(3000, 1.0);
  scores[0] = 9;
  scores[1] = 1.01 * std::exp(kOutlierExcess);
  scores[2] = 0.99 * std::exp(kOutlierExcess);
  std::vector<EpurRow> all = rows(scores);
  for (std::size_t i = 0; i < all.size(); ++i) all[i].id = 100 + static_cast<std::int64_t>(i);
  EXPECT_EQ(outlier_rows(all, 64), (std::vector<std::int64_t>{100, 101}));
  EXPECT_EQ(outlier_rows(all, 1), (std::vector<std::int64_t>{100}));
}

TEST(OutlierRows, WhereTooFewMovedThereAreNone) {
  EXPECT_TRUE(outlier_rows(rows({3, 0, 0}), 64).empty());
  EXPECT_TRUE(outlier_rows({}, 64).empty());
  EXPECT_TRUE(outlier_rows(rows({1.2, 1.1, 1}), 64).empty());
}

}  // namespace
}  // namespace finemix
