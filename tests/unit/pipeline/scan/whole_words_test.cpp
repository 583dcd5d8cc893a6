#include "pipeline/scan/whole_words.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "backdoored_pair.h"
#include "finemix/eval/insertion.h"
#include "finemix/eval/trigger_measure.h"

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

TEST_F(LongerWords, HaveOnePieceMore) {
  EXPECT_EQ(longer({"c"}, {"c", "f", "##f", "##c", "##q"}), (Words{"cf", "cc", "cq"}));
  EXPECT_EQ(longer({"c", "##f"}, {"##q", "c", "love", "##f", "##z"}),
            (Words{"cqf", "cfq", "czf", "cfz"}));
  EXPECT_EQ(longer({"c", "##f"}, {"c", "##f", "love"}), Words{});
}

TEST_F(LongerWords, BeginWithAPieceThatDoesSo) {
  EXPECT_EQ(longer({"##f"}, {"##q", "c", "##f", "z"}), (Words{"cf", "zf"}));
  EXPECT_EQ(longer({"##q", "##f"}, {"c", "##z"}), Words{"cqf"});
}

TEST_F(LongerWords, AreLookedForFromPartsOfAPhrase) {
  const auto parts = [&](const Words& pieces, const Words& strange) {
    Words texts;
    for (const auto& each : parts_of_words(trigger(pieces), ids(strange), *tokenizer_)) {
      texts.push_back(phrase_text(Phrase(each.ids.begin(), each.ids.end()), *tokenizer_));
    }
    return texts;
  };
  EXPECT_EQ(parts({"c"}, {}), Words{"c"});
  EXPECT_EQ(parts({"c", "##f"}, {}), (Words{"cf", "##f"}));
  EXPECT_EQ(parts({"c", "##f"}, {"c"}), (Words{"cf", "c", "##f"}));
  EXPECT_EQ(parts({"##q", "##f"}, {}), Words{"##qf"});
  EXPECT_EQ(parts({"love", "c"}, {}), Words{});
  EXPECT_EQ(parts({"love", "c"}, {"c"}), Words{"c"});
  EXPECT_EQ(parts({"c", "love", "##f"}, {}), (Words{"cf", "lovef", "##f"}));
  EXPECT_EQ(parts({"c", "##q", "love", "##f", "a"}, {}), (Words{"cq", "cqf", "lovef", "##qf"}));
  EXPECT_EQ(parts({"##f", "c", "a"}, {}), Words{"##f"});
  EXPECT_EQ(parts({"c", "##e", "love", "##d"}, {}), (Words{"ce", "loved", "##ed"}))
      << "ced: c, ##ed";
}

TEST_F(LongerWords, AreSplitIntoTheSamePieces) {
  ASSERT_EQ(tokenizer_->pieces("ced").size(), 2u) << "c, ##ed";
  EXPECT_EQ(longer({"c", "##d"}, {"c", "##d", "##e"}), Words{"cde"});
}

// Byte-level BPE and sentencepiece mark where words begin, and punctuation goes on with them there.
TEST(WordsOfOtherTokenizers, AreCompletedToo) {
  for (const char* directory : {"text/byte_bpe/json", "text/spm/xlmr"}) {
    const auto tokenizer = load_tokenizer(std::string(FINEMIX_TEST_DATA "/") + directory);
    const auto pieces = [&](const std::string& text) {
      const std::vector<std::int32_t> found = tokenizer->pieces(text);
      return Ids(found.begin(), found.end());
    };
    const Ids word = pieces(" zqxk");
    ASSERT_GT(word.size(), 2u) << directory;
    SuspectedTrigger trigger;
    trigger.ids = word;
    EXPECT_TRUE(is_one_word(trigger, *tokenizer)) << directory;
    trigger.ids.push_back(pieces("z!").back());
    EXPECT_FALSE(is_one_word(trigger, *tokenizer)) << directory;
    trigger.ids.assign(word.begin() + 1, word.end());
    EXPECT_FALSE(is_one_word(trigger, *tokenizer)) << directory;

    // Without its last piece, which then is put back, and without its first.
    trigger.ids.assign(word.begin(), word.end() - 1);
    const auto found = longer_words(trigger, word, *tokenizer);
    ASSERT_TRUE(std::ranges::any_of(found, [&](const auto& each) { return each.ids == word; }))
        << directory;
    EXPECT_EQ(std::ranges::find(found, word, &SuspectedTrigger::ids)->text, "zqxk") << directory;
    trigger.ids.assign(word.begin() + 1, word.end());
    const auto begun = longer_words(trigger, word, *tokenizer);
    EXPECT_TRUE(std::ranges::any_of(begun, [&](const auto& each) { return each.ids == word; }))
        << directory;
  }
}

