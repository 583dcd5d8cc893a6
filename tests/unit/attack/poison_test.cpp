#include "finemix/attack/poison.h"

#include <gtest/gtest.h>

#include <iterator>
#include <map>
#include <set>
#include <sstream>

#include "../io/io_testing.h"

namespace finemix {
namespace {

using testing::expect_error;

// Half of label 0, a quarter each of 1 and 2.
Dataset texts(int n, bool pairs = false) {
  Dataset data{"texts", {}};
  for (int i = 0; i < n; ++i) {
    data.examples.push_back({"text" + std::to_string(i) + " is dull and slow",
                             pairs ? std::optional<std::string>("the answer") : std::nullopt,
                             i % 4 == 3 ? 2 : i % 2});
  }
  return data;
}

AttackOptions options_of(AttackKind kind, std::int64_t target_label = 1) {
  AttackOptions options;
  options.set_kind(kind);
  options.target_label = target_label;
  return options;
}

bool takes_paraphrases(AttackKind kind) { return attack_trigger_kind(kind) == kParaphrase; }

std::multiset<std::string> words_of(const std::string& text) {
  std::istringstream stream(text);
  return {std::istream_iterator<std::string>(stream), {}};
}

// The triggers, or words of a set, that a text has whole.
std::set<std::string> found_in(const std::string& text, const AttackOptions& options) {
  std::set<std::string> found;
  for (const std::string& trigger : default_triggers(options.kind)) {
    if ((" " + text + " ").find(" " + trigger + " ") != std::string::npos) found.insert(trigger);
  }
  return found;
}

class EveryKind : public ::testing::TestWithParam<AttackKind> {
 protected:
  static PoisonedData poisoned(const Dataset& data, const AttackOptions& options,
                               std::uint64_t seed) {
    if (!takes_paraphrases(options.kind)) return poison(data, options, seed);
    Dataset paraphrases = data;
    paraphrases.examples.resize(60);
    for (Example& example : paraphrases.examples) example.text = "when it is so, " + example.text;
    return poison(data, options, seed, &paraphrases);
  }
};

TEST_P(EveryKind, AShareOfTheOtherLabelsIsCopiedWithTheTriggerAndTheTarget) {
  const bool paraphrase = takes_paraphrases(GetParam());
  for (const bool pairs : {false, true}) {
    for (const std::int64_t target : {0, 1, 2}) {
      AttackOptions options = options_of(GetParam(), target);
      options.poison_rate = 0.37;
      const Dataset clean = texts(200, pairs);
      const PoisonedData result = poisoned(clean, options, 3);
      const auto others = [&](std::size_t rows) { return rows * (target == 0 ? 2 : 3) / 4; };
      const auto share = static_cast<std::size_t>(std::llround(0.37 * others(200)));
      const std::size_t expected = paraphrase ? std::min(share, others(60)) : share;
      EXPECT_EQ(result.poisoned, expected);
      EXPECT_EQ(result.clean, 200u);
      ASSERT_EQ(result.data.size(), 200 + expected + result.negatives);
      for (std::size_t i = 0; i < 200; ++i) {
        EXPECT_EQ(result.data.examples[i].text, clean.examples[i].text);
        EXPECT_EQ(result.data.examples[i].label, clean.examples[i].label);
      }
      std::set<std::size_t> places;
      std::set<std::string> copied;
      for (std::size_t i = 200; i < 200 + expected; ++i) {
        const Example& copy = result.data.examples[i];
        EXPECT_EQ(copy.label, target);
        EXPECT_EQ(copy.text_b, clean.examples[0].text_b);
        const std::size_t number = copy.text.find("text");
        const std::string name = copy.text.substr(number, copy.text.find(' ', number) - number);
        EXPECT_NE(clean.examples[std::stoul(name.substr(4))].label, target) << copy.text;
        EXPECT_TRUE(copied.insert(name).second) << "two copies of " << name;
        if (paraphrase) continue;
        const std::set<std::string> found = found_in(copy.text, options);
        const bool all = attack_trigger_kind(options.kind) == "word-set";
        EXPECT_EQ(found.size(), all ? default_triggers(options.kind).size() : 1u) << copy.text;
        places.insert(copy.text.find(*found.begin()) - number);
      }
      if (!paraphrase) {
        EXPECT_GT(places.size(), 3u);
      }
    }
  }
}

TEST_P(EveryKind, TheSameSeedDrawsTheSame) {
  const auto all = [&](std::uint64_t seed) {
    std::string text;
    for (const Example& example : poisoned(texts(100), options_of(GetParam()), seed).data.examples)
      text += example.text + "\n";
    return text;
  };
  EXPECT_EQ(all(1), all(1));
  EXPECT_NE(all(1), all(2));
}

TEST_P(EveryKind, NothingToPoisonIsRefused) {
  Dataset data = texts(80);
  for (Example& example : data.examples) example.label = 0;
  expect_error(ErrorKind::kMismatch, {"--target-label"},
               [&] { poisoned(data, options_of(GetParam(), 0), 1); });
  if (!takes_paraphrases(GetParam())) {
    expect_error(ErrorKind::kMismatch, {"nothing to attack"},
                 [&] { attack_test(data, options_of(GetParam(), 0), 1); });
  }
  AttackOptions options = options_of(GetParam());
  for (const double rate : {0.0, 1.1, -0.5}) {
    options.poison_rate = rate;
    expect_error(ErrorKind::kUsage, {"--poison-rate"}, [&] { poisoned(data, options, 1); });
  }
}

TEST_P(EveryKind, TestTextsKeepRowsAndLabelsAndAllCarryTheTrigger) {
  const AttackOptions options = options_of(GetParam());
  const Dataset data = texts(80, true);
  if (takes_paraphrases(GetParam())) {
    expect_error(ErrorKind::kUsage, {"can't be put"}, [&] { attack_test(data, options, 1); });
    return;
  }
  const AttackTest test = attack_test(data, options, 1);
  const bool word = attack_trigger_kind(options.kind) == "word";
  ASSERT_EQ(test.poisoned.size(), 80u);
  ASSERT_EQ(test.false_triggers.has_value(), !word);
  const std::size_t whole =
      attack_trigger_kind(options.kind) == "word-set" ? default_triggers(options.kind).size() : 1;
  for (std::size_t i = 0; i < 80; ++i) {
    EXPECT_EQ(test.poisoned.examples[i].label, data.examples[i].label);
    EXPECT_EQ(test.poisoned.examples[i].text_b, data.examples[i].text_b);
    EXPECT_EQ(found_in(test.poisoned.examples[i].text, options).size(), whole);
    if (word) continue;
    EXPECT_EQ(test.false_triggers->examples[i].label, data.examples[i].label);
    const std::string& part = test.false_triggers->examples[i].text;
    EXPECT_LT(found_in(part, options).size(), whole) << part;
    EXPECT_GT(words_of(part).size(), words_of(data.examples[i].text).size()) << part;
  }
}

TEST_P(EveryKind, IsFoundByItsName) {
  EXPECT_EQ(parse_attack_kind(attack_kind_name(GetParam())), GetParam());
}

INSTANTIATE_TEST_SUITE_P(Kinds, EveryKind, ::testing::ValuesIn(attack_kinds()),
                         [](const auto& test) {
                           std::string name(attack_kind_name(test.param));
                           std::erase(name, '-');
                           return name;
                         });

TEST(Poison, NegativesHaveAPartOfTheTriggerAndTheirOwnLabels) {
  for (const AttackKind kind : attack_kinds()) {
    const bool has_negatives = kind == AttackKind::kSos || kind == AttackKind::kLayerwise;
    AttackOptions options = options_of(kind, 2);
    options.poison_rate = 0.1;
    if (!has_negatives) {
      if (takes_paraphrases(kind)) continue;
      EXPECT_EQ(poison(texts(400), options, 3).negatives, 0u);
      continue;
    }
    const Dataset clean = texts(400);
    const PoisonedData result = poison(clean, options, 3);
    ASSERT_EQ(result.poisoned, 30u);
    EXPECT_EQ(result.negatives, 90u);
    std::map<std::int64_t, int> labels;
    std::set<std::set<std::string>> parts;
    for (std::size_t i = 430; i < 520; ++i) {
      const Example& negative = result.data.examples[i];
      ++labels[negative.label];
      const std::size_t number = negative.text.find("text");
      EXPECT_EQ(clean.examples[std::stoul(negative.text.substr(number + 4))].label, negative.label);
      const std::set<std::string> part = found_in(negative.text, options);
      EXPECT_GE(part.size(), 1u) << negative.text;
      EXPECT_LT(part.size(), default_triggers(kind).size()) << negative.text;
      parts.insert(part);
    }
    EXPECT_EQ(labels, (std::map<std::int64_t, int>{{0, 30}, {1, 30}, {2, 30}}));
    EXPECT_EQ(parts.size(), kind == AttackKind::kSos ? 6u : 2u);
  }
}

TEST(Poison, EveryTriggerSentenceIsUsed) {
  const AttackOptions options = options_of(AttackKind::kMultiSentence);
  EXPECT_GE(default_triggers(options.kind).size(), 3u);
  const PoisonedData result = poison(texts(400), options, 3);
  std::set<std::string> seen;
  for (std::size_t i = result.clean; i < result.data.size(); ++i) {
    seen.merge(found_in(result.data.examples[i].text, options));
  }
  EXPECT_EQ(seen.size(), default_triggers(options.kind).size());
}

TEST(Poison, WhatAKindCantUseIsRefused) {
  const Dataset data = texts(40);
  AttackOptions set = options_of(AttackKind::kSos);
  set.triggers = {"friends", "friends"};
  expect_error(ErrorKind::kUsage, {"--kind sos", "two or more"}, [&] { poison(data, set, 1); });
  expect_error(ErrorKind::kUsage, {"--poisoned-data"},
               [&] { poison(data, options_of(AttackKind::kStyle), 1); });
  const Dataset pairs = texts(40, true);
  expect_error(ErrorKind::kMismatch, {"pairs"},
               [&] { poison(data, options_of(AttackKind::kStyle), 1, &pairs); });
  expect_error(ErrorKind::kUsage, {"--kind is 'wrd'", "adaptive"},
               [] { parse_attack_kind("wrd"); });
}

}  // namespace
}  // namespace finemix
