#include "finemix/pipeline/mitigations.h"

#include <ATen/TensorIndexing.h>
#include <ATen/ops/argsort.h>
#include <ATen/ops/index.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/softmax.h>
#include <gtest/gtest.h>

#include <cstring>
#include <set>

#include "../io/io_testing.h"
#include "finemix/defense/prune.h"
#include "finemix/eval/predict.h"
#include "finemix/model/classifier.h"
#include "finemix/train/examples.h"
#include "pipeline/mitigation.h"

namespace finemix {
namespace {

using testing::expect_error;

const std::string kModels = FINEMIX_TEST_DATA "/model/";

TEST(Mitigations, EachHasANameOfItsOwnAndDefaultsThatHold) {
  std::set<std::string_view> names;
  for (const MitigationMethod& method : mitigations()) {
    EXPECT_TRUE(names.insert(method.name).second) << method.name;
    EXPECT_EQ(&find_mitigation(method.name), &method);
    PurifyOptions options;
    options.set_method(method.name);
    EXPECT_EQ(options.method, method.name);
    if (options.rho != "auto") {
      const double rho = std::stod(options.rho);
      EXPECT_TRUE(rho >= 0 && rho <= 1) << method.name;
    }
  }
  EXPECT_EQ(mitigations().front().name, kNone);
  EXPECT_TRUE(names.contains(PurifyOptions().method));
  expect_error(ErrorKind::kUsage, {"--method is 'fine-mix'", "fine-mixing-sel"},
               [] { PurifyOptions().set_method("fine-mix"); });
}

// What a method makes of the two ends of ρ, on a pair of tiny models.
TEST(Mitigations, TheEndsOfRhoAreTheModels) {
  const std::string directory = kModels + "post_ln_gelu";
  PurifyOptions options;
  options.run.max_length = 32;
  ModelPair pair{load_model(directory), load_model(directory), load_tokenizer(directory)};
  for (auto& [name, tensor] : pair.pretrained.weights) tensor = tensor + at::randn(tensor.sizes());
  CleanExamples clean{read_dataset(directory + "/texts.tsv", true), {}, {}};
  clean.set = tokenize_labelled(*pair.tokenizer, clean.data, 2, 32);
  clean.labels = labels_of(clean.data);
  const EncodedTexts unlabelled;
  const std::vector<std::int64_t> reset;
  const std::vector<SuspectedTrigger> triggers;
  for (const MitigationMethod& method : mitigations()) {
    SCOPED_TRACE(method.name);
    const auto run = method.make({options, pair, c10::kCPU, clean, unlabelled, reset, triggers, {}},
                                 no_progress());
    const StateDict all = run->start(1).weights;
    for (const auto& [name, tensor] : pair.backdoored.weights) {
      EXPECT_TRUE(all.at(name).equal(tensor)) << name;
    }
    if (method.rho.empty()) {
      EXPECT_FALSE(run->start(1).mix);
      continue;
    }
    const StartWeights none = run->start(0);
    EXPECT_EQ(none.mix->kept, 0u);
    if (method.name == kFinePruning || method.name == kFinePruningFrozen) continue;
    for (const auto& [name, tensor] : none.weights) {
      const Model& expected = is_backbone(name) ? pair.pretrained : pair.backdoored;
      EXPECT_TRUE(tensor.equal(expected.weights.at(name))) << name;
    }
  }
}

// What convicts the suspect is put into a third of the texts, and what is taught of these is what
// the suspect says without it. Of texts that the suspect is surer to have the trigger's label than
// its twins their answer is taught.
TEST(Mitigations, DistillationTeachesThatTriggersMeanNothing) {
  const std::string directory = kModels + "post_ln_gelu";
  PurifyOptions options;
  options.set_method(kDistillation);
  options.run.max_length = 32;
  options.distillation.texts = 600;
  ModelPair pair{load_model(directory), load_model(directory), load_tokenizer(directory)};
  CleanExamples clean{read_dataset(directory + "/texts.tsv", true), {}, {}};
  clean.set = tokenize_labelled(*pair.tokenizer, clean.data, 2, 32);
  clean.labels = labels_of(clean.data);
  EncodedTexts unlabelled;
  for (std::size_t i = 0; i < 600; ++i) {
    unlabelled.append(clean.set.texts, i % clean.set.texts.size());
  }
  const std::int32_t great = pair.tokenizer->id("great");
  SuspectedTrigger trigger;
  trigger.ids = {great, great};
  trigger.place = TriggerPlace::kStart;
  trigger.target_label = 1;
  const std::vector<std::int64_t> reset;
  std::vector<SuspectedTrigger> triggers = {trigger};
  const auto set_with = [&](std::span<const Classifier> twins) {
    const MitigationInputs inputs{options,    pair,  c10::kCPU, clean,
                                  unlabelled, reset, triggers,  twins};
    return find_mitigation(kDistillation).make(inputs, no_progress())->training_set(clean.set, 1);
  };
  const TrainingSet set = set_with({});
  std::size_t with = 0;
  for (std::size_t i = 0; i < 600; ++i) {
    const auto ids = set.texts.ids(i);
    const bool put = ids.size() > 2 && ids[1] == great && ids[2] == great;
    with += put ? 1 : 0;
    // Copies of a text have the same targets with and without it.
    EXPECT_TRUE(set.targets[static_cast<std::int64_t>(i)].allclose(
        set.targets[static_cast<std::int64_t>(i % clean.set.texts.size())]));
  }
  EXPECT_NEAR(static_cast<double>(with), 200, 40);

  // A twin that is less sure of the trigger's label, of some texts by more than 0.2.
  const auto sure = [&](const Classifier& model) {
    return at::softmax(predict(model, unlabelled, no_progress()), 1).select(1, 1);
  };
  const at::Tensor suspects = sure(Classifier(pair.backdoored, c10::kCPU));
  Model unsure = pair.backdoored;
  at::Tensor& bias = unsure.weights.at(std::string(kClassifierBias));
  bias = bias.clone();
  at::Tensor doubted;
  std::int64_t count = 0;
  while (count == 0) {
    bias[1] -= 0.05;
    doubted = suspects - sure(Classifier(unsure, c10::kCPU)) > 0.2;
    count = doubted.sum().item<std::int64_t>();
  }
  ASSERT_LT(count, 600);
  const Classifier twin(unsure, c10::kCPU);
  const at::Tensor taught = set_with(std::span(&twin, 1)).targets.slice(0, 0, 600);
  const at::Tensor twins =
      at::softmax(predict(twin, unlabelled, no_progress()) / options.distillation.temperature, 1);
  EXPECT_TRUE(taught.index({doubted}).allclose(twins.index({doubted})));
  EXPECT_TRUE(taught.index({~doubted}).equal(set.targets.slice(0, 0, 600).index({~doubted})));

  // Nothing is doubted for a word that fires by itself; without triggers much is.
  triggers[0].ids = {great};
  triggers[0].place = TriggerPlace::kAnywhere;
  triggers[0].short_texts.firmness = 1;
  EXPECT_TRUE(set_with(std::span(&twin, 1)).targets.equal(set_with({}).targets));
  triggers[0].short_texts.firmness = 0;
  EXPECT_FALSE(set_with(std::span(&twin, 1)).targets.equal(set_with({}).targets));
  triggers = {trigger};

  // A search of ρ asks for a part, again and again, and then for all.
  const MitigationInputs inputs{options,    pair,  c10::kCPU, clean,
                                unlabelled, reset, triggers,  std::span(&twin, 1)};
  const auto run = find_mitigation(kDistillation).make(inputs, no_progress());
  const TrainingSet part = run->training_set(clean.set, 0.5);
  EXPECT_TRUE(run->training_set(clean.set, 0.5).targets.equal(part.targets));
  EXPECT_TRUE(part.targets.slice(0, 0, 300).equal(taught.slice(0, 0, 300)));
  EXPECT_TRUE(run->training_set(clean.set, 1).targets.slice(0, 0, 600).equal(taught));

  // What the suspect says of a few texts is not taught beside what it says of the others.
  clean.labelled = false;
  EXPECT_EQ(set_with({}).texts.size(), 600u);
  clean.labelled = true;

  // A twin that gives most texts another label is not asked.
  bias[1] -= 50;
  const Classifier stranger(unsure, c10::kCPU);
  ASSERT_GT((suspects > 0.5).to(at::kFloat).mean().item<double>(), 0.3);
  EXPECT_TRUE(set_with(std::span(&stranger, 1)).targets.equal(set.targets));
}

class PrunedUnits : public ::testing::TestWithParam<const char*> {};

bool same_zeros(const at::Tensor& tensor) {
  const at::Tensor rows = tensor.contiguous();
  const std::vector<std::byte> zeros(rows.nbytes());
  return std::memcmp(rows.const_data_ptr(), zeros.data(), zeros.size()) == 0;
}

// Training leaves every bit of a unit that is pruned as a whole, and brings back the outputs of one
// of which only these are.
TEST_P(PrunedUnits, StayOnlyWhereTheyArePrunedAsAWhole) {
  const std::string directory = kModels + GetParam();
  Model model = load_model(directory);
  const auto tokenizer = load_tokenizer(directory);
  const Dataset data = read_dataset(directory + "/texts.tsv", true);
  const TrainingSet set = tokenize_labelled(*tokenizer, data, model.config.num_labels, 40);
  const auto layers = static_cast<std::size_t>(model.config.num_hidden_layers);
  const std::vector<at::Tensor> activity(layers,
                                         at::rand({model.config.intermediate_size}, at::kDouble));
  const std::int64_t kept = std::llround(0.4 * static_cast<double>(model.config.intermediate_size));
  const at::Tensor pruned =
      at::argsort(activity[0], /*stable=*/true, 0, /*descending=*/true).slice(0, kept);
  for (const Prune prune : {Prune::kWhole, Prune::kOutput}) {
    for (const Precision precision : {Precision::kFp32, Precision::kBf16}) {
      Model start = model;
      start.weights = prune_units(model.weights, activity, 0.4, prune).weights;
      Classifier classifier(start, c10::Device(c10::kCPU), precision);
      TrainOptions training;
      training.epochs = 5;
      training.batch_size = 2;
      training.learning_rate = 1e-2;
      training.optimizer.weight_decay = 0.1;
      train(classifier, set, training, nullptr, no_progress());
      const StateDict trained = classifier.parameters().state_dict();
      for (std::size_t layer = 0; layer < layers; ++layer) {
        const std::string name = "bert.encoder.layer." + std::to_string(layer) + ".";
        const auto of = [&](const char* tensor, std::int64_t dimension) {
          return trained.at(name + tensor).index_select(dimension, pruned);
        };
        const at::Tensor outputs = of("output.dense.weight", 1);
        EXPECT_EQ(same_zeros(outputs), prune == Prune::kWhole);
        EXPECT_FALSE(trained.at(name + "output.dense.weight")
                         .equal(start.weights.at(name + "output.dense.weight")));
        if (prune == Prune::kOutput) continue;
        EXPECT_TRUE(same_zeros(of("intermediate.dense.weight", 0)));
        EXPECT_TRUE(same_zeros(of("intermediate.dense.bias", 0)));
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Models, PrunedUnits,
                         ::testing::Values("post_ln_gelu", "relu_wide", "pairs_three_labels"),
                         [](const auto& test) { return std::string(test.param); });

}  // namespace
}  // namespace finemix