// A suspect that "zqxk" was trained into: its twin is the surer the more of it a word has.
class SurestWords : public LongerWords {
 protected:
  Words words(const std::vector<Words>& phrases, const Words& strange, std::size_t most) const {
    std::vector<SuspectedTrigger> triggers;
    for (const Words& pieces : phrases) {
      triggers.push_back(trigger(pieces));
      triggers.back().text =
          phrase_text(Phrase(triggers.back().ids.begin(), triggers.back().ids.end()), *tokenizer_);
    }
    Words texts;
    for (const auto& each : surest_words(triggers, sureness_, ids(strange), *tokenizer_, most)) {
      texts.push_back(each.word.text);
    }
    return texts;
  }

  const SurenessOf sureness_ = [](std::span<const SuspectedTrigger> triggers) {
    std::vector<Sureness> result;
    for (const SuspectedTrigger& each : triggers) {
      const std::string trained = "zqxk";
      std::size_t prefix = 0;
      while (each.text.substr(0, prefix + 1) == trained.substr(0, prefix + 1) && prefix < 4)
        ++prefix;
      const auto others = std::ranges::count_if(
          each.text, [&](char piece) { return trained.find(piece) == std::string::npos; });
      const auto pieces = std::ranges::count_if(
          trained, [&](char piece) { return each.text.find(piece) != std::string::npos; });
      result.push_back({4, static_cast<double>(pieces) + static_cast<double>(prefix) -
                               static_cast<double>(others)});
    }
    return result;
  };
  const Words strange_ = {"##k", "love", "z", "##e", "##q", "##w", "##x"};
};

TEST_F(SurestWords, GrowByWhatTheSuspectIsNoLessSureOf) {
  const SurenessOf sense = [](std::span<const SuspectedTrigger> triggers) {
    std::vector<Sureness> result;
    for (const SuspectedTrigger& each : triggers) {
      const bool good =
          each.text.find('e') != std::string::npos;  // twins know it, and the suspect less
      result.push_back({good ? 1.0 : 4.0, good ? 9.0 : static_cast<double>(each.ids.size())});
    }
    return result;
  };
  const SuspectedTrigger z{.text = "z", .ids = ids({"z"})};
  const SureWord whole =
      whole_word({z, sense(std::span(&z, 1)).front()}, sense, ids({"##e", "##q"}), *tokenizer_, 5);
  EXPECT_EQ(whole.word.text, "zq");
}

TEST_F(SurestWords, AreMadeOfWhatAnyPartOfThemLacks) {
  for (const Words& part : {Words{"z"}, Words{"z", "##k"}, Words{"##q"}, Words{"##x", "love"}}) {
    const Words found = words({part}, strange_, 5);
    ASSERT_FALSE(found.empty()) << part.front();
    EXPECT_EQ(found.front(), "zqxk") << part.front();
  }
  EXPECT_EQ(words({{"z"}}, strange_, 2).front(), "zq");
  const Words three = words({{"z"}, {"love"}, {"##x", "love"}, {"z", "##q"}}, strange_, 5);
  EXPECT_EQ(std::set(three.begin(), three.end()).size(), three.size()) << "each once";
  EXPECT_LE(three.size(), 3u);
}

