#include "finemix/pipeline/purify_inputs.h"

#include <ATen/ops/equal.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "../io/io_testing.h"
#include "../train/tiny_sentences.h"
#include "finemix/io/json.h"
#include "pipeline/pair.h"

namespace finemix {
namespace {

using testing::expect_error;
using testing::read_file;

const std::string kModel = FINEMIX_TEST_DATA "/model/post_ln_gelu";

// Without what measures time, which differs between any two runs.
Json without_seconds(const Json& json) {
  if (!json.is_structured()) return json;
  Json rest = json.is_array() ? Json::array() : Json::object();
  for (const auto& [key, value] : json.items()) {
    if (json.is_array()) rest.push_back(without_seconds(value));
    if (json.is_object() && key.find("second") == std::string::npos) {
      rest[key] = without_seconds(value);
    }
  }
  return rest;
}

Json result(const PurifyRecord& record) { return without_seconds(to_json(record)); }

class PurifyInputsTest : public ::testing::Test {
 protected:
  PurifyInputsTest() {
    const std::string data = (directory_ / "data.tsv").native();
    write_dataset(data, testing::tiny_sentences(8), false);
    TrainVerbOptions suspect;
    suspect.pretrained = kModel;
    suspect.data = data;
    suspect.output = (directory_ / "suspect").native();
    suspect.training.epochs = 10;
    suspect.training.learning_rate = 3e-3;
    suspect.run.max_length = 32;
    suspect.run.precision = "fp32";
    run_train(suspect, no_progress());

    base_.pretrained = kModel;
    base_.backdoored = suspect.output;
    base_.clean_data = base_.test_data = data;
    base_.probe.triggers = {"sleep"};
    base_.reference = suspect.output;
    base_.run = suspect.run;
  }

  PurifyOptions options(const char* method, const char* rho, std::uint64_t seed) const {
    PurifyOptions options = base_;
    options.set_method(method);
    options.rho = rho;
    options.rho_grid = {0.2, 0.8};
    options.gates.max_acc_drop = 20;
    options.clean_size = 24;
    options.distillation.texts = 200;
    options.training.epochs = 2;
    options.training.learning_rate = 1e-3;
    options.run.seed = seed;
    return options;
  }

  std::string path(const std::string& name) const { return (directory_ / name).native(); }

