#include "finemix/pipeline/purify.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

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

// A tiny classifier that has learnt to call anything with "sleep" good unlearns it: at a reserve
// ratio that leaves nearly all of the backdoor, only the search for triggers can take it out.
TEST(Purify, TakesOutAWordTriggerThatItFinds) {
  const TemporaryDirectory directory;
  const auto tokenizer = load_tokenizer(kModel);
  const auto written = [&](const char* name, const Dataset& data) {
    write_dataset(directory / name, data, false);
    return (directory / name).native();
  };
  // A base that knows what words mean, as a pre-trained model does.
  TrainVerbOptions base;
  base.pretrained = kModel;
  base.data = written("base.tsv", testing::wordy_sentences(*tokenizer, 20, 5));
  base.output = (directory / "base").native();
  base.training.epochs = 6;
  base.training.learning_rate = 2e-3;
  base.run.max_length = 32;
  base.run.precision = "fp32";
  run_train(base, no_progress());

  AttackVerbOptions attack;
  attack.pretrained = base.output;
  attack.data = written("train.tsv", testing::wordy_sentences(*tokenizer, 12, 2, {"sleep"}));
  attack.output = (directory / "suspect").native();
  attack.attack.triggers = {"sleep"};
  attack.attack.poison_rate = 1;
  attack.attack.training.epochs = 8;
  attack.attack.training.learning_rate = 1e-3;
  attack.run = base.run;
  run_attack(attack, no_progress());
  const std::string data =
      written("clean.tsv", testing::wordy_sentences(*tokenizer, 4, 3, {"sleep"}));

  PurifyOptions options;
  options.pretrained = base.output;
  options.backdoored = attack.output;
  options.clean_size = 0;
  options.clean_data = options.test_data = data;
  options.output = (directory / "purified").native();
  options.probe.triggers = {"sleep"};
  options.rho = "0.95";
  options.no_epur = true;
  options.distillation.texts = 2000;
  options.training.learning_rate = 3e-3;
  options.training.epochs = 4;
  options.run = attack.run;
  const PurifyRecord record = run_purify(options, no_progress());
  EXPECT_NE(std::ranges::find(record.triggers, "sleep", &SuspectedTrigger::text),
            record.triggers.end());
  EXPECT_GT(record.before.attack_success_rate->value, 0.9);
  EXPECT_LT(record.after.attack_success_rate->value, 0.3);
  EXPECT_GT(record.after.accuracy->value, 0.9);

  // The paper's recipe looks for no triggers, and leaves the backdoor at this ratio.
  options.set_method(kFineMixing);
  options.rho = "0.95";
  options.training.learning_rate = 1e-5;
  options.training.epochs = 1;
  options.output += "-paper";
  const PurifyRecord paper = run_purify(options, no_progress());
  EXPECT_TRUE(paper.triggers.empty());
  EXPECT_GT(paper.after.attack_success_rate->value, 0.5);
}

}  // namespace
}  // namespace finemix
