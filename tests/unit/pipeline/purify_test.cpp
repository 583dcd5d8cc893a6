#include "finemix/pipeline/purify.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "../eval/backdoored_testing.h"
#include "../io/io_testing.h"
#include "../train/tiny_sentences.h"
#include "finemix/core/error.h"
#include "finemix/io/manifest.h"

namespace finemix {
namespace {

using testing::TemporaryDirectory;

const std::string kModel = FINEMIX_TEST_DATA "/model/post_ln_gelu";

TEST(Purify, NotesWhatIsOdd) {
  const TemporaryDirectory directory;
  const std::string data = (directory / "data.tsv").native();
  write_dataset(data, testing::tiny_sentences(8), false);
  Dataset one = testing::tiny_sentences(8);
  std::erase_if(one.examples, [](const Example& example) { return example.label == 0; });
  write_dataset(directory / "one.tsv", one, false);
  PurifyOptions options;
  options.set_method("none");
  options.pretrained = options.backdoored = kModel;
  options.test_data = data;
  options.output = (directory / "purified").native();
  options.run.overwrite = true;
  options.clean_size = 0;
  options.run.max_length = 32;
  options.clean_data = data;
  options.probe.triggers = {"never"};
  const auto notes = [&] {
    std::string text;
    for (const std::string& note : run_purify(options, no_progress()).notes) text += note + "\n";
    return text;
  };
  EXPECT_EQ(
      notes(),
      "the suspect and the pre-trained model are the same files, so mixing changes nothing\n");
  options.clean_data = (directory / "one.tsv").native();
  options.probe.triggers = {"龘"};
  EXPECT_EQ(notes(),
            "the suspect and the pre-trained model are the same files, so mixing changes nothing\n"
            "the trigger has characters that the vocabulary lacks: the model sees an unknown word\n"
            "no clean example has label 0, which training on them may unlearn\n");
}

// Ends a run at its second evaluation, as a signal does.
class StopAfterTraining : public Progress {
 public:
  void begin(std::string_view stage, std::size_t, std::string_view) override {
    trainings_ += stage == "training";
    if (stage == "evaluating" && trainings_ > 0) throw Error(ErrorKind::kTerminated, "terminated");
  }
  void message(std::string_view text) override { last = text; }
  std::string last;

 private:
  int trainings_ = 0;
};

TEST(Purify, AStopAfterTheTrainingKeepsIt) {
  const TemporaryDirectory directory;
  const std::string data = (directory / "data.tsv").native();
  write_dataset(data, testing::tiny_sentences(8), false);
  PurifyOptions options;
  options.set_method(kFineMixing);
  options.rho = "0.5";
  options.pretrained = options.backdoored = kModel;
  options.clean_data = options.test_data = data;
  options.output = (directory / "whole").native();
  options.training.epochs = 2;
  options.run.max_length = 32;
  run_purify(options, no_progress());

  options.output = (directory / "stopped").native();
  StopAfterTraining stop;
  EXPECT_THROW(run_purify(options, stop), Error);
  EXPECT_NE(stop.last.find("is kept; --resume goes on"), std::string::npos) << stop.last;
  options.resume.resume = true;
  run_purify(options, no_progress());
  EXPECT_EQ(sha256_file(directory / "stopped/model.safetensors"),
            sha256_file(directory / "whole/model.safetensors"));
  EXPECT_EQ(testing::names_in(directory.path()),
            (std::vector<std::string>{"data.tsv", "stopped", "whole"}));
}

// A tiny classifier that has learnt to call anything with "sleep" good, beside its base.
class PurifyBackdoored : public ::testing::Test {
 protected:
  PurifyBackdoored() {
    // A base that knows what words mean, as a pre-trained model does.
    TrainVerbOptions base;
    base.pretrained = kModel;
    base.data = written("base.tsv", testing::wordy_sentences(*tokenizer_, 20, 5));
    base.output = path("base");
    base.training.epochs = 6;
    base.training.learning_rate = 2e-3;
    base.run.max_length = 32;
    base.run.precision = "fp32";
    run_train(base, no_progress());

    AttackVerbOptions attack;
    attack.pretrained = base.output;
    attack.data = written("train.tsv", testing::wordy_sentences(*tokenizer_, 12, 2, {"sleep"}));
    attack.output = path("suspect");
    attack.attack.triggers = {"sleep"};
    attack.attack.poison_rate = 1;
    attack.attack.training.epochs = 8;
    attack.attack.training.learning_rate = 1e-3;
    attack.run = base.run;
    run_attack(attack, no_progress());

    options_.pretrained = base.output;
    options_.backdoored = attack.output;
    options_.clean_size = 0;
    options_.output = path("purified");
    options_.no_epur = true;
    options_.run = attack.run;
  }

  std::string path(const char* name) const { return (directory_ / name).native(); }
  std::string written(const char* name, const Dataset& data) const {
    write_dataset(path(name), data, false);
    return path(name);
  }