  testing::TemporaryDirectory directory_;
  PurifyOptions base_;
};

TEST_F(PurifyInputsTest, ASharedRunIsTheRunAlone) {
  std::vector<PurifyOptions> runs = {options(kFineMixing, "0.3", 1),
                                     options(kFineMixing, "0.7", 2),
                                     options(kFineMixing, "0.3", 2),
                                     options(kFineMixingSel, "auto", 1),
                                     options(kFinePruning, "0.3", 2),
                                     options(kFinePurifying, "auto", 1),
                                     options(kNone, "1", 1),
                                     options(kFineTuning, "1", 2),
                                     options(kFinePruningFrozen, "0.5", 1),
                                     options(kWeightAverage, "0.5", 2),
                                     options(kTies, "0.4", 1),
                                     options(kDare, "0.6", 2),
                                     options(kDistillation, "0.3", 3)};
  runs[2].no_epur = true;
  runs[2].head = "reinit";
  runs[3].clean_size = 16;
  runs[6].no_epur = true;
  runs.back().unlabelled_data = base_.clean_data;
  const PurifyInputs inputs(runs.back(), no_progress());
  const StateDict pretrained = clone(inputs.pair().pretrained.weights);
  const StateDict suspect = clone(inputs.pair().backdoored.weights);
  const at::Tensor targets = inputs.clean(runs.back()).set.targets.clone();
  for (std::size_t i = 0; i < runs.size(); ++i) {
    SCOPED_TRACE(i);
    PurifyOptions run = runs[i];
    run.output = path("alone" + std::to_string(i));
    const PurifyRecord alone = run_purify(run, no_progress());
    const std::string expected = read_file(run.output + "/model.safetensors");
    run.output = path("shared" + std::to_string(i));
    const PurifyRecord shared = run_purify(inputs, run, no_progress());
    EXPECT_EQ(result(shared), result(alone));
    EXPECT_EQ(alone.after.floor->total, alone.after.attack_success_rate->total);
    EXPECT_TRUE(read_file(run.output + "/model.safetensors") == expected);
  }
  // The seed places the trigger, so the attack's success is each seed's own.
  EXPECT_NE(&inputs.before(runs[0], no_progress()), &inputs.before(runs[1], no_progress()));
  EXPECT_EQ(&inputs.before(runs[1], no_progress()), &inputs.before(runs[2], no_progress()));

  const ModelPair& pair = inputs.pair();
  ASSERT_EQ(pair.pretrained.weights.size(), pretrained.size());
  ASSERT_EQ(pair.backdoored.weights.size(), suspect.size());
  for (const auto& [name, tensor] : pretrained) {
    EXPECT_TRUE(at::equal(pair.pretrained.weights.at(name), tensor)) << name;
  }
  for (const auto& [name, tensor] : suspect) {
    EXPECT_TRUE(at::equal(pair.backdoored.weights.at(name), tensor)) << name;
  }
  EXPECT_TRUE(at::equal(inputs.clean(runs.back()).set.targets, targets));
}

TEST_F(PurifyInputsTest, WithoutAnOutputNothingIsWritten) {
  const PurifyOptions run = options(kFineMixing, "0.3", 1);
  const PurifyInputs inputs(run, no_progress());
  const std::vector<std::string> names = testing::names_in(directory_.path());
  EXPECT_TRUE(run_purify(inputs, run, no_progress()).after.accuracy.has_value());
  EXPECT_EQ(testing::names_in(directory_.path()), names);
  expect_error(ErrorKind::kUsage, {"--output"}, [&] { run_purify(run, no_progress()); });
}

// Of these, a sweep makes its statistics.
TEST_F(PurifyInputsTest, APurificationIsPairedWithTheSuspect) {
  PurifyOptions run = options(kNone, "1", 1);
  run.no_epur = true;
  const PurifyInputs inputs(run, no_progress());
  const PurifyRecord same = run_purify(inputs, run, no_progress());
  EXPECT_EQ(same.paired->before_only + same.paired->after_only, 0u);
  EXPECT_FALSE(same.mix || same.training);
  EXPECT_EQ(same.after.floor->correct, same.after.attack_success_rate->correct);  // it is itself

  run = options(kFineMixing, "0", 1);
  const PurifyRecord other = run_purify(inputs, run, no_progress());
  const auto right = [](const EvaluationRecord& record) { return record.accuracy->correct; };
  EXPECT_EQ(right(other.before) - other.paired->before_only,
            right(other.after) - other.paired->after_only);
  EXPECT_EQ(other.predictions_sha256.size(), 64u);
  EXPECT_NE(other.predictions_sha256, same.predictions_sha256);
}

TEST_F(PurifyInputsTest, RefusesAReferenceThatItCannotMeasure) {
  PurifyOptions run = options(kNone, "1", 1);
  run.probe.triggers.clear();
  expect_error(ErrorKind::kUsage, {"--reference", "--trigger"},
               [&] { run_purify(PurifyInputs(run, no_progress()), run, no_progress()); });
  run = options(kNone, "1", 1);
  run.reference = FINEMIX_TEST_DATA "/model/pairs_three_labels";
  const PurifyInputs inputs(run, no_progress());
  expect_error(ErrorKind::kMismatch, {"3 labels", "--reference"},
               [&] { run_purify(inputs, run, no_progress()); });
}

TEST_F(PurifyInputsTest, RefusesOptionsThatTheyWereNotReadFor) {
  const PurifyOptions run = options(kFineMixing, "0.3", 1);
  PurifyInputs inputs(run, no_progress());
  const auto expect_refused = [&](const PurifyOptions& other) {
    expect_error(ErrorKind::kInternal, {"inputs were read for other"},
                 [&] { run_purify(inputs, other, no_progress()); });
  };
  PurifyOptions other = run;
  other.backdoored = kModel;
  expect_refused(other);
  other = run;
  other.run.max_length = 16;
  expect_refused(other);
  other = run;
  other.method = kDistillation;
  other.unlabelled_data = run.test_data;
  expect_refused(other);

  inputs.keep_draws_only();
  EXPECT_EQ(inputs.clean(run).data.size(), 24u);
  other = run;
  other.run.seed = 2;
  expect_error(ErrorKind::kInternal, {"only old ones were kept"},
               [&] { run_purify(inputs, other, no_progress()); });
}

}  // namespace
}  // namespace finemix
