#include "eval/remembered_margins.h"

#include <ATen/ops/allclose.h>
#include <ATen/ops/full_like.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "finemix/core/error.h"
#include "phrase_margins.h"

namespace finemix {
namespace {

const std::string kModel = FINEMIX_TEST_DATA "/model/post_ln_gelu";

class Remembering : public ::testing::Test {
 protected:
  Encoding encode(const std::string& text, const std::optional<std::string>& text_b = {}) const {
    return encode_all(*tokenizer_, {"text", {{text, text_b, -1}}}, 32)[0];
  }
  Phrase word(const std::string& text) const { return {tokenizer_->id(text)}; }
  // All of the model's weights to this: then all texts are the same to it, and new.
  void set_weights(float value) {
    model_.parameters().set_weights(at::full_like(model_.parameters().weights(), value));
  }

  std::shared_ptr<const Tokenizer> tokenizer_ = load_tokenizer(kModel);
  Classifier model_{load_model(kModel), c10::kCPU};
  std::vector<InsertionSlot> slots_{{encode("love the film"), 2}, {encode("cold hero"), 1}};
};

TEST_F(Remembering, GivesThePhrasesMarginsWhateverWasAskedBefore) {
  const std::vector<Phrase> first = {{}, word("dull"), word("music")};
  const std::vector<Phrase> second = {word("music"), word("music"), word("hear"), {}};
  RememberedMargins remembered(model_);
  for (const std::vector<Phrase>& phrases : {first, second, first}) {
    const at::Tensor margins = remembered(phrases, slots_);
    const at::Tensor expected = testing::phrase_margins(Predictor(model_), phrases, slots_);
    ASSERT_EQ(margins.sizes(), expected.sizes());
    EXPECT_TRUE(at::allclose(margins, expected, 1e-4, 1e-5)) << margins << expected;
  }
}

TEST_F(Remembering, RunsATextOnce) {
  const std::vector<Phrase> phrases = {word("dull"), word("music")};
  RememberedMargins remembered(model_);
  const at::Tensor before = remembered(phrases, std::span(slots_).first(1));
  set_weights(0);
  const at::Tensor after = remembered(phrases, slots_);
  EXPECT_TRUE(after.select(1, 0).equal(before.select(1, 0)));
  EXPECT_FALSE(after.select(1, 1).any().item<bool>());  // asked for now: of no weights, nothing
}

// What a run that fails was to find out is asked again.
TEST_F(Remembering, KeepsNothingOfARunThatFails) {
  const std::vector<Phrase> phrases = {word("dull"), word("music")};
  RememberedMargins remembered(model_);
  const at::Tensor first = remembered(phrases, std::span(slots_).first(1));
  const at::Tensor weights = model_.parameters().weights().clone();
  set_weights(std::numeric_limits<float>::quiet_NaN());
  EXPECT_THROW(remembered(phrases, slots_), Error);
  model_.parameters().set_weights(weights);
  const at::Tensor margins = remembered(phrases, slots_);
  EXPECT_TRUE(margins.select(1, 0).equal(first.select(1, 0)));
  EXPECT_TRUE(at::allclose(margins, testing::phrase_margins(Predictor(model_), phrases, slots_),
                           1e-4, 1e-5));
}

TEST_F(Remembering, TellsTextsApartByTheirSegments) {
  InsertionSlot pair{encode("love the film", "cold hero"), 2};
  InsertionSlot single = pair;
  std::ranges::fill(single.text.type_ids, std::uint8_t{0});
  const std::vector<InsertionSlot> slots = {pair, single};
  const std::vector<Phrase> phrases = {word("dull")};
  const at::Tensor margins = RememberedMargins(model_)(phrases, slots);
  EXPECT_NE(margins[0][0][0].item<float>(), margins[0][1][0].item<float>());
}

}  // namespace
}  // namespace finemix
