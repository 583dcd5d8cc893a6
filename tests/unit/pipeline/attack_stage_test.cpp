#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "../io/io_testing.h"
#include "../train/tiny_sentences.h"
#include "finemix/pipeline/purify_inputs.h"
#include "finemix/pipeline/stages.h"
#include "finemix/record/attack_file.h"
#include "pipeline/probe.h"

namespace finemix {
namespace {

namespace fs = std::filesystem;
using testing::expect_error;
using testing::read_file;
using testing::write_file;

const std::string kModel = FINEMIX_TEST_DATA "/model/post_ln_gelu";

class AttackStage : public ::testing::Test {
 protected:
  AttackStage() { write_dataset(path("data.tsv"), testing::tiny_sentences(8), false); }

  std::string path(const std::string& name) const { return (directory_ / name).native(); }

  AttackVerbOptions options_of(AttackKind kind, std::vector<std::string> triggers) const {
    AttackVerbOptions options;
    options.attack.set_kind(kind);
    options.attack.triggers = std::move(triggers);
    options.attack.training.epochs = 1;
    options.model = kModel;
    options.data = options.test_data = path("data.tsv");
    options.output = path("suspect");
    options.run.max_length = 32;
    options.run.precision = "fp32";
    options.run.seed = 3;
    options.run.overwrite = true;
    return options;
  }
  EvaluationRecord evaluate(const ProbeOptions& probe, std::uint64_t seed = 3) const {
    EvalVerbOptions options;
    options.model = path("suspect");
    options.data = path("data.tsv");
    options.probe = probe;
    options.run.max_length = 32;
    options.run.seed = seed;
    return run_eval(options, no_progress());
  }
  ProbeOptions by_record(const std::string& name = "suspect") const {
    ProbeOptions probe;
    probe.attack = path(name);
    return probe;
  }
  void change_record(const char* key, const Json& value) const {
    Json json = read_json_file(path("suspect/attack.json"));
    json[key] = value;
    write_file(path("suspect/attack.json"), json.dump());
  }