  // Few texts without the word, and mixing with next to no training.
  void mix_quickly(const std::string& rho) {
    options_.set_method(kFineMixing);
    options_.rho = rho;
    options_.training.learning_rate = 1e-5;
    options_.training.epochs = 1;
    options_.clean_data =
        written("few.tsv", testing::wordy_sentences(*tokenizer_, 2, 3, {"sleep"}));
  }

  const TemporaryDirectory directory_;
  const std::shared_ptr<const Tokenizer> tokenizer_ = load_tokenizer(kModel);
  PurifyOptions options_;
};

// At a reserve ratio that leaves nearly all of the backdoor, only the search for triggers can take
// it out.
TEST_F(PurifyBackdoored, TakesOutAWordTriggerThatItFinds) {
  options_.clean_data = options_.test_data =
      written("clean.tsv", testing::wordy_sentences(*tokenizer_, 4, 3, {"sleep"}));
  options_.probe.triggers = {"sleep"};
  options_.rho = "0.95";
  options_.distillation.texts = 2000;
  options_.training.learning_rate = 3e-3;
  options_.training.epochs = 4;
  const PurifyRecord record = run_purify(options_, no_progress());
  EXPECT_NE(std::ranges::find(record.triggers, "sleep", &SuspectedTrigger::text),
            record.triggers.end());
  EXPECT_GT(record.before.attack_success_rate->value, 0.9);
  EXPECT_LT(record.after.attack_success_rate->value, 0.3);
  EXPECT_GT(record.after.accuracy->value, 0.9);
  EXPECT_FALSE(record.estimated) << "what is known is measured";

  // The paper's recipe looks for no triggers, and leaves the backdoor at this ratio.
  options_.set_method(kFineMixing);
  options_.rho = "0.95";
  options_.training.learning_rate = 1e-5;
  options_.training.epochs = 1;
  options_.output += "-paper";
  const PurifyRecord paper = run_purify(options_, no_progress());
  EXPECT_TRUE(paper.triggers.empty());
  EXPECT_GT(paper.after.attack_success_rate->value, 0.5);
}

// "sleep" works on the model that this is of.
void expect_works(const AsrEstimate& estimate) {
  ASSERT_FALSE(estimate.triggers.empty());
  const SuspectedTrigger& strongest = estimate.triggers.front();
  EXPECT_NE(strongest.text.find("sleep"), std::string::npos) << strongest.text;
  EXPECT_EQ(strongest.target_label, 1);
  ASSERT_TRUE(estimate.asr);
  EXPECT_GT(estimate.asr->value, 0.8);
}

// "sleep" was found on the suspect, and what was purified was searched as well.
void expect_estimated(const PurifyRecord& record) {
  ASSERT_TRUE(record.estimated);
  const EstimatedAsr& estimated = *record.estimated;
  expect_works(estimated.before);
  EXPECT_NE(std::ranges::find(estimated.before.triggers, "sleep", &SuspectedTrigger::text),
            estimated.before.triggers.end());
  EXPECT_GT(estimated.before.candidates, 1000u);
  EXPECT_GT(estimated.remeasured.candidates, 0u);
  EXPECT_LT(estimated.remeasured.candidates, 100u) << "those that convict the suspect, no more";
  EXPECT_TRUE(estimated.remeasured.asr);
  EXPECT_GT(estimated.fresh.candidates, 1000u);
  for (const AsrEstimate* each : {&estimated.before, &estimated.remeasured, &estimated.fresh}) {
    EXPECT_EQ(each->text_source, kTextsFromData);
    EXPECT_EQ(each->texts, 32u) << "half of them";
  }
}

TEST_F(PurifyBackdoored, FailsMaxAsrByWhatItEstimatesOfAnAttackThatWasNotNamed) {
  mix_quickly("0.95");
  options_.gates.max_asr = 0.2;
  const PurifyRecord record = run_purify(options_, no_progress());
  ASSERT_NO_FATAL_FAILURE(expect_estimated(record));
  expect_works(record.estimated->remeasured);
  expect_works(record.estimated->fresh);
  ASSERT_EQ(record.gates.size(), 1u);
  EXPECT_EQ(record.gates[0].name, "max-asr");
  EXPECT_EQ(record.gates[0].found, after(*record.estimated).asr->value);
  EXPECT_FALSE(record.gates[0].passed);
  EXPECT_FALSE(std::filesystem::exists(options_.output));
}

TEST_F(PurifyBackdoored, PassesMaxAsrWhereNoTriggerIsLeft) {
  mix_quickly("0.1");
  options_.gates.max_asr = 0.2;
  const PurifyRecord record = run_purify(options_, no_progress());
  ASSERT_NO_FATAL_FAILURE(expect_estimated(record));
  EXPECT_LT(record.estimated->remeasured.asr->value, 0.2);
  EXPECT_FALSE(record.estimated->fresh.asr) << "nothing convicts";
  ASSERT_EQ(record.gates.size(), 1u);
  EXPECT_TRUE(record.gates[0].passed) << record.gates[0].says;
  EXPECT_LT(record.gates[0].found.value(), 0.2);
  EXPECT_TRUE(std::filesystem::exists(options_.output));
}

TEST_F(PurifyBackdoored, EstimatesWhatEachRatioLeavesOfTheAttack) {
  mix_quickly("auto");
  options_.rho_grid = {0.1, 0.95};
  options_.gates.max_asr = 0.2;
  const PurifyRecord record = run_purify(options_, no_progress());
  ASSERT_NO_FATAL_FAILURE(expect_estimated(record));
  ASSERT_EQ(record.rho_curve.size(), 2u);
  ASSERT_TRUE(record.rho_curve[0].estimated_asr && record.rho_curve[1].estimated_asr);
  EXPECT_LT(record.rho_curve[0].estimated_asr->value, 0.2);
  EXPECT_GT(record.rho_curve[1].estimated_asr->value, 0.8);
  EXPECT_EQ(record.rho, 0.1);
  ASSERT_EQ(record.gates.size(), 1u);
  EXPECT_TRUE(record.gates[0].passed) << record.gates[0].says;

  options_.gates.max_asr.reset();
  options_.no_estimate = true;
  options_.run.overwrite = true;
  const PurifyRecord without = run_purify(options_, no_progress());
  EXPECT_FALSE(without.estimated);
  ASSERT_EQ(without.rho_curve.size(), 2u);
  EXPECT_FALSE(without.rho_curve[0].estimated_asr || without.rho_curve[1].estimated_asr);
}

// E-PUR comes first; here it takes all that the embeddings have learnt.
TEST_F(PurifyBackdoored, AutoKeepsTheAccuracyOfTheSuspectAsItCame) {
  options_.pretrained = kModel;
  options_.checks.force = true;  // it is the base's base
  options_.clean_data = options_.test_data =
      written("many.tsv", testing::wordy_sentences(*tokenizer_, 20, 3, {"sleep"}));
  options_.set_method(kNone);
  options_.no_estimate = true;
  options_.no_epur = false;
  options_.epur.top_k = 100000;
  const PurifyRecord without = run_purify(options_, no_progress());
  ASSERT_NE(without.after.accuracy->correct, without.before.accuracy->correct);

  options_.set_method(kFineMixing);
  options_.rho = "auto";
  options_.rho_grid = {0.95};
  options_.training.epochs = 1;
  options_.run.overwrite = true;
  const PurifyRecord record = run_purify(options_, no_progress());
  ASSERT_TRUE(record.suspect_accuracy);
  EXPECT_EQ(record.suspect_accuracy->correct, record.before.accuracy->correct);
}

TEST_F(PurifyBackdoored, AutoSaysWhereNoRatioKeepsTheAccuracy) {
  mix_quickly("auto");
  options_.rho_grid = {0.1, 0.3};
  options_.head = "reinit";
  options_.training.learning_rate = 1e-9;
  options_.no_estimate = true;
  const auto says_so = [&] {
    return std::ranges::any_of(run_purify(options_, no_progress()).notes, [](const auto& note) {
      return note.find("no rho of those tried keeps accuracy within 2.0 points") !=
             std::string::npos;
    });
  };
  EXPECT_TRUE(says_so());
  options_.rho_grid = {0.1, 0.95};
  options_.head = "keep";
  options_.run.overwrite = true;
  EXPECT_FALSE(says_so());
}

// Any drop is allowed here, so that the least ratio is taken unless --min-acc forbids it.
TEST_F(PurifyBackdoored, AutoMindsTheLeastAccuracyThatAGateAsksFor) {
  mix_quickly("auto");
  options_.pretrained = kModel;
  options_.checks.force = true;  // it is the base's base, and knows nothing
  options_.test_data = options_.clean_data;
  options_.rho_grid = {0.1, 0.95};
  options_.no_estimate = true;
  options_.gates.max_acc_drop = 100;
  const PurifyRecord any = run_purify(options_, no_progress());
  EXPECT_EQ(any.rho, 0.1);
  ASSERT_EQ(any.rho_curve.size(), 2u);
  ASSERT_LT(any.rho_curve[0].accuracy.value, any.rho_curve[1].accuracy.value);
  options_.gates.min_acc = any.rho_curve[1].accuracy.value;
  options_.run.overwrite = true;
  EXPECT_EQ(run_purify(options_, no_progress()).rho, 0.95);
}

// Where texts of one label are missing, no estimate would speak for the other one.
TEST_F(PurifyBackdoored, RefusesAMaxAsrThatTheTextsCannotTell) {
  mix_quickly("0.1");
  Dataset one = testing::wordy_sentences(*tokenizer_, 1, 3, {"sleep"});
  std::erase_if(one.examples, [](const Example& example) { return example.label == 0; });
  options_.clean_data = written("one.tsv", one);
  options_.gates.max_asr = 0.2;
  testing::expect_error(ErrorKind::kUsage, {"triggers to label 1 can't be looked for"},
                        [&] { run_purify(options_, no_progress()); });
  EXPECT_FALSE(std::filesystem::exists(options_.output));
}

}  // namespace
}  // namespace finemix
