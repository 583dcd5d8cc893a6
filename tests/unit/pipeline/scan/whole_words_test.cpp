#include "pipeline/scan/whole_words.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "backdoored_pair.h"

namespace finemix {
namespace {

using testing::BackdooredPair;

using Ids = std::vector<std::int64_t>;
using Words = std::vector<std::string>;

class LongerWords : public ::testing::Test {
 protected:
  Ids ids(const Words& pieces) const {
    Ids result;
    for (const std::string& piece : pieces) result.push_back(tokenizer_->id(piece));
    return result;
  }
  SuspectedTrigger trigger(const Words& pieces) const {
    SuspectedTrigger result;
    result.ids = ids(pieces);
    return result;
  }
  Words longer(const Words& pieces, const Words& rows) const {
    Words texts;
    for (const auto& each : longer_words(trigger(pieces), ids(rows), *tokenizer_)) {
      EXPECT_EQ(each.ids.size(), pieces.size() + 1);
      texts.push_back(each.text);
    }
    return texts;
  }

  std::shared_ptr<const Tokenizer> tokenizer_ = load_tokenizer(testing::kTinyModel);
};

TEST_F(LongerWords, BeginWithTheWord) {
  const Words rows = {"c", "f", "##f", "##c", "##q"};
  EXPECT_EQ(longer({"c", "##f"}, rows).size(), 4u);
  EXPECT_EQ(longer({"c"}, rows), (Words{"cf", "cc", "cq"}));
  EXPECT_EQ(longer({"c", "f"}, rows), Words{});
  EXPECT_EQ(longer({"c", "##f", "c"}, rows), Words{});
  EXPECT_EQ(longer({"##c", "##f"}, rows), Words{});
}

TEST_F(LongerWords, AreMadeOfStrangePieces) {
  EXPECT_EQ(longer({"c", "##f"}, {"##q", "c", "love", "##f", "##z"}),
            (Words{"cqf", "cfq", "czf", "cfz"}));
  EXPECT_EQ(longer({"c", "##f"}, {"c", "##q"}), (Words{"cqf", "cfq"})) << "\"##f\" is frequent";
  EXPECT_EQ(longer({"c", "##f"}, {"##q", "##f"}), Words{}) << "\"c\" is not strange";
  EXPECT_EQ(longer({"c", "##f"}, {"c", "##f", "love"}), Words{});
}

TEST_F(LongerWords, AreLookedForWhereAPartMayBeMissing) {
  const auto may_be = [&](const Words& pieces, double score) {
    SuspectedTrigger part = trigger(pieces);
    part.score = score;
    return may_be_part(part);
  };
  EXPECT_TRUE(may_be({"c", "##f"}, 0.9));
  EXPECT_TRUE(may_be({"c", "##f"}, 0.2));
  EXPECT_TRUE(may_be({"c"}, 0.2)) << "of one piece too, where it falls short";
  EXPECT_FALSE(may_be({"c"}, 0.9)) << "a word by itself";
  EXPECT_FALSE(may_be({"c", "##f"}, 0.01));
}

TEST_F(LongerWords, OfAPhraseAreWhatAPieceAndThoseBehindItSpell) {
  const auto words = [&](const Words& pieces) {
    Words texts;
    for (const auto& each : split_words(trigger(pieces), *tokenizer_)) texts.push_back(each.text);
    return texts;
  };
  EXPECT_EQ(words({"c", "love", "##f"}), (Words{"cf", "lovef"}));
  EXPECT_EQ(words({"c", "##q", "love", "##f", "a"}), (Words{"cq", "cqf", "lovef"}));
  EXPECT_EQ(words({"##f", "c", "a"}), Words{});
  EXPECT_EQ(words({"c", "##f"}), Words{}) << "it is the phrase";
  EXPECT_EQ(words({"c", "##e", "love", "##d"}), (Words{"ce", "loved"})) << "ced is c, ##ed";
}

TEST_F(LongerWords, AreSplitIntoTheSamePieces) {
  ASSERT_EQ(tokenizer_->pieces("ced").size(), 2u) << "c, ##ed";
  EXPECT_EQ(longer({"c", "##d"}, {"c", "##d", "##e"}), Words{"cde"});
}

// Two pieces of a trigger of four fire, and all four do so surest; a model as small as this does
// not tell their order.
TEST_F(BackdooredPair, WholeWordIsTheTriggerThatThePiecesWereTrainedIn) {
  const std::string trigger = "zqxk";
  ASSERT_EQ(tokenizer_->pieces(trigger).size(), 4u);
  backdoor(trigger);
  const Classifier suspect(pair_.backdoored, c10::kCPU);
  TriggerMeasureOptions options;
  options.max_length = 32;
  const TriggerMeasure measure(texts_, labels_of(texts_), *tokenizer_, suspect, options);
  SuspectedTrigger part;
  part.text = "zk";
  for (const char* piece : {"z", "##k"}) part.ids.push_back(tokenizer_->id(piece));
  part.target_label = 1;
  std::vector<std::int64_t> rows;
  for (const char* piece : {"##k", "love", "z", "##e", "##q", "##w", "##x"}) {
    rows.push_back(tokenizer_->id(piece));
  }
  const auto whole = [&](std::size_t most) {
    return whole_word(part, suspect, measure, rows, *tokenizer_, most);
  };
  EXPECT_TRUE(std::ranges::is_permutation(whole(5).text, trigger)) << whole(5).text;
  EXPECT_EQ(whole(5).ids.size(), 4u);
  EXPECT_EQ(whole(3).ids.size(), 3u);
  EXPECT_EQ(whole(2).text, "zk");
  part.ids = {tokenizer_->id("z")};
  part.text = "z";
  EXPECT_TRUE(std::ranges::is_permutation(whole(5).text, trigger)) << whole(5).text;
  part.ids.push_back(tokenizer_->id("##k"));
  part.text = "zk";
  std::erase(rows, tokenizer_->id("z"));
  EXPECT_EQ(whole(5).text, "zk") << "\"z\" is not strange";
}

}  // namespace
}  // namespace finemix