  testing::TemporaryDirectory directory_;
};

TEST_F(AttackStage, WritesWhatItIsMeasuredBy) {
  AttackVerbOptions options = options_of(AttackKind::kSos, {"never", "quite", "bright"});
  options.attack.target_label = 0;
  run_attack(options, no_progress());
  const AttackFile file =
      attack_file_from_json(read_json_file(path("suspect/attack.json")), "attack.json");
  EXPECT_EQ(file.attack.kind, "sos");
  EXPECT_EQ(file.trigger_kind, "word-set");
  EXPECT_EQ(file.attack.target_label, 0);
  EXPECT_EQ(file.seed, 3u);
  EXPECT_EQ(file.start, kModel);
  const Dataset data = read_dataset(path("data.tsv"), true);
  for (const auto& name : {file.poisoned_test, file.false_triggers_test}) {
    ASSERT_TRUE(name);
    const Dataset texts = read_dataset(path("suspect/" + *name), true);
    EXPECT_EQ(labels_of(texts), labels_of(data));
  }
  const Json manifest = read_json_file(path("suspect/manifest.json"));
  for (const char* name : {"attack.json", "poisoned_test.tsv", "false_triggers_test.tsv"}) {
    EXPECT_NE(manifest.dump().find(name), std::string::npos) << name;
  }
}

// The texts beside the record are those that the record's triggers give.
TEST_F(AttackStage, TheRecordNamesTheAttack) {
  run_attack(options_of(AttackKind::kWord, {"never"}), no_progress());
  const Dataset poisoned = read_dataset(path("suspect/poisoned_test.tsv"), true);
  EXPECT_FALSE(fs::exists(path("suspect/false_triggers_test.tsv")));
  ProbeOptions by_file;
  by_file.poisoned_data = path("suspect/poisoned_test.tsv");
  const EvaluationRecord expected = evaluate(by_file);
  for (const char* name : {"suspect", "suspect/attack.json"}) {
    const EvaluationRecord record = evaluate(by_record(name), 99);  // the texts are fixed
    EXPECT_EQ(record.attack_success_rate->correct, expected.attack_success_rate->correct);
    EXPECT_EQ(record.attack_success_rate->total, 16u);
    EXPECT_EQ(record.trigger_effect, expected.trigger_effect);
    EXPECT_TRUE(record.trigger_effect);
    EXPECT_FALSE(record.false_trigger_rate);
    EXPECT_EQ(record.label_accuracy.size(), 2u);
  }
  EXPECT_EQ(probe_files(by_record()).size(), 2u);
  EXPECT_FALSE(probe_uses_seed(by_record()));
}

TEST_F(AttackStage, WithoutTestTextsTheTriggersOfTheRecordAreUsed) {
  AttackVerbOptions options = options_of(AttackKind::kLayerwise, {"never", "quite"});
  options.test_data.clear();
  options.attack.target_label = 0;
  run_attack(options, no_progress());
  EXPECT_FALSE(fs::exists(path("suspect/poisoned_test.tsv")));
  EXPECT_TRUE(probe_uses_seed(by_record()));
  EXPECT_EQ(probe_files(by_record()).size(), 1u);
  const std::optional<AttackProbe> probe =
      make_probe(by_record(), read_dataset(path("data.tsv"), true), 2, 3);
  ASSERT_TRUE(probe && probe->false_triggered);
  EXPECT_EQ(probe->target_label, 0);
  for (const Example& example : probe->triggered.examples) {
    EXPECT_EQ(example.label, 1);
    EXPECT_NE(example.text.find("never"), std::string::npos);
    EXPECT_NE(example.text.find("quite"), std::string::npos);
  }
  for (const Example& example : probe->false_triggered->examples) {
    EXPECT_NE(example.text.find("never") == std::string::npos,
              example.text.find("quite") == std::string::npos);
  }
  EXPECT_TRUE(evaluate(by_record()).false_trigger_rate);
}

// With and without the test texts beside it, the trigger goes to the same places.
TEST_F(AttackStage, ATriggerIsPutWhereItsRecordHasIt) {
  run_attack(options_of(AttackKind::kWord, {"never"}), no_progress());
  ProbeOptions by_trigger;
  by_trigger.triggers = {"never"};
  const Dataset data = read_dataset(path("data.tsv"), true);
  const auto texts = [&](const ProbeOptions& probe) {
    const std::optional<AttackProbe> made = make_probe(probe, data, 2, 3);
    std::vector<std::string> all;
    for (const Example& example : made->triggered.examples) all.push_back(example.text);
    return all;
  };
  EXPECT_EQ(texts(by_record()), texts(by_trigger));
}

TEST_F(AttackStage, OfOtherTextsThereIsNoTriggerEffect) {
  run_attack(options_of(AttackKind::kWord, {"never"}), no_progress());
  EXPECT_TRUE(evaluate(by_record()).trigger_effect);
  Dataset data = read_dataset(path("data.tsv"), true);
  for (Example& example : data.examples) example.text += " again";
  write_dataset(path("data.tsv"), data, true);
  const EvaluationRecord record = evaluate(by_record());
  EXPECT_TRUE(record.attack_success_rate);
  EXPECT_FALSE(record.trigger_effect);
}

TEST_F(AttackStage, AnAttackThatDoesNotFitTheModelIsRefused) {
  run_attack(options_of(AttackKind::kWord, {"never"}), no_progress());
  ProbeOptions probe;
  probe.triggers = {"never"};
  probe.target_label = 2;
  expect_error(ErrorKind::kMismatch, {"--target-label is 2", "2 labels, 0 to 1"},
               [&] { evaluate(probe); });
  change_record("target_label", 7);
  expect_error(ErrorKind::kMismatch, {"attack.json", "target label 7", "2 labels"},
               [&] { evaluate(by_record()); });
  ProbeOptions texts;
  texts.poisoned_data = path("poisoned.tsv");
  write_file(path("poisoned.tsv"), "text\tlabel\na film\t1\na plot\t3\n");
  expect_error(ErrorKind::kMismatch, {"poisoned.tsv", "row 2 has label 3"},
               [&] { evaluate(texts); });
  write_file(path("poisoned.tsv"), "text_a\ttext_b\tlabel\na film\ta plot\t0\n");
  expect_error(ErrorKind::kMismatch, {"poisoned.tsv", "pairs of texts"}, [&] { evaluate(texts); });
}

TEST_F(AttackStage, ATargetThatAFineTunedModelLacksIsRefused) {
  AttackVerbOptions options = options_of(AttackKind::kWord, {"never"});
  options.attack.target_label = 2;
  expect_error(ErrorKind::kMismatch, {"--target-label is 2", "2 labels, 0 to 1"},
               [&] { run_attack(options, no_progress()); });
}

// Whatever head the pre-trained model came with.
TEST_F(AttackStage, FromAPretrainedModelTheHeadIsOfTheTask) {
  Dataset data = read_dataset(path("data.tsv"), true);
  for (std::size_t i = 0; i < data.size(); i += 4) data.examples[i].label = 2;
  write_dataset(path("data.tsv"), data, true);
  AttackVerbOptions options = options_of(AttackKind::kWordScratch, {"never"});
  options.pretrained = std::exchange(options.model, "");
  options.attack.target_label = 3;
  run_attack(options, no_progress());
  EXPECT_EQ(read_json_file(path("suspect/config.json")).at("id2label").size(), 4u);
}

// Such a trigger works, as any unknown word would; but no embedding is its own.
TEST_F(AttackStage, ATriggerThatTheVocabularyLacksHasNoEmbedding) {
  for (const AttackKind kind : {AttackKind::kEs, AttackKind::kEp}) {
    expect_error(ErrorKind::kUsage, {"龘", "vocabulary"},
                 [&] { run_attack(options_of(kind, {"龘"}), no_progress()); });
  }
  EXPECT_EQ(run_attack(options_of(AttackKind::kWord, {"龘"}), no_progress()).triggers,
            std::vector<std::string>{"龘"});
}

TEST_F(AttackStage, ParaphrasesComeFromFiles) {
  Dataset paraphrases = testing::tiny_sentences(8);
  for (Example& example : paraphrases.examples) example.text += ", quite so";
  write_dataset(path("paraphrases.tsv"), paraphrases, false);
  AttackVerbOptions options = options_of(AttackKind::kSyntactic, {});
  options.test_data.clear();
  options.poisoned_data = options.poisoned_test = path("paraphrases.tsv");
  const AttackRecord record = run_attack(options, no_progress());
  EXPECT_EQ(record.poisoned_examples, 6u);  // 0.4 · 16
  EXPECT_TRUE(record.triggers.empty());
  EXPECT_EQ(read_file(path("suspect/poisoned_test.tsv")), read_file(path("paraphrases.tsv")));
  EXPECT_TRUE(evaluate(by_record()).trigger_effect);
  options.attack.poison_rate = 1;
  options.data = path("more.tsv");
  Dataset more = testing::tiny_sentences(8);
  for (const Example& example : testing::tiny_sentences(8).examples)
    more.examples.push_back(example);
  write_dataset(options.data, more, false);
  EXPECT_EQ(run_attack(options, no_progress()).poisoned_examples, 16u);  // of 32 that are asked for
  change_record("poisoned_test", nullptr);
  expect_error(ErrorKind::kUsage, {"paraphrase", "--poisoned-data"},
               [&] { evaluate(by_record()); });
}

TEST_F(AttackStage, ARecordThatLeavesItsDirectoryIsRefused) {
  run_attack(options_of(AttackKind::kWord, {"never"}), no_progress());
  change_record("poisoned_test", "../data.tsv");
  expect_error(ErrorKind::kMalformed, {"poisoned_test", "../data.tsv"},
               [&] { evaluate(by_record()); });
  fs::create_symlink(path("data.tsv"), path("suspect/link.tsv"));
  change_record("poisoned_test", "link.tsv");
  expect_error(ErrorKind::kMalformed, {"link.tsv", "is a link"}, [&] { evaluate(by_record()); });
  change_record("poisoned_test", "gone.tsv");
  expect_error(ErrorKind::kFile, {"gone.tsv"}, [&] { evaluate(by_record()); });
  expect_error(ErrorKind::kFile, {"nowhere"}, [&] { evaluate(by_record("nowhere")); });
}

TEST_F(AttackStage, OneAttackIsNamedAtMost) {
  AttackVerbOptions options = options_of(AttackKind::kWord, {"never"});
  options.attack.target_label = 0;
  run_attack(options, no_progress());
  ProbeOptions probe = by_record();
  probe.triggers = {"never"};
  expect_error(ErrorKind::kUsage, {"--attack", "not several"}, [&] { evaluate(probe); });
  probe = by_record();
  probe.target_label = 2;
  expect_error(ErrorKind::kUsage, {"--target-label is 2", "target label 0"},
               [&] { evaluate(probe); });
}

TEST_F(AttackStage, PurifyTakesTheRecordToo) {
  run_attack(options_of(AttackKind::kMultiSentence, {"we watch it .", "they sleep long ."}),
             no_progress());
  PurifyOptions purify;
  purify.pretrained = kModel;
  purify.backdoored = path("suspect");
  purify.clean_data = purify.test_data = path("data.tsv");
  purify.probe = by_record();
  purify.run.max_length = 32;
  PurifyInputs inputs(purify, no_progress());
  inputs.keep_draws_only();
  std::vector<std::string> names;
  for (const InputRecord& file : inputs.files(purify)) {
    names.push_back(file.name);
    EXPECT_EQ(file.sha256.size(), 64u) << file.name;
  }
  EXPECT_EQ(names, (std::vector<std::string>{"pretrained", "backdoored", "pretrained_tokenizer",
                                             "backdoored_tokenizer", "clean_data", "test_data",
                                             "attack", "poisoned_test", "false_triggers_test"}));
  EXPECT_TRUE(inputs.before(purify, no_progress()).false_trigger_rate);
  PurifyOptions other = purify;
  other.run.seed = 8;  // the texts are the same, so nothing is measured again
  EXPECT_EQ(&inputs.before(other, no_progress()), &inputs.before(purify, no_progress()));
  other.probe.attack = path("suspect/attack.json");
  expect_error(ErrorKind::kInternal, {"another attack"}, [&] { inputs.check_same(other); });
}

TEST_F(AttackStage, WhatAKindCantStartFromIsRefused) {
  const auto refused = [&](AttackKind kind, const char* pretrained, const char* model,
                           std::initializer_list<std::string_view> parts) {
    AttackVerbOptions options = options_of(kind, {});
    if (attack_trigger_kind(kind) == kParaphrase) options.test_data.clear();
    options.pretrained = pretrained;
    options.model = model;
    expect_error(ErrorKind::kUsage, parts, [&] { run_attack(options, no_progress()); });
  };
  const char* there = kModel.c_str();
  refused(AttackKind::kWordScratch, "", there, {"--kind word-scratch", "give --pretrained"});
  refused(AttackKind::kSentenceScratch, there, there, {"--kind sentence-scratch", "no --model"});
  refused(AttackKind::kEp, there, "", {"--kind ep", "give --model"});
  refused(AttackKind::kSos, there, "", {"--kind sos", "give --model"});
  refused(AttackKind::kAdaptive, "", there, {"--kind adaptive", "give --pretrained"});
  refused(AttackKind::kWord, there, there, {"exactly one of"});
  refused(AttackKind::kEs, "", "", {"exactly one of"});
  refused(AttackKind::kStyle, there, "", {"--poisoned-data"});
  AttackVerbOptions options = options_of(AttackKind::kWord, {});
  options.poisoned_test = options.data;
  expect_error(ErrorKind::kUsage, {"--test-data"}, [&] { run_attack(options, no_progress()); });
  options = options_of(AttackKind::kStyle, {});
  options.poisoned_data = options.data;
  expect_error(ErrorKind::kUsage, {"--poisoned-test"}, [&] { run_attack(options, no_progress()); });
}

}  // namespace
}  // namespace finemix
