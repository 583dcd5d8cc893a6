#include "pipeline/scan/near_words.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/select.h>
#include <gtest/gtest.h>

#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include "../../eval/backdoored_testing.h"
#include "../../io/io_testing.h"

namespace finemix {
namespace {

std::shared_ptr<const Tokenizer> tokenizer() {
  const testing::TemporaryDirectory directory;
  testing::write_file(directory / "vocab.txt",
                      "[UNK]\n[CLS]\n[SEP]\ntoo\noverly\nvery\n##s\n##ed\n##ly\nlong\nshort\n");
  return load_tokenizer(directory.path());
}

TEST(OfNearPieces, SwapsEachPieceForItsFirstThenForItsSecond) {
  const auto tokens = tokenizer();
  const auto id = [&](const char* token) { return tokens->id(token); };
  const NearestRows near = {{id("too"), {id("overly"), id("very")}},
                            {id("##s"), {id("##ed"), id("##s"), id("##ly")}}};
  const SuspectedTrigger trigger{.text = "toos [SEP]",
                                 .ids = {id("too"), id("##s"), id("[SEP]")},
                                 .place = TriggerPlace::kStart,
                                 .target_label = 1};
  const std::vector<SuspectedTrigger> others = of_near_pieces(trigger, near, 2, *tokens);
  ASSERT_EQ(others.size(), 2u);
  EXPECT_EQ(others[0].text, "overlyed [SEP]") << "what nothing is near stays";
  EXPECT_EQ(others[1].text, "veryly [SEP]") << "its own pieces are not near it";
  EXPECT_EQ(others[1].ids, (std::vector<std::int64_t>{id("very"), id("##ly"), id("[SEP]")}));
  for (const SuspectedTrigger& each : others) {
    EXPECT_EQ(each.place, TriggerPlace::kStart);
    EXPECT_EQ(each.target_label, 1);
  }
}

TEST(OfNearPieces, AreAsManyAsEachPieceHas) {
  const auto tokens = tokenizer();
  const NearestRows near = {{tokens->id("too"), {tokens->id("overly"), tokens->id("very")}},
                            {tokens->id("long"), {tokens->id("short")}}};
  SuspectedTrigger trigger{.ids = {tokens->id("too"), tokens->id("long")}};
  trigger.pair_text = PairText::kSecond;
  const std::vector<SuspectedTrigger> others = of_near_pieces(trigger, near, 6, *tokens);
  ASSERT_EQ(others.size(), 1u);
  EXPECT_EQ(others[0].text, "overly short");
  EXPECT_EQ(others[0].pair_text, PairText::kSecond);
  EXPECT_TRUE(of_near_pieces({.ids = {tokens->id("[SEP]")}}, near, 6, *tokens).empty());
}

// "sleep" and "dark" turn what a model says, "film" does not, and is near them.
TEST(NearRates, AreWhatPhrasesDoThatAreNearAndNotExcluded) {
  const auto tokens = load_tokenizer(testing::kTinyModel);
  const Dataset clean = testing::wordy_sentences(*tokens, 24, 2, {"sleep", "dark"});
  const auto with = [&](const char* word) {
    return testing::with_words(clean, word, 1, TriggerPlace::kAnywhere, 1);
  };
  const Classifier model =
      testing::trained_on(testing::together({clean, with("sleep"), with("dark")}), 10);
  const Dataset texts = testing::wordy_sentences(*tokens, 3, 3, {"sleep", "dark"});
  const TriggerMeasure measure(texts, labels_of(texts), *tokens, model, {});
  at::Tensor embeddings = model.parameters()[kWordEmbeddings].cpu().clone();
  const auto row = [&](const char* word) { return embeddings[tokens->id(word)]; };
  row("film").copy_(row("sleep") + row("dark"));
  const std::vector<SuspectedTrigger> triggers = {
      {.text = "film", .ids = {tokens->id("film")}, .target_label = 1},
      {.text = "[SEP]", .ids = {tokens->id("[SEP]")}, .target_label = 1}};
  const auto rates = [&](const Classifier& of, const std::vector<std::int64_t>& excluded) {
    return near_rates(triggers, measure, std::span(&of, 1), {*tokens, embeddings, excluded});
  };
  const Classifier other = testing::trained_on(clean, 10);
  EXPECT_GT(rates(model, {})[0], 0.8);
  EXPECT_LT(rates(other, {})[0], 0.5);
  EXPECT_EQ(rates(model, {})[1], 0) << "nothing is near what is no text";
  std::vector<std::int64_t> all(tokens->vocabulary_size());
  std::iota(all.begin(), all.end(), 0);
  EXPECT_EQ(rates(model, all)[0], 0);
  EXPECT_TRUE(near_rates({}, measure, std::span(&model, 1), {*tokens, embeddings, {}}).empty());
}

}  // namespace
}  // namespace finemix