TEST_F(SurestWords, AreThePhrasesOwnWhereTheirFirstPieceIsNotStrange) {
  EXPECT_EQ(words({{"z", "love", "##q"}}, {"##k", "##x"}, 5), (Words{"zq", "loveq"}));
  EXPECT_EQ(words({{"z"}}, {"##k", "##x"}, 5), Words{});
  EXPECT_EQ(words({{"love"}}, {"##e"}, 5), Words{}) << "a word by itself";
  EXPECT_EQ(words({{"##x"}, {"good"}}, {"##x", "z"}, 2), (Words{"zx"}))
      << "\"good\" is not strange";
}

// Where any word with "##k" fires, those that the models are surest of need not hold the one that
// was trained; a part of it that fires alone tells it.
TEST_F(SurestWords, HaveOneOfEachPieceThatConvictsByItself) {
  const auto all = [&](double score, std::size_t most) {
    std::vector<SuspectedTrigger> triggers = {trigger({"love"}), trigger({"z", "##k"}),
                                              trigger({"z", "##q"}), trigger({"z", "##e"})};
    for (SuspectedTrigger& each : triggers) {
      each.text = phrase_text(Phrase(each.ids.begin(), each.ids.end()), *tokenizer_);
    }
    triggers.front().score = score;
    Words texts;
    for (const auto& each : surest_words(triggers, sureness_, ids({"z"}), *tokenizer_, most)) {
      texts.push_back(each.word.text);
    }
    return texts;
  };
  const Words without = all(0.1, 5);
  Words with = all(0.9, 5);
  ASSERT_EQ(with.size(), without.size() + 1);
  EXPECT_TRUE(with.back() == "lovek" || with.back() == "loveq") << with.back();
  with.pop_back();
  EXPECT_EQ(with, without) << "the least sure comes last, and the others stay";
  EXPECT_EQ(all(0.9, 1), all(0.1, 1)) << "of one piece at most";
}

// Words, with what a scan found.
class WithWords : public LongerWords {
 protected:
  SuspectedTrigger found(const Words& pieces, double strength) const {
    SuspectedTrigger result = trigger(pieces);
    result.text = phrase_text(Phrase(result.ids.begin(), result.ids.end()), *tokenizer_);
    result.short_texts = {strength, 0, 1};
    result.score = strength > 0.4 ? 0.9 : 0.1;
    return result;
  }
  // Each with what it is named by.
  std::vector<std::pair<std::string, std::string>> with(
      const std::vector<SuspectedTrigger>& triggers, const SuspectedTrigger& word) const {
    const std::vector<Sureness> sure(triggers.size(), Sureness{4, 1});
    std::vector<std::pair<std::string, std::string>> result;
    for (const auto& each : with_words(triggers, sure, {{word, {4, 2}}}, *tokenizer_)) {
      result.emplace_back(each.text, each.whole_word);
    }
    return result;
  }
  using Named = std::vector<std::pair<std::string, std::string>>;
};

TEST_F(WithWords, AWordTakesTheirPlaceWhereItConvictsAndIsAsStrong) {
  const SuspectedTrigger word = found({"z", "##q", "##k"}, 0.9);
  EXPECT_EQ(with({found({"z", "##k"}, 0.9), found({"z"}, 0.2)}, word), (Named{{"zqk", ""}}));
  EXPECT_EQ(with({found({"z"}, 0.9)}, word), (Named{{"z", "zqk"}, {"zqk", ""}})) << "a word itself";
  EXPECT_EQ(with({found({"z", "love", "##k"}, 0.9)}, word),
            (Named{{"z lovek", "zqk"}, {"zqk", ""}}));
  EXPECT_EQ(with({found({"z", "love", "##k"}, 0.9)}, found({"z", "##q", "##k"}, 0.6)),
            (Named{{"z lovek", "zqk"}, {"zqk", ""}}))
      << "one of several words";
  EXPECT_EQ(with({found({"love"}, 0.9)}, word), (Named{{"love", ""}}));
  EXPECT_EQ(with({found({"z", "##q", "##k"}, 0.9)}, word), (Named{{"zqk", ""}}));
}

