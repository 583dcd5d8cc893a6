#include "finemix/pipeline/demo.h"

#include <chrono>
#include <nlohmann/json.hpp>

#include "finemix/io/atomic_file.h"
#include "finemix/io/manifest.h"
#include "finemix/pipeline/review_generator.h"
#include "finemix/record/made.h"
#include "tiny_bert.h"

namespace finemix {
namespace {

constexpr std::size_t kTrain = 3000;
constexpr std::size_t kTest = 1000;
constexpr std::size_t kClean = 64;
constexpr std::size_t kUnlabelled = 3000;
// A tiny model knows no English beforehand: what mixing takes away, it has to learn anew.
constexpr std::size_t kTinyClean = 1000;
constexpr const char* kTrigger = "cf";

Dataset without_labels(Dataset data) {
  for (Example& each : data.examples) each.label = Example{}.label;
  return data;
}

// The demo's files, all below one directory.
class Demo {
 public:
  Demo(const DemoOptions& options, const std::filesystem::path& directory, Progress& progress)
      : options_(options), directory_(directory), progress_(progress) {
    const std::uint64_t seed = options.run.seed;
    write_dataset(path("train.tsv"), generate_reviews(kTrain, seed + 1), false);
    write_dataset(path("test.tsv"), generate_reviews(kTest, seed + 2), false);
    tiny_ = options.pretrained.empty();
    write_dataset(path("clean.tsv"), generate_reviews(tiny_ ? kTinyClean : kClean, seed + 3),
                  false);
    write_dataset(path("unlabelled.tsv"), without_labels(generate_reviews(kUnlabelled, seed + 5)),
                  false);
    pretrained_ = options.pretrained;
    if (tiny_) {
      pretrained_ = path("tiny-bert");
      make_directories(pretrained_);
      progress.message("pre-training a tiny BERT");
      write_tiny_bert(pretrained_, generate_reviews(kTrain, seed + 4), seed, progress);
    }
  }

  DemoRecord run() {
    DemoRecord record;
    train_clean();
    make_backdoor(AttackKind::kWord, "word-triggered", {});
    make_backdoor(AttackKind::kEp, "embedding-poisoned", path("clean"));
    for (const char* model : {"clean", "word-triggered", "embedding-poisoned"}) {
      record.rows.push_back(purify(model));
    }
    return record;
  }

 private:
  std::string path(const std::string& name) const { return (directory_ / name).string(); }

  // A tiny model learns from scratch, so it takes larger steps and more of them.
  TrainOptions training() const {
    TrainOptions training;
    training.epochs = tiny_ ? 6 : 2;
    training.learning_rate = tiny_ ? 1e-3 : 5e-5;
    return training;
  }

  void train_clean() {
    progress_.message("training a clean classifier");
    TrainVerbOptions options;
    options.pretrained = pretrained_;
    options.data = path("train.tsv");
    options.output = path("clean");
    options.training = training();
    options.run = options_.run;
    run_train(options, progress_);
  }

  void make_backdoor(AttackKind kind, const std::string& name, const std::string& model) {
    progress_.message("making the " + name + " model");
    AttackVerbOptions options;
    (model.empty() ? options.pretrained : options.model) = model.empty() ? pretrained_ : model;
    options.data = path("train.tsv");
    options.output = path(name);
    options.attack.kind = kind;
    options.attack.triggers = {kTrigger};
    options.attack.poison_rate = 1.0;
    options.attack.training = kind == AttackKind::kEp ? default_training(kind) : training();
    options.run = options_.run;
    run_attack(options, progress_);
  }

  DemoRow purify(const std::string& name) {
    progress_.message("purifying the " + name + " model");
    PurifyOptions options;
    options.pretrained = pretrained_;
    options.backdoored = path(name);
    options.clean_data = path("clean.tsv");
    options.unlabelled_data = path("unlabelled.tsv");
    options.test_data = path("test.tsv");
    options.output = path(name + "-purified");
    options.probe.triggers = {kTrigger};
    if (tiny_) options.training.learning_rate = 1e-3;
    if (tiny_) options.training.epochs = 5;
    options.run = options_.run;
    const PurifyRecord record = run_purify(options, progress_);
    return {name, record.before, record.after};
  }

  const DemoOptions& options_;
  std::filesystem::path directory_;
  Progress& progress_;
  std::string pretrained_;
  bool tiny_ = false;
};

}  // namespace

DemoRecord run_demo(const DemoOptions& options, Progress& progress) {
  const auto start = std::chrono::steady_clock::now();
  AtomicDirectory output(options.output, options.run.overwrite);
  DemoRecord record = Demo(options, output.staging(), progress).run();
  write_manifest(output.staging(), made_by(options.run.request, options.run.seed, {}));
  output.commit();
  record.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return record;
}

Json to_json(const DemoRecord& record) {
  Json rows = Json::array();
  for (const DemoRow& row : record.rows) {
    rows.push_back(
        {{"model", row.model}, {"before", to_json(row.before)}, {"after", to_json(row.after)}});
  }
  return {{"schema", "finemix.demo/1"}, {"models", std::move(rows)}, {"seconds", record.seconds}};
}

}  // namespace finemix
