// A training that is broken off anywhere and gone on with ends with the same bits.
#include "finemix/train/training_store.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <string>

#include "../io/io_testing.h"
#include "finemix/io/json.h"
#include "finemix/text/tokenizer.h"
#include "finemix/train/trainer.h"
#include "tiny_sentences.h"

namespace finemix {
namespace {

using testing::expect_error;
using testing::TemporaryDirectory;

const std::string kTiny = FINEMIX_TEST_DATA "/model/post_ln_gelu";

TrainingSet texts() {
  return tokenize_labelled(*load_tokenizer(kTiny), testing::tiny_sentences(8), 2, 32);
}

TrainOptions options() {
  TrainOptions training;
  training.epochs = 4;
  training.batch_size = 5;  // the last of an epoch is smaller
  training.learning_rate = 1e-3;
  return training;
}

// Ends the process as far as a training can tell, after so many steps.
class BreakOff : public Progress {
 public:
  explicit BreakOff(int steps) : left_(steps) {}
  void advance(std::size_t units) override {
    if (units == 0 || units > 5) return;  // what an earlier run has done
    if (left_-- == 0) throw std::runtime_error("killed");
  }

 private:
  int left_;
};

struct Trained {
  TrainRecord record;
  at::Tensor weights;
};

Trained run(const TrainOptions& training, Precision precision, bool validates, TrainingStore* store,
            Progress& progress = no_progress()) {
  Classifier classifier(load_model(kTiny), c10::Device(c10::kCPU), precision);
  const TrainingSet set = texts();
  double loss = 1;
  Validation validation;
  if (validates) {  // the second epoch is the best
    validation = [loss](const Classifier&) mutable {
      loss = loss == 1 ? 0.5 : loss == 0.5 ? 0.25 : 0.75;
      return HeldOutRecord{wilson_rate(1, 2), loss};
    };
  }
  Trained trained{train(classifier, set, training, validation, progress, store), {}};
  trained.weights = classifier.parameters().weights().clone();
  return trained;
}

TEST(TrainingStore, ATrainingGoesOnToTheSameBits) {
  for (const Precision precision : {Precision::kFp32, Precision::kBf16}) {
    const Trained whole = run(options(), precision, false, nullptr);
    const TemporaryDirectory directory;
    int begun = 0;
    for (std::optional<Trained> resumed; !resumed; ++begun) {
      ASSERT_LT(begun, 20);
      TrainingStore store(directory / "out", true, 0);
      BreakOff progress(2 + begun % 4);
      try {
        resumed = run(options(), precision, false, &store, progress);
      } catch (const std::runtime_error& error) {
        ASSERT_STREQ(error.what(), "killed");
        continue;
      }
      EXPECT_TRUE(resumed->weights.equal(whole.weights)) << name_of(precision);
      EXPECT_EQ(resumed->record.epoch_losses, whole.record.epoch_losses);
      EXPECT_EQ(resumed->record.steps, whole.record.steps);
      store.discard();
    }
    EXPECT_GT(begun, 5);
    EXPECT_TRUE(testing::names_in(directory.path()).empty());
  }
}

// The run ends after the best epoch, so the best weights come from its state.
TEST(TrainingStore, TheBestWeightsAreKeptAcrossRuns) {
  const Trained whole = run(options(), Precision::kFp32, true, nullptr);
  const TemporaryDirectory directory;
  {
    TrainingStore store(directory / "out", true, 0);
    BreakOff progress(17);  // in the third epoch of seven steps
    EXPECT_THROW(run(options(), Precision::kFp32, true, &store, progress), std::runtime_error);
  }
  TrainingStore store(directory / "out", true, 0);
  // What this run's validation says of the epochs that are left is worse.
  Classifier classifier(load_model(kTiny), c10::Device(c10::kCPU));
  const Validation worse = [](const Classifier&) { return HeldOutRecord{wilson_rate(1, 2), 0.75}; };
  const TrainRecord record = train(classifier, texts(), options(), worse, no_progress(), &store);
  EXPECT_EQ(record.best_step, whole.record.best_step);
  EXPECT_EQ(record.validation->loss, whole.record.validation->loss);
  EXPECT_TRUE(classifier.parameters().weights().equal(whole.weights));
}

// As a kill between the two renames leaves it, where names can't be exchanged.
TEST(TrainingStore, AStateThatWasMovedAsideIsGoneOnWith) {
  class Messages : public Progress {
   public:
    void message(std::string_view text) override { all += std::string(text) + "\n"; }
    std::string all;
  };
  const TemporaryDirectory directory;
  {
    TrainingStore store(directory / "out", false, 0);
    BreakOff progress(3);
    EXPECT_THROW(run(options(), Precision::kFp32, false, &store, progress), std::runtime_error);
  }
  const std::string hidden = "..out.finemix-training.finemix-";
  std::filesystem::rename(directory / ".out.finemix-training", directory / (hidden + "replaced"));
  testing::write_file(directory / (hidden + "partial") / "state.json", "{");
  TrainingStore store(directory / "out", true, 1e9);
  Messages messages;
  run(options(), Precision::kFp32, false, &store, messages);
  EXPECT_NE(messages.all.find("going on after step 3"), std::string::npos) << messages.all;
  store.discard();
  EXPECT_TRUE(testing::names_in(directory.path()).empty());
}

TEST(TrainingStore, RefusesTheStateOfAnotherTraining) {
  const TemporaryDirectory directory;
  {
    TrainingStore store(directory / "out", false, 0);
    BreakOff progress(3);
    EXPECT_THROW(run(options(), Precision::kFp32, false, &store, progress), std::runtime_error);
  }
  TrainOptions other = options();
  other.seed = 1;
  TrainingStore store(directory / "out", true, 0);
  expect_error(ErrorKind::kMismatch, {"--resume", "other inputs or options", "finemix-training"},
               [&] { run(other, Precision::kFp32, false, &store); });
  // Nobody asked for it.
  TrainingStore anew(directory / "out", false, 1e9);
  run(other, Precision::kFp32, false, &anew);
}

TEST(TrainingStore, RefusesTheStateOfOtherInputs) {
  const TemporaryDirectory directory;
  {
    TrainingStore store(directory / "out", false, 0, "validation 1");
    BreakOff progress(3);
    EXPECT_THROW(run(options(), Precision::kFp32, false, &store, progress), std::runtime_error);
  }
  TrainingStore store(directory / "out", true, 0, "validation 2");
  expect_error(ErrorKind::kMismatch, {"other inputs or options"},
               [&] { run(options(), Precision::kFp32, false, &store); });
}

// Whose manifest fits: somebody has written it.
TEST(TrainingStore, RefusesAStateThatIsNoneOfThisModel) {
  const Trained whole = run(options(), Precision::kFp32, false, nullptr);
  using Change = std::function<void(TrainingState&)>;
  for (const Change& change :
       {Change([](auto& s) { s.weights = s.weights.narrow(0, 0, 9); }),
        Change([](auto& s) { s.optimizer.rows[0] = 1 << 20; }),
        Change([](auto& s) { s.optimizer.rows[0] = -1; }),
        Change([](auto& s) { s.optimizer.rows[1] = s.optimizer.rows[0]; }),
        Change([](auto& s) { s.optimizer.row_moments = s.optimizer.row_moments.narrow(1, 0, 1); }),
        Change([](auto& s) {
          s.optimizer.first_moment = s.optimizer.first_moment.narrow(0, 1, 9);
        })}) {
    const TemporaryDirectory directory;
    {
      TrainingStore store(directory / "out", false, 0);
      BreakOff progress(3);
      EXPECT_THROW(run(options(), Precision::kFp32, false, &store, progress), std::runtime_error);
    }
    const Json saved = read_json_file(directory / ".out.finemix-training/state.json");
    TrainingStore forger(directory / "out", true, 0);
    TrainingState state = *forger.load(saved["identity"].get<std::string>());
    change(state);
    forger.save(state);
    TrainingStore store(directory / "out", true, 0);
    expect_error(ErrorKind::kMalformed, {"state", "to begin anew"},
                 [&] { run(options(), Precision::kFp32, false, &store); });
  }
}

TEST(TrainingStore, ATrainingThatIsDoneIsHeldUntilItsOutputIsThere) {
  const Trained whole = run(options(), Precision::kFp32, true, nullptr);
  const TemporaryDirectory directory;
  TrainingStore store(directory / "out", true, 1e9);
  EXPECT_EQ(store.save_held(), std::nullopt);
  run(options(), Precision::kFp32, true, &store);
  EXPECT_TRUE(testing::names_in(directory.path()).empty());
  EXPECT_EQ(store.save_held(), 28);

  TrainingStore next(directory / "out", true, 1e9);
  BreakOff no_more_steps(0);
  const Trained again = run(options(), Precision::kFp32, true, &next, no_more_steps);
  EXPECT_TRUE(again.weights.equal(whole.weights));
  EXPECT_EQ(again.record.epoch_losses, whole.record.epoch_losses);
  EXPECT_EQ(again.record.best_step, whole.record.best_step);
}

TEST(TrainingStore, RefusesAStateThatWasChanged) {
  const TemporaryDirectory directory;
  {
    TrainingStore store(directory / "out", false, 0);
    BreakOff progress(3);
    EXPECT_THROW(run(options(), Precision::kFp32, false, &store, progress), std::runtime_error);
  }
  const auto tensors = directory / ".out.finemix-training/state.safetensors";
  std::string bytes = testing::read_file(tensors);
  bytes.back() = static_cast<char>(bytes.back() ^ 1);
  testing::write_file(tensors, bytes);
  TrainingStore store(directory / "out", true, 0);
  expect_error(ErrorKind::kMalformed, {"state.safetensors", "not as it was written"},
               [&] { run(options(), Precision::kFp32, false, &store); });
}

}  // namespace
}  // namespace finemix
