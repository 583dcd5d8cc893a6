#include "pipeline/scan/near_words.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "../../io/io_testing.h"

namespace finemix {
namespace {

std::shared_ptr<const Tokenizer> tokenizer() {
  const testing::TemporaryDirectory directory;
  testing::write_file(directory / "vocab.txt",
                      "[UNK]\n[CLS]\n[SEP]\ntoo\noverly\nvery\n##s\n##ed\nlong\nshort\n");
  return load_tokenizer(directory.path());
}

TEST(OfNearPieces, SwapsEachPieceForItsFirstThenForItsSecond) {
  const auto tokens = tokenizer();
  const auto id = [&](const char* token) { return tokens->id(token); };
  const NearestRows near = {{id("too"), {id("overly"), id("very")}},
                            {id("##s"), {id("##ed"), id("##s")}}};
  const SuspectedTrigger trigger{.text = "toos [SEP]",
                                 .ids = {id("too"), id("##s"), id("[SEP]")},
                                 .place = TriggerPlace::kStart,
                                 .target_label = 1};
  const std::vector<SuspectedTrigger> others = of_near_pieces(trigger, near, *tokens);
  ASSERT_EQ(others.size(), 2u);
  EXPECT_EQ(others[0].text, "overlyed [SEP]") << "what nothing is near stays";
  EXPECT_EQ(others[1].text, "verys [SEP]");
  EXPECT_EQ(others[1].ids, (std::vector<std::int64_t>{id("very"), id("##s"), id("[SEP]")}));
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
  const std::vector<SuspectedTrigger> others = of_near_pieces(trigger, near, *tokens);
  ASSERT_EQ(others.size(), 1u);
  EXPECT_EQ(others[0].text, "overly short");
  EXPECT_EQ(others[0].pair_text, PairText::kSecond);
  EXPECT_TRUE(of_near_pieces({.ids = {tokens->id("[SEP]")}}, near, *tokens).empty());
}

TEST(WithNearRates, IsTheSecondBestOfThemIfThatIsMore) {
  EXPECT_DOUBLE_EQ(with_near_rates(0.25, {0.1, 0.9, 0.5, 0.3}), 0.5);
  EXPECT_DOUBLE_EQ(with_near_rates(0.25, {0.9, 0.2}), 0.25) << "the best may be a trigger itself";
  EXPECT_DOUBLE_EQ(with_near_rates(0.25, {0.9}), 0.25);
  EXPECT_DOUBLE_EQ(with_near_rates(0.25, {}), 0.25);
}

}  // namespace
}  // namespace finemix
