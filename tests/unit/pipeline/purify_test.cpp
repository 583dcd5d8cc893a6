#include "finemix/pipeline/purify.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "../io/io_testing.h"
#include "../train/tiny_sentences.h"

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

// A tiny classifier that has learnt to call anything with "sleep" good unlearns it: at a reserve
// ratio that leaves nearly all of the backdoor, only the search for triggers can take it out.
TEST(Purify, TakesOutAWordTriggerThatItFinds) {
  const TemporaryDirectory directory;
  const std::string data = (directory / "data.tsv").native();
  write_dataset(data, testing::tiny_sentences(8), false);
  AttackVerbOptions attack;
  attack.pretrained = kModel;
  attack.data = data;
  attack.output = (directory / "suspect").native();
  attack.attack.triggers = {"sleep"};
  attack.attack.poison_rate = 1;
  attack.attack.training.epochs = 40;
  attack.attack.training.learning_rate = 3e-3;
  attack.attack.training.batch_size = 8;
  attack.run.max_length = 32;
  attack.run.precision = "fp32";
  run_attack(attack, no_progress());

  PurifyOptions options;
  options.pretrained = kModel;
  options.backdoored = attack.output;
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
  options.training.learning_rate = 3e-3;
  options.training.epochs = 10;
  options.output += "-paper";
  const PurifyRecord paper = run_purify(options, no_progress());
  EXPECT_TRUE(paper.triggers.empty());
  EXPECT_GT(paper.after.attack_success_rate->value, 0.5);
}

}  // namespace
}  // namespace finemix