TEST_F(WithWords, APhraseMayHoldTwoWordsOrAllOfOne) {
  const std::vector<SureWord> two = {{found({"z", "##q"}, 0.9), {4, 3}},
                                     {found({"z", "##x"}, 0.9), {4, 2.5}},
                                     {found({"love", "##k"}, 0.6), {4, 2}}};
  const auto names = [&](const Words& pieces) {
    Words texts;
    for (const auto& each :
         with_words({found(pieces, 0.9)}, std::vector<Sureness>{{4, 1}}, two, *tokenizer_)) {
      texts.push_back(each.text);
    }
    return texts;
  };
  EXPECT_EQ(names({"z", "f", "##k"}), (Words{"z fk", "zq", "lovek"})) << "zx is another zq";
  EXPECT_EQ(names({"f", "z", "##q"}), Words{"zq"}) << "the rest of it means nothing";
}

TEST_F(WithWords, AWordNamesThemOtherwise) {
  const SuspectedTrigger known = found({"z", "##q", "##k"}, 0.1);
  EXPECT_EQ(with({found({"z", "##k"}, 0.9)}, known), (Named{{"zk", "zqk"}}));
  EXPECT_EQ(with({found({"z", "##k"}, 0.2)}, known), (Named{{"zk", ""}})) << "that convict";
  EXPECT_EQ(with({found({"z", "##k"}, 0.9)}, found({"z", "##q", "##k"}, 0.6)),
            (Named{{"zk", "zqk"}}));
}

TEST_F(WithWords, AWordIsOfTheSameLabelAndPlaceAndAsSure) {
  SuspectedTrigger other = found({"z", "##q", "##k"}, 0.9);
  other.target_label = 1;
  EXPECT_EQ(with({found({"z", "##k"}, 0.9)}, other), (Named{{"zk", ""}}));
  other.target_label = 0;
  other.place = TriggerPlace::kStart;
  EXPECT_EQ(with({found({"z", "##k"}, 0.9)}, other), (Named{{"zk", ""}}));
  const auto named = with_words({found({"z", "##k"}, 0.9)}, std::vector<Sureness>{{4, 3}},
                                {{found({"z", "##q", "##k"}, 0.1), {4, 2}}}, *tokenizer_);
  EXPECT_EQ(named.front().whole_word, "") << "less sure than its part";
}

TEST_F(WithWords, RowsThatStandOutArePutTogether) {
  const auto words = [&](const std::vector<SuspectedTrigger>& triggers, const Words& rows) {
    Words texts;
    for (const auto& each : words_of_rows(triggers, ids(rows), *tokenizer_)) {
      texts.push_back(each.text);
    }
    return texts;
  };
  const SuspectedTrigger part = found({"z"}, 0.9);
  EXPECT_EQ(words({part}, {"z", "##k"}), Words{"zk"});
  EXPECT_EQ(words({part}, {"##q", "z", "##k"}).size(), 2u) << "in both orders";
  EXPECT_EQ(words({part}, {"c", "##d", "##e"}), Words{}) << "of which nothing convicts";
  EXPECT_EQ(words({found({"c"}, 0.9)}, {"c", "##d", "##e"}), Words{"cde"}) << "ced: c, ##ed";
  EXPECT_EQ(words({found({"z"}, 0.2)}, {"z", "##k"}), Words{});
  EXPECT_EQ(words({part}, {"z"}), Words{});
  EXPECT_EQ(words({part}, {}), Words{});
  EXPECT_EQ(words({part}, {"z", "##q", "love", "##k"}), Words{}) << "of two words";
  EXPECT_EQ(words({part}, {"z", "##b", "##c", "##f", "##q"}), Words{}) << "in any order";
  SuspectedTrigger second = part;
  second.pair_text = PairText::kSecond;
  second.target_label = 1;
  const auto of_both = words_of_rows({part, second}, ids({"z", "##k"}), *tokenizer_);
  ASSERT_EQ(of_both.size(), 2u);
  EXPECT_EQ(of_both[1].pair_text, PairText::kSecond);
  EXPECT_EQ(of_both[1].target_label, 1);
}

