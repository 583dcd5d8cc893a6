#include "finemix/report/summary.h"

#include <gtest/gtest.h>

#include <vector>

namespace finemix {
namespace {

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

EvaluationRecord suspect() {
  EvaluationRecord record;
  record.accuracy = wilson_rate(1599, 1821);
  record.attack_success_rate = wilson_rate(912, 912);
  record.trigger_effect = 0.881;
  return record;
}

EvaluationRecord purified() {
  EvaluationRecord record;
  record.accuracy = wilson_rate(1517, 1821);
  record.attack_success_rate = wilson_rate(306, 912);
  record.trigger_effect = 0.124;
  return record;
}

PurifyRecord purification() {
  PurifyRecord record;
  record.rho = 0.4;
  record.before = suspect();
  record.after = purified();
  record.mix.emplace();
  record.mix->kept = 4000;
  record.mix->total = 10000;
  record.epur.emplace();
  record.epur->row_count = 1200;
  record.epur->reset_count = 200;
  return record;
}

TEST(Summary, PurifyShowsBeforeAfterAndTheChange) {
  EXPECT_EQ(summary(purification(), false),
            "fine-mixing, ρ = 0.4\n"
            "E-PUR reset 200 of 1,200 embedding rows; 4,000 of 10,000 weights kept (40.0 %)\n"
            "\n"
            "                  before              after             change\n"
            "  ──────────────  ──────  ──────────  ─────  ─────────  ──────\n"
            "  accuracy          87.8  86.2–89.2    83.3  81.5–84.9    −4.5\n"
            "  attack success   100.0  99.6–100.0   33.6  30.6–36.7   −66.4\n"
            "  trigger effect   +88.1              +12.4              −75.7\n"
            "\n"
            "Rates in % with their 95 % intervals (Wilson); changes in points.\n");
}

TEST(Summary, LabelsAndFalseTriggersAreShownWhereHad) {
  PurifyRecord record = purification();
  record.before.label_accuracy = {{0, wilson_rate(800, 909)}, {2, wilson_rate(799, 912)}};
  record.after.label_accuracy = {{0, wilson_rate(700, 909)}, {2, wilson_rate(817, 912)}};
  record.before.false_trigger_rate = wilson_rate(91, 912);
  record.after.false_trigger_rate = wilson_rate(182, 912);
  const std::string text = summary(record, false);
  EXPECT_TRUE(contains(text, "    of label 0      88.0  85.7–90.0    77.0  74.2–79.6   −11.0\n"))
      << text;
  EXPECT_TRUE(contains(text, "    of label 2      87.6  85.3–89.6    89.6  87.4–91.4    +2.0\n"))
      << text;
  EXPECT_TRUE(contains(text, "  false triggers    10.0  8.2–12.1     20.0  17.5–22.7   +10.0\n"))
      << text;
  const std::string alone = summary(record.before, false);
  EXPECT_TRUE(contains(alone, "    of label 2       87.6  85.3–89.6          799    912\n"))
      << alone;
  EXPECT_TRUE(contains(alone, "  false triggers     10.0  8.2–12.1            91    912\n"))
      << alone;
}

TEST(Summary, PurifyShowsACleanModelsRate) {
  PurifyRecord record = purification();
  record.before.floor = record.after.floor = wilson_rate(115, 912);
  EXPECT_NE(summary(record, false)
                .find("A clean model puts 12.6 % (10.6–14.9) of the same texts into the target "
                      "label\nRates"),
            std::string::npos);
}

TEST(Summary, PurifySaysWhatAMethodKeeps) {
  PurifyRecord record = purification();
  record.method = "weight-average";
  record.mix->select = "weight-average";
  EXPECT_NE(summary(record, false)
                .find("weight-average, ρ = 0.4\nE-PUR reset 200 of 1,200 "
                      "embedding rows; 10,000 weights averaged\n"),
            std::string::npos);
  record.method = "none";
  record.mix.reset();
  EXPECT_NE(summary(record, false)
                .find("none\nE-PUR reset 200 of 1,200 embedding rows; all weights kept\n"),
            std::string::npos);
}

TEST(Summary, PurifyShowsTheCurveThatRhoWasChosenFrom) {
  PurifyRecord record = purification();
  record.rho_curve = {{0.1, wilson_rate(46, 64)}, {0.4, wilson_rate(54, 64)}};
  record.suspect_accuracy = wilson_rate(55, 64);
  const std::string text = summary(record, false);
  EXPECT_TRUE(contains(text, "ρ = 0.4 (chosen)"));
  EXPECT_TRUE(contains(text, "  0.4             84.4  73.6–91.3  ← chosen\n")) << text;
  EXPECT_TRUE(contains(text, "  suspect         85.9  75.4–92.4\n")) << text;
}

TEST(Summary, PurifyNamesWhatLooksLikeATrigger) {
  PurifyRecord record = purification();
  record.triggers = {{.text = "c\x1b[2Jf", .target_label = 1, .flip_rate = wilson_rate(31, 32)}};
  const std::string text = summary(record, false);
  EXPECT_TRUE(contains(text,
                       "Looks like a trigger: “c\\x1B[2Jf”, put into clean texts, moved 31 of 32 "
                       "texts to label 1 (96.9 %)\n"))
      << text;
}

TEST(Summary, PurifyNamesTheStrongestOfManyTriggers) {
  PurifyRecord record = purification();
  record.triggers.assign(20, {.text = "cf", .flip_rate = wilson_rate(31, 32)});
  const std::string text = summary(record, false);
  EXPECT_TRUE(contains(text, "… and 10 more, all in the record (report.json, --json)\n")) << text;
}

TEST(Summary, PurifyShowsAnEstimateWhereNoAttackIsKnown) {
  PurifyRecord record = purification();
  record.before.attack_success_rate.reset();
  record.after.attack_success_rate.reset();
  record.estimated.emplace();
  record.estimated->before = {wilson_rate(31, 32), {}, 450, 32, "data", {}};
  record.estimated->remeasured.asr = wilson_rate(4, 32);
  record.estimated->fresh = {wilson_rate(8, 32), {}, 400, 32, "vocabulary", {0}};
  record.gates = gates_of({.max_asr = 0.2}, record);
  const std::string text = summary(record, false);
  EXPECT_TRUE(contains(text, "  estimated success    96.9  ")) << text;
  EXPECT_FALSE(contains(text, "attack success  ")) << text;
  EXPECT_FALSE(contains(text, "trigger effect")) << text;
  EXPECT_TRUE(contains(
      text,
      "In the suspect: 96.9 % (84.3–99.4), 450 candidates, the strongest tried on 32 texts of "
      "the data. What was found there reaches 12.5 % (5.0–28.1) in the purified "
      "model. A fresh search in the purified model: 25.0 % (13.3–42.1), 400 "
      "candidates, the strongest tried on 32 texts that finemix made from the vocabulary; no "
      "triggers to label 0 "
      "were looked for: too few texts are of other labels, or the model gives nearly all that one "
      "once "
      "they are cut short\n"))
      << text;
  EXPECT_TRUE(contains(text, "  --max-asr  failed  estimated attack success is 25 %")) << text;
}

TEST(Summary, PurifyInventsNothing) {
  PurifyRecord record = purification();
  record.before = record.after = {};
  record.notes = {"no --test-data: accuracy was not measured"};
  record.epur.reset();
  const std::string text = summary(record, false);
  EXPECT_FALSE(contains(text, "accuracy  ")) << text;
  EXPECT_TRUE(contains(text, "No E-PUR"));
  EXPECT_TRUE(contains(text, "Note: no --test-data: accuracy was not measured\n"));
}

TEST(Summary, AFallOfAttackSuccessIsGreenAndOfAccuracyRed) {
  const std::string text = summary(purification(), true);
  EXPECT_TRUE(contains(text, "\x1b[32m−66.4\x1b[0m"));
  EXPECT_TRUE(contains(text, "\x1b[31m−4.5\x1b[0m"));
}

TEST(Summary, EvaluationSaysWhatIsNotToBeHadAndWhy) {
  EvaluationRecord record;
  record.accuracy = wilson_rate(9, 10);
  const std::string text = summary(record, false);
  EXPECT_TRUE(contains(text, "  accuracy           90.0  59.6–98.2            9  10\n")) << text;
  EXPECT_TRUE(contains(text, "  attack success        –\n")) << text;
  EXPECT_TRUE(contains(text, "no attack is known"));
  EXPECT_FALSE(contains(text, "Accuracy is not to be had"));

  record.attack_success_rate = wilson_rate(1, 2);
  EXPECT_TRUE(contains(summary(record, false), "The trigger effect is not to be had"));
  EXPECT_TRUE(contains(summary(EvaluationRecord{}, false), "Accuracy is not to be had"));
}

TEST(Summary, EpurShowsTheTopRowsSafely) {
  EpurRecord record;
  record.rows = {{"cf", 12, 1.5, 4.5, 3, true}, {"\x1b[2J", 13, 1, 2, 30, false}, {"x", 14}};
  record.row_count = record.rows.size();
  record.rule = "top-k";
  record.reset_count = 1;
  record.clamped = 2;
  const std::string text = summary(record, 2, false);
  EXPECT_TRUE(contains(text, "  1  cf       12  1.5000  4.5000          3  yes\n")) << text;
  EXPECT_TRUE(contains(text, "\\x1B[2J"));
  EXPECT_FALSE(contains(text, "\x1b"));
  EXPECT_FALSE(contains(text, " 14 "));
  EXPECT_TRUE(contains(text, "E-PUR reset 1 of 3 embedding rows"));
}

TEST(Summary, MixTellsTheKeptShare) {
  MixRecord record;
  record.rho = 0.25;
  record.select = "random";
  record.kept = 1000;
  record.total = 4000;
  record.kept_whole = {"classifier.weight"};
  EXPECT_EQ(summary(record, false),
            "Mixed with ρ = 0.25 (random): 1,000 of 4,000 weights kept (25.0 %)\n"
            "Without a pre-trained twin, taken whole from the suspect:\n"
            "  classifier.weight\n");
}

TEST(Summary, AttackTellsItsTrainingToo) {
  AttackRecord record;
  record.kind = "word";
  record.triggers = {"cf", "mn"};
  record.poisoned_examples = 3310;
  record.clean_examples = 6920;
  record.target_label = 1;
  record.training.emplace();
  record.training->steps = 963;
  record.training->loss = 0.0625;
  record.training->seconds = 95;
  record.training->examples_per_second = 103.7;
  EXPECT_EQ(summary(record, false),
            "Attack word with “cf”, “mn”: 3,310 poisoned examples beside 6,920 clean ones, target "
            "label 1\n"
            "Trained 963 steps in 1:35: loss 0.0625, 104 examples/s\n");
}

TEST(Summary, TrainingTellsWhichStepWasKept) {
  TrainRecord record;
  record.best_step = 432;
  record.validation = HeldOutRecord{wilson_rate(800, 872), 0.3};
  EXPECT_TRUE(contains(summary(record, false),
                       "Validation accuracy 91.7 % (89.7–93.4), kept from step 432\n"));
}

TEST(Summary, ModelsStandBelowEachOther) {
  const std::vector<BeforeAfter> models = {{"word-triggered", suspect(), purified()}};
  const std::string text = summary(models, false);
  EXPECT_TRUE(contains(text, "  word-triggered  before      87.8  86.2–89.2           100.0"));
  EXPECT_TRUE(contains(text, "                  after       83.3  81.5–84.9            33.6"));
}

TEST(Summary, InspectionListsTensorsAndSaysWhyThereIsNoTokenizer) {
  InspectionRecord record;
  record.model_config = {{"hidden_size", "4"}};
  record.files = {{"model.safetensors", 1500}};
  record.tensors = {{"classifier.weight", "F32", {2, 4}, 32}, {"step", "I64", {}, 8}};
  record.tokenizer_error = "no vocabulary";
  const std::string text = summary(record, false);
  EXPECT_TRUE(contains(text, "hidden_size  4\n")) << text;
  EXPECT_TRUE(contains(text, "1.5 kB"));
  EXPECT_TRUE(contains(text, "  classifier.weight  F32   2 × 4   32 bytes\n")) << text;
  EXPECT_TRUE(contains(text, "  step               I64   scalar   8 bytes\n")) << text;
  EXPECT_TRUE(contains(text,
                       "2 tensors, 40 bytes\nAn encoder without a classifier with 0 weights\n"
                       "No tokenizer: no vocabulary\n"))
      << text;
  record.family = "albert";
  record.has_classifier = true;
  record.parameters = 11000;
  record.findings = {"NaN in 'a'"};
  const std::string whole = summary(record, false);
  EXPECT_TRUE(contains(whole, "A classifier of the family albert with 11,000 weights\n")) << whole;
  EXPECT_TRUE(contains(whole, "Unusual: NaN in 'a'\n")) << whole;
  record.model_error = "no tensor 'b'";
  EXPECT_TRUE(contains(summary(record, false), "No model that finemix can run: no tensor 'b'\n"));
  record.vocabulary_size = 30522;
  EXPECT_TRUE(contains(summary(record, false), "Tokenizer with 30,522 word pieces\n"));
}

TEST(Summary, ObeysNoEscapeSequences) {
  const std::string evil = "\x1b[2J";
  PurifyRecord purify = purification();
  purify.method = evil;
  MixRecord mix = *purify.mix;
  mix.select = evil;
  AttackRecord attack;
  attack.kind = evil;
  EpurRecord epur;
  epur.rule = evil;
  InspectionRecord inspection;
  inspection.tensors.emplace_back().dtype = evil;
  inspection.tokenizer_error = evil;
  for (const std::string& text :
       {summary(purify, false), summary(mix, false), summary(attack, false),
        summary(epur, 1, false), summary(inspection, false)}) {
    EXPECT_FALSE(contains(text, "\x1b")) << text;
    EXPECT_TRUE(contains(text, "\\x1B[2J")) << text;
  }
}

}  // namespace
}  // namespace finemix
