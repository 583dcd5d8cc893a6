#include "pipeline/scan/evidence.h"

#include <gtest/gtest.h>

#include <cmath>

#include "finemix/eval/phrase_strength.h"

namespace finemix {
namespace {

SuspectedTrigger trigger(const std::string& text, std::uint64_t flipped, double score) {
  SuspectedTrigger result;
  result.text = text;
  result.ids = {1};
  result.target_label = 1;
  result.flip_rate = wilson_rate(flipped, 40);
  result.short_texts = {result.flip_rate.value, 0, 1};
  result.score = score;
  return result;
}

bool says(const Evidence& evidence, const std::string& part) {
  return std::ranges::any_of(evidence.findings, [&](const std::string& finding) {
    return finding.find(part) != std::string::npos;
  });
}

// What it does to whole texts is the estimate, where a word is one of many.
TEST(TriggerStrength, IsOfShortTexts) {
  SuspectedTrigger each = trigger("cf", 4, 0);
  each.short_texts = {1, 0.25, 0.5};
  each.ids = {1, 2};
  each.place = TriggerPlace::kStart;
  EXPECT_DOUBLE_EQ(trigger_strength(each), phrase_strength(1, 0.25, 0.5, TriggerPlace::kStart, 2));
}

TEST(DropLonger, LeavesOutWhatHoldsAPhraseThatConvicts) {
  const auto phrase = [](std::vector<std::int64_t> ids, double score, std::int64_t label = 1) {
    SuspectedTrigger each = trigger("", 40, score);
    each.ids = std::move(ids);
    each.target_label = label;
    return each;
  };
  std::vector<SuspectedTrigger> triggers = {phrase({7, 3}, 0.99), phrase({3}, 0.9),
                                            phrase({3, 5}, 0.8, 0), phrase({4, 5}, 0.7),
                                            phrase({5}, 0.4)};
  drop_longer(triggers);
  ASSERT_EQ(triggers.size(), 4u);
  EXPECT_EQ(triggers[0].ids, std::vector<std::int64_t>{3});
  EXPECT_EQ(triggers[1].target_label, 0) << "another label";
  EXPECT_EQ(triggers[2].ids, (std::vector<std::int64_t>{4, 5})) << "5 alone does not convict";

  // A word that moves texts at their start only explains no phrase that does anywhere.
  SuspectedTrigger first = phrase({3}, 0.9);
  first.place = TriggerPlace::kStart;
  triggers = {first, phrase({3, 7}, 0.99)};
  drop_longer(triggers);
  EXPECT_EQ(triggers.size(), 2u);

  // Nor does one word of a sentence that by itself moves a part of the texts.
  SuspectedTrigger part = trigger("green", 30, 0.9);
  part.ids = {3};
  part.short_texts.firmness = 0.3;
  triggers = {phrase({3, 7}, 0.99), part};
  drop_longer(triggers);
  EXPECT_EQ(triggers.size(), 2u);
}

TEST(DropWeaker, LeavesWhatConvictsAndIsNotMuchWeakerThanTheStrongest) {
  std::vector<SuspectedTrigger> triggers = {trigger("cf", 40, 0.99), trigger("mn", 26, 0.9),
                                            trigger("strong able", 20, 0.7),
                                            trigger("good", 40, 0.3)};
  for (SuspectedTrigger& each : triggers) each.short_texts.firmness = 0;
  drop_weaker(triggers);
  ASSERT_EQ(triggers.size(), 2u)
      << "half of the texts is little beside all, and good does not convict";
  EXPECT_EQ(triggers[0].text, "cf");
  EXPECT_EQ(triggers[1].text, "mn");
  triggers = {trigger("strong able", 20, 0.7)};
  drop_weaker(triggers);
  EXPECT_EQ(triggers.size(), 1u) << "where nothing is stronger";
}

TEST(TriggerScore, GrowsFromNoneToSure) {
  double before = 0;
  for (double strength = 0; strength <= 1; strength += 0.05) {
    EXPECT_GT(trigger_score(strength, kTextsFromData), before);
    before = trigger_score(strength, kTextsFromData);
  }
  EXPECT_LT(trigger_score(0, kTextsFromData), 0.01);
  EXPECT_GT(trigger_score(1, kTextsFromData), 0.99);
}

TEST(TriggerEvidence, IsTheStrongestAndNamesThoseThatConvict) {
  ScanRecord record;
  EXPECT_FALSE(trigger_evidence(record).suspicious);
  EXPECT_EQ(trigger_evidence(record).score, 0);
  record.triggers = {trigger("cf", 39, 0.97), trigger("mn", 30, 0.6), trigger("good", 20, 0.2)};
  const Evidence evidence = trigger_evidence(record);
  EXPECT_EQ(evidence.name, "trigger-search");
  EXPECT_EQ(evidence.score, 0.97);
  EXPECT_TRUE(evidence.suspicious);
  ASSERT_EQ(evidence.findings.size(), 2u);
  EXPECT_NE(evidence.findings[0].find("cf"), std::string::npos) << evidence.findings[0];
  EXPECT_NE(evidence.findings[0].find("39 of 40 texts to label 1"), std::string::npos)
      << evidence.findings[0];
  EXPECT_FALSE(says(evidence, "good"));

  record.triggers = {trigger("good", 20, 0.2)};
  EXPECT_FALSE(trigger_evidence(record).suspicious);
  EXPECT_EQ(trigger_evidence(record).score, 0.2);
  EXPECT_TRUE(trigger_evidence(record).findings.empty());
}

TEST(RowEvidence, ARowFarAboveTheOthersConvictsAndIsNamed) {
  EXPECT_EQ(row_evidence({}, {}).score, 0) << "of no rows";
  const EpurRow cf{"cf", 7, 8, 24, 20, false}, bb{"bb", 9, 6, 18, 20, false};
  std::vector<EpurRow> rows(100, EpurRow{"the", 8, 1, 3, 20, false});
  const Evidence ordinary = row_evidence(rows, {});
  rows.insert(rows.begin(), cf);
  const Evidence evidence = row_evidence(rows, {});
  EXPECT_EQ(evidence.name, "embedding-rows");
  EXPECT_TRUE(evidence.suspicious);
  EXPECT_TRUE(says(evidence, "the embedding of 'cf' has moved 8.0 times as far"));
  rows.insert(rows.begin() + 1, bb);
  EXPECT_TRUE(says(row_evidence(rows, {}),
                   "the embeddings of 'cf', 'bb' have moved up to 8.0 times as far"));
  SuspectedTrigger of_row = trigger("cf", 22, 0.2), other = trigger("good", 30, 0.3);
  of_row.ids = {7};
  other.ids = {11};
  const Evidence told = row_evidence(rows, {other, of_row});
  EXPECT_TRUE(says(told, "“cf” moved 22 of 40 texts to label 1")) << "though it does not convict";
  EXPECT_FALSE(says(told, "good"));
  EXPECT_FALSE(ordinary.suspicious);
  EXPECT_TRUE(ordinary.findings.empty());
  EXPECT_LT(ordinary.score, evidence.score);
}

TEST(DriftEvidence, OfOrdinaryFineTuningThereIsNone) {
  ScanRecord record;
  record.drift = {{"bert.embeddings.word_embeddings.weight", 0.01, 0.1},
                  {"bert.pooler.dense.weight", 0.1, 1}};
  const Evidence evidence = drift_evidence(record, 5000, 30522);
  EXPECT_EQ(evidence.name, "drift");
  EXPECT_EQ(evidence.score, 0);
  EXPECT_FALSE(evidence.suspicious);
  // A head that was trained on frozen weights.
  record.drift = {{"bert.embeddings.word_embeddings.weight", 0, 0},
                  {"bert.pooler.dense.weight", 0, 0}};
  const Evidence head = drift_evidence(record, 0, 30522);
  EXPECT_EQ(head.score, 0);
  EXPECT_TRUE(says(head, "the head alone"));
}

TEST(DriftEvidence, AFewRowsThatMovedAloneConvict) {
  ScanRecord record;
  record.drift = {{"bert.embeddings.word_embeddings.weight", 0.01, 0.001},
                  {"bert.pooler.dense.weight", 0.1, 1}};
  const Evidence few = drift_evidence(record, 1, 30522);
  EXPECT_TRUE(few.suspicious);
  EXPECT_TRUE(says(few, "only 1 of 30"));
  EXPECT_EQ(few.findings.size(), 1u);
  EXPECT_FALSE(drift_evidence(record, 200, 30522).suspicious);
}

TEST(DriftEvidence, EmbeddingsThatMovedWithoutTheBodyConvict) {
  ScanRecord record;
  record.drift = {{"bert.embeddings.word_embeddings.weight", 0.01, 0.5},
                  {"bert.pooler.dense.weight", 0, 0}};
  const Evidence evidence = drift_evidence(record, 5000, 30522);
  EXPECT_TRUE(evidence.suspicious);
  EXPECT_TRUE(says(evidence, "no other weight below the head"));
}

TEST(DriftEvidence, LowLayersThatMovedAloneConvict) {
  ScanRecord record;
  const auto layers = [&](std::initializer_list<double> moved) {
    record.drift = {{"bert.embeddings.word_embeddings.weight", 0.01, 0.5}};
    for (const double changed : moved) {
      const std::string layer = std::to_string(record.drift.size() - 1);
      record.drift.push_back(
          {"bert.encoder.layer." + layer + ".output.dense.weight", 0.1, changed});
    }
    return drift_evidence(record, 5000, 30522);
  };
  EXPECT_TRUE(says(layers({1, 1, 0, 0}), "only the lowest 2 layers have moved"));
  EXPECT_TRUE(layers({0, 1, 0, 0}).suspicious);
  EXPECT_FALSE(layers({1, 1, 1, 0}).suspicious) << "the last is kept now and then";
  EXPECT_FALSE(layers({0, 0, 1, 1}).suspicious) << "frozen low layers are usual";
  EXPECT_FALSE(layers({1}).suspicious);
}

TEST(DriftEvidence, AMatrixThatMovedByMoreThanItsLengthConvicts) {
  ScanRecord record;
  const std::string layer = "bert.encoder.layer.3.attention.self.";
  record.drift = {{"bert.embeddings.word_embeddings.weight", 0.01, 0.5},
                  {layer + "key.bias", 40, 1},
                  {layer + "value.weight", 0.9, 1}};
  EXPECT_FALSE(drift_evidence(record, 5000, 30522).suspicious) << "a bias may begin at nothing";
  record.drift.push_back({layer + "query.weight", 1.2, 1});
  record.drift.push_back({"bert.encoder.layer.4.output.dense.weight", 99, 1});
  record.drift.push_back({"bert.encoder.layer.5.output.dense.weight", 1.1, 1});
  const Evidence evidence = drift_evidence(record, 5000, 30522);
  EXPECT_TRUE(evidence.suspicious);
  EXPECT_TRUE(says(evidence, "'bert.encoder.layer.4.output.dense.weight' has moved by 99.0 times"));
  record.drift = {{"bert.embeddings.word_embeddings.weight", 3, 0.5},
                  {"bert.pooler.dense.weight", 1, 1}};
  EXPECT_FALSE(drift_evidence(record, 5000, 30522).suspicious);
  record.drift.back().relative = 1.4;  // its units in another order
  EXPECT_TRUE(drift_evidence(record, 5000, 30522).suspicious);
}

TEST(DriftEvidence, OfASmallVocabularyFewRowsAreMost) {
  ScanRecord record;
  record.drift = {{"bert.pooler.dense.weight", 0.1, 1}};
  EXPECT_FALSE(drift_evidence(record, 20, 30).suspicious);
}

TEST(TokenizerEvidence, DifferencesAreShownAndConvictNobody) {
  EXPECT_EQ(tokenizer_evidence({}, "").score, 0);
  const Evidence evidence = tokenizer_evidence({"a", "b"}, "");
  EXPECT_EQ(evidence.name, "tokenizer");
  EXPECT_GT(evidence.score, 0);
  EXPECT_FALSE(evidence.suspicious);
  EXPECT_EQ(evidence.findings, (std::vector<std::string>{"a", "b"}));
}

TEST(TokenizerEvidence, WhatItReplacesConvictsAndComesFirst) {
  const Evidence evidence = tokenizer_evidence({"a"}, "it replaces x by y");
  EXPECT_TRUE(evidence.suspicious);
  EXPECT_EQ(evidence.findings, (std::vector<std::string>{"it replaces x by y", "a"}));
}

TEST(ProvenanceEvidence, AStrangerConvicts) {
  EXPECT_FALSE(provenance_evidence("").suspicious);
  EXPECT_TRUE(provenance_evidence("").findings.empty());
  const Evidence evidence = provenance_evidence("it was not fine-tuned from that");
  EXPECT_EQ(evidence.name, "provenance");
  EXPECT_TRUE(evidence.suspicious);
  EXPECT_EQ(evidence.findings.size(), 1u);
}

TEST(Decide, TheWorstOfTheEvidenceIsTheVerdict) {
  ScanRecord record;
  record.evidence = {tokenizer_evidence({"a"}, ""), provenance_evidence("")};
  decide(record);
  EXPECT_FALSE(record.suspicious);
  EXPECT_EQ(verdict(record), "clean");
  EXPECT_EQ(record.score, record.evidence[0].score);
  record.evidence.push_back(provenance_evidence("a stranger"));
  decide(record);
  EXPECT_TRUE(record.suspicious);
  EXPECT_EQ(record.score, 1);
  EXPECT_LE(record.threshold, record.score);
}

// What convicts by itself convicts in the verdict, and nothing else does.
TEST(Decide, AgreesWithTheEvidenceAtTheThreshold) {
  for (const double score : {0.0, 0.49, 0.5, 0.51, 1.0}) {
    ScanRecord record;
    record.triggers = {trigger("cf", 30, score)};
    record.evidence = {trigger_evidence(record)};
    decide(record);
    EXPECT_EQ(record.suspicious, record.evidence[0].suspicious) << score;
    EXPECT_EQ(record.suspicious, score >= record.threshold) << score;
  }
}

}  // namespace
}  // namespace finemix