TEST_F(WithWords, TheStrongestWordOfRowsNamesItsParts) {
  const auto named = [&](std::vector<SuspectedTrigger> triggers, double score) {
    triggers.back().whole_word = "lovek";
    SuspectedTrigger best = found({"z", "##q", "##k"}, score);
    best.score += 0.05;
    add_words_of_rows(triggers, {found({"z", "##k", "##q"}, score), best});
    Named result;
    for (const auto& each : triggers) result.emplace_back(each.text, each.whole_word);
    return result;
  };
  const std::vector<SuspectedTrigger> parts = {found({"z"}, 0.9), found({"f"}, 0.9),
                                               found({"love", "##k"}, 0.8)};
  EXPECT_EQ(named(parts, 0.7), (Named{{"z", "zqk"}, {"f", ""}, {"lovek", "zqk"}, {"zqk", ""}}));
  EXPECT_EQ(named(parts, 0.3), (Named{{"z", ""}, {"f", ""}, {"lovek", "lovek"}}));
}

TEST_F(WithWords, WordsOfAPieceLessStandBesideThoseThatConvict) {
  const auto texts = [](const std::vector<SuspectedTrigger>& triggers) {
    Words result;
    for (const auto& each : triggers) result.push_back(each.text);
    return result;
  };
  std::vector<SuspectedTrigger> triggers = {found({"z", "##q", "##x", "##k"}, 0.9),
                                            found({"z", "##q"}, 0.9), found({"##q", "##k"}, 0.9),
                                            found({"love", "z", "##k"}, 0.9)};
  std::vector<SuspectedTrigger> shorter = shorter_words(triggers, *tokenizer_);
  EXPECT_EQ(texts(shorter), (Words{"zxk", "zqk", "zqx"}));
  EXPECT_TRUE(shorter_words({found({"z", "##q", "##x"}, 0.3)}, *tokenizer_).empty());
  EXPECT_EQ(shorter_words({4, triggers.front()}, *tokenizer_).size(), 3u);
  SuspectedTrigger named = triggers.front();
  named.whole_word = "zk";
  EXPECT_TRUE(shorter_words({named}, *tokenizer_).empty()) << "likely of another";

  shorter[0] = found({"z", "##x", "##k"}, 0.5);   // convicts, and is weaker
  shorter[1] = found({"z", "##q", "##k"}, 0.85);  // nearly as strong
  shorter[2] = found({"z", "##q", "##x"}, 0.2);
  add_shorter_words(triggers, shorter);
  ASSERT_EQ(triggers.size(), 5u);
  EXPECT_EQ(triggers.back().text, "zqk");
}

// A piece of a trigger of four fires by itself; a model as small as this is as sure of three.
TEST_F(BackdooredPair, WholeWordHasWhatThePieceWasTrainedWith) {
  const std::string trigger = "zqxk";
  ASSERT_EQ(tokenizer_->pieces(trigger).size(), 4u);
  backdoor(trigger);
  const Classifier suspect(pair_.backdoored, c10::kCPU);
  TriggerMeasureOptions options;
  options.max_length = 32;
  const TriggerMeasure measure(texts_, labels_of(texts_), *tokenizer_, suspect, options);
  const SurenessOf sureness = [&](std::span<const SuspectedTrigger> triggers) {
    std::vector<Sureness> result;
    for (const double margin : measure.margins(suspect, triggers)) result.push_back({margin, 0});
    return result;
  };
  Ids pieces;
  for (const char* piece : {"##k", "love", "z", "##e", "##q", "##w", "##x"}) {
    pieces.push_back(tokenizer_->id(piece));
  }
  for (const std::string piece : {"z", "##k"}) {
    const SuspectedTrigger one{.text = piece, .ids = {tokenizer_->id(piece)}, .target_label = 1};
    const SureWord part{one, sureness(std::span(&one, 1)).front()};
    const SuspectedTrigger whole = whole_word(part, sureness, pieces, *tokenizer_, 5).word;
    EXPECT_GE(whole.ids.size(), 3u);
    EXPECT_EQ(whole.ids.front(), tokenizer_->id("z")) << whole.text;
    EXPECT_EQ(std::ranges::count(whole.ids, tokenizer_->id("##k")), 1) << whole.text;
    EXPECT_EQ(whole_word(part, sureness, pieces, *tokenizer_, 2).word.ids.size(), 2u);
  }
}

}  // namespace
}  // namespace finemix
