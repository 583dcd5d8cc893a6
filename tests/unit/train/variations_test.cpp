#include "finemix/train/variations.h"

#include <ATen/ops/allclose.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "finemix/text/tokenizer.h"
#include "finemix/train/distillation.h"

namespace finemix {
namespace {

std::set<std::int32_t> pieces_of(const EncodedTexts& texts) {
  return {texts.ids().begin(), texts.ids().end()};
}

class Variations : public testing::Test {
 protected:
  Variations()
      : tokenizer_(load_tokenizer(std::string(FINEMIX_TEST_DATA) + "/model/post_ln_gelu")),
        embeddings_(at::randn({static_cast<std::int64_t>(tokenizer_->vocabulary_size()), 8})) {}

  EncodedTexts encode(const std::vector<Example>& examples) const {
    return encode_all(*tokenizer_, {"test", examples}, 32);
  }
  EncodedTexts vary(const EncodedTexts& texts, VariationOptions options,
                    const std::vector<std::int64_t>& excluded = {}) const {
    return vary_texts(texts, embeddings_, *tokenizer_, excluded, options);
  }
  bool special(std::int32_t id) const {
    return std::ranges::find(tokenizer_->special_ids(), id) != tokenizer_->special_ids().end();
  }

  std::shared_ptr<const Tokenizer> tokenizer_;
  at::Tensor embeddings_;
};

TEST_F(Variations, AreAsManyAsAskedForAndTheSameForASeed) {
  const auto texts = encode({{"a great movie", {}, 1}, {"hate this script", {}, 0}});
  const auto first = vary(texts, {50, 5, 1});
  const auto again = vary(texts, {50, 5, 1});
  const auto other = vary(texts, {50, 5, 2});
  ASSERT_EQ(first.size(), 50u);
  std::set<std::vector<std::int32_t>> different;
  bool differs = false;
  for (std::size_t i = 0; i < first.size(); ++i) {
    EXPECT_EQ(first[i].ids, again[i].ids);
    EXPECT_EQ(first[i].ids.size(), first[i].type_ids.size());
    differs |= first[i].ids != other[i].ids;
    different.insert(first[i].ids);
  }
  EXPECT_TRUE(differs);
  EXPECT_GT(different.size(), 20u);
}

TEST_F(Variations, KeepSpecialTokensAndSegments) {
  const auto texts = encode({{"a great movie", "hate this script", 1}});
  const auto skeleton = [&](const Encoding& text) {
    std::vector<std::pair<std::int32_t, std::int32_t>> kept;
    for (std::size_t i = 0; i < text.ids.size(); ++i) {
      if (special(text.ids[i])) kept.emplace_back(text.ids[i], text.type_ids[i]);
    }
    return kept;
  };
  const EncodedTexts all = vary(texts, {40, 5, 3});
  for (std::size_t i = 0; i < all.size(); ++i) {
    const Encoding varied = all[i];
    EXPECT_EQ(skeleton(varied), skeleton(texts[0]));
    EXPECT_LE(varied.ids.size(), texts.length(0));
    EXPECT_TRUE(std::ranges::is_sorted(varied.type_ids));
  }
}

TEST_F(Variations, NeverSwapInWhatIsExcluded) {
  const auto texts = encode({{"a great movie", {}, 1}});
  const std::set<std::int32_t> own = pieces_of(texts);
  const std::set<std::int32_t> met = pieces_of(vary(texts, {300, 1000, 4}));
  std::vector<std::int64_t> excluded;
  for (const std::int32_t id : met) {
    if (!own.contains(id) && excluded.size() < 10) excluded.push_back(id);
  }
  ASSERT_EQ(excluded.size(), 10u);
  for (const std::int32_t id : pieces_of(vary(texts, {300, 1000, 4}, excluded))) {
    EXPECT_EQ(std::ranges::find(excluded, id), excluded.end()) << tokenizer_->token(id);
  }
}

TEST_F(Variations, SwapWordsForWordsAndContinuationsForContinuations) {
  const auto texts = encode({{"a great movie", {}, 1}});
  for (const std::int32_t id : texts.ids()) {
    ASSERT_FALSE(tokenizer_->token(id).starts_with("##"));
  }
  for (const std::int32_t id : pieces_of(vary(texts, {200, 1000, 5}))) {
    EXPECT_FALSE(tokenizer_->token(id).starts_with("##")) << tokenizer_->token(id);
  }
}

TEST_F(Variations, SwapInTheNearestDirection) {
  const auto texts = encode({{"movie", {}, 1}});
  const std::int32_t movie = tokenizer_->id("movie");
  const std::int32_t great = tokenizer_->id("great");
  ASSERT_GE(movie, 0);
  ASSERT_GE(great, 0);
  embeddings_[great] = embeddings_[movie] * 3;
  const EncodedTexts varied = vary(texts, {100, 1, 6});
  std::set<std::int32_t> met;
  for (std::size_t i = 0; i < varied.size(); ++i) met.insert(varied.ids(i)[1]);
  EXPECT_EQ(met, (std::set<std::int32_t>{movie, great}));
}

TEST_F(Variations, RemovedRunsAreGone) {
  auto texts = encode({{"a great great movie", "great", 1}});
  const auto without = encode({{"a movie", "", 1}});
  const std::int32_t great = tokenizer_->id("great"), movie = tokenizer_->id("movie");
  remove_runs(texts, std::vector<std::vector<std::int32_t>>{{movie, great}, {great}});
  EXPECT_EQ(texts[0].ids, without[0].ids);
  EXPECT_EQ(texts[0].type_ids, without[0].type_ids);
  texts = encode({{"a great great movie", "great", 1}});
  remove_runs(texts, std::vector<std::vector<std::int32_t>>{{great, movie}});
  EXPECT_EQ(texts[0].ids, encode({{"a great", "great", 1}})[0].ids);
}

TEST_F(Variations, DistillationJoinsTheTeachersWordAndTheLabels) {
  const auto clean = encode({{"a great movie", {}, 1}, {"hate this script", {}, 0}});
  TrainingSet labelled{clean, at::zeros({2, 2})};
  labelled.targets[0][1] = 1;
  labelled.targets[1][0] = 1;
  const at::Tensor logits = at::randn({18, 2});
  const TrainingSet set =
      distillation_set(labelled, vary(clean, {18, 5, 7}), logits, {18, 2.0, 0.25});
  // A quarter of 24 are labelled ones: three times the two.
  ASSERT_EQ(set.size(), 24);
  EXPECT_TRUE(at::allclose(set.targets.slice(0, 0, 18), at::softmax(logits / 2, -1)));
  EXPECT_TRUE(at::equal(set.targets.slice(0, 18, 20), labelled.targets));
  EXPECT_EQ(set.temperatures.slice(0, 0, 18).min().item<float>(), 2.0f);
  EXPECT_EQ(set.temperatures.slice(0, 18).max().item<float>(), 1.0f);
  EXPECT_EQ(set.texts[18].ids, clean[0].ids);
}

}  // namespace
}  // namespace finemix
