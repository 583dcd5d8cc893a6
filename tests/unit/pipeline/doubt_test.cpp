#include "pipeline/mitigations/doubt.h"

#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include <array>
#include <utility>
#include <vector>

namespace finemix {
namespace {

SuspectedTrigger found(std::vector<std::int64_t> ids, std::int64_t label, double firmness,
                       TriggerPlace place = TriggerPlace::kAnywhere) {
  SuspectedTrigger result;
  result.text = ids.size() > 1 ? "two words" : "word";
  result.ids = std::move(ids);
  result.target_label = label;
  result.short_texts.firmness = firmness;
  result.place = place;
  return result;
}

// Logits of texts that are given these probabilities of three labels.
at::Tensor logits(const std::vector<std::array<double, 3>>& probabilities) {
  std::vector<double> values;
  for (const auto& row : probabilities) values.insert(values.end(), row.begin(), row.end());
  return at::tensor(values).reshape({-1, 3}).log().to(at::kFloat);
}

TEST(DoubtBounds, AreLowWherePhrasesWereFoundAndAboveAllForFirmWords) {
  using Bounds = std::vector<double>;
  EXPECT_EQ(doubt_bounds({}, 3), (Bounds{0.6, 0.6, 0.6}));
  EXPECT_EQ(doubt_bounds(std::vector{found({5, 6}, 2, 1)}, 3), (Bounds{0.6, 0.6, 0.2}));
  // A word that does not move all texts, or only in front of them, is a phrase's.
  EXPECT_EQ(doubt_bounds(std::vector{found({5}, 2, 0.5)}, 3), (Bounds{0.6, 0.6, 0.2}));
  EXPECT_EQ(doubt_bounds(std::vector{found({5}, 0, 1, TriggerPlace::kStart)}, 3),
            (Bounds{0.2, 0.6, 0.6}));
  EXPECT_EQ(doubt_bounds(std::vector{found({5}, 1, 1)}, 3), (Bounds{1, 1, 1}));
  SuspectedTrigger split = found({5, 6}, 1, 1);
  split.text = "word";
  EXPECT_EQ(doubt_bounds(std::vector{split}, 3), (Bounds{1, 1, 1})) << "of several pieces";
  split.text = "##word";
  EXPECT_EQ(doubt_bounds(std::vector{split}, 3), (Bounds{0.6, 0.2, 0.6}));
  EXPECT_EQ(doubt_bounds(std::vector{found({5}, 1, 1), found({5, 6}, 0, 1)}, 3),
            (Bounds{0.2, 1, 1}));
}

TEST(Doubted, TeachesTheTwinsMeanWhereTheSuspectIsMuchSurerOfALabel) {
  const at::Tensor suspect =
      logits({{0.9, 0.05, 0.05}, {0.05, 0.9, 0.05}, {0.05, 0.05, 0.9}, {0.05, 0.05, 0.9}});
  const std::vector<at::Tensor> twins = {
      logits({{0.5, 0.4, 0.1}, {0.1, 0.5, 0.4}, {0.2, 0.1, 0.7}, {0.4, 0.4, 0.2}}),
      logits({{0.5, 0.1, 0.4}, {0.4, 0.5, 0.1}, {0.1, 0.2, 0.7}, {0.4, 0.4, 0.2}})};
  const at::Tensor mean = (twins[0] + twins[1]) / 2;
  // Of label 0 by more than 0.3, of label 1 by less than 0.6, of label 2 by 0.2 and then 0.7.
  const at::Tensor taught = doubted(suspect, twins, std::vector{0.3, 0.6, 0.3});
  EXPECT_TRUE(taught[0].allclose(mean[0]));
  EXPECT_TRUE(taught[1].equal(suspect[1]));
  EXPECT_TRUE(taught[2].equal(suspect[2]));
  EXPECT_TRUE(taught[3].allclose(mean[3]));
}

// Of these four the suspect and the mean of its twins give one, then two another label.
TEST(Doubted, DoesNotAskTwinsThatOftenDisagree) {
  const at::Tensor suspect =
      logits({{0.98, 0.01, 0.01}, {0.98, 0.01, 0.01}, {0.01, 0.98, 0.01}, {0.01, 0.01, 0.98}});
  const std::vector<double> bounds(3, 0.5);
  std::vector<at::Tensor> twins = {
      logits({{0.98, 0.01, 0.01}, {0.98, 0.01, 0.01}, {0.01, 0.98, 0.01}, {0.98, 0.01, 0.01}})};
  EXPECT_FALSE(doubted(suspect, twins, bounds).equal(suspect));
  twins[0] =
      logits({{0.98, 0.01, 0.01}, {0.98, 0.01, 0.01}, {0.98, 0.01, 0.01}, {0.98, 0.01, 0.01}});
  EXPECT_TRUE(doubted(suspect, twins, bounds).equal(suspect));
}

}  // namespace
}  // namespace finemix
