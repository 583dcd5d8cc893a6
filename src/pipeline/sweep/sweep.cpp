#include "finemix/pipeline/sweep.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "finemix/core/error.h"
#include "finemix/core/quote.h"
#include "finemix/core/random.h"
#include "finemix/io/atomic_file.h"
#include "finemix/io/checkpoint.h"
#include "finemix/io/manifest.h"
#include "finemix/io/output_guard.h"
#include "finemix/pipeline/review_generator.h"
#include "finemix/train/training_store.h"
#include "pipeline/inputs.h"
#include "pipeline/probe.h"
#include "pipeline/sweep/loop.h"
#include "pipeline/sweep/store.h"

namespace finemix {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kGeneratedTrain = 3000;  // where a task says no number
constexpr std::size_t kGeneratedTest = 1000;
constexpr std::size_t kCleanTexts = 512;  // of the defender, where he has no file of his own

// The files of a task, as the models' stages read them.
struct TaskFiles {
  std::string train;
  std::string test;
  std::string clean_data;
  std::string unlabelled_data;
};

std::string resolved(const SweepOptions& options, const std::string& path) {
  if (path.empty() || options.data_dir.empty()) return path;
  return (fs::path(options.data_dir) / path).native();
}

// Of so many training texts, those that are the defender's where he has no file of his own.
std::size_t held_back(std::size_t texts) { return std::min(kCleanTexts, texts / 2); }

// Throws kMismatch where a task has fewer texts than are to be drawn.
void check_sizes(const SweepOptions& options) {
  const auto size_of = [&](const std::string& path) {
    return read_dataset(resolved(options, path), true).size();
  };
  const std::int64_t most = std::ranges::max(options.grid.clean_sizes);
  for (const SweepTask& task : options.tasks) {
    std::size_t clean = kCleanTexts;
    if (!task.generated) {
      std::size_t train = size_of(task.train);
      clean = task.clean_data.empty() ? held_back(train) : size_of(task.clean_data);
      if (task.clean_data.empty()) train -= clean;
      check_enough(task.name + ", train", train, task.train_size, "train_size");
      check_enough(task.name + ", test", size_of(task.test), task.test_size, "test_size");
    }
    check_enough(task.name + ", the defender's texts", clean, static_cast<std::size_t>(most),
                 "clean_sizes");
  }
}

std::vector<InputRecord> inputs_of(const SweepOptions& options) {
  std::vector<InputRecord> inputs;
  const Checkpoint model = Checkpoint::open(options.pretrained);
  inputs.push_back(
      {"pretrained", options.pretrained, sha256_files(model.directory(), model.files())});
  const auto add = [&](const std::string& name, const std::string& path) {
    if (!path.empty()) inputs.push_back({name, path, sha256_file(resolved(options, path))});
  };
  for (const SweepTask& task : options.tasks) {
    if (task.generated) continue;
    add(task.name + " train", task.train);
    add(task.name + " test", task.test);
    add(task.name + " clean_data", task.clean_data);
    add(task.name + " unlabelled_data", task.unlabelled_data);
  }
  for (const SweepAttack& attack : options.attacks) {
    add(attack.name + " poisoned_data", attack.poisoned_data);
    add(attack.name + " poisoned_test", attack.poisoned_test);
  }
  add("word_counts", options.frequency.word_counts);
  add("count_text", options.frequency.count_text);
  return inputs;
}

std::vector<std::string> paths_of(const SweepOptions& options,
                                  const std::vector<InputRecord>& inputs) {
  std::vector<std::string> paths;
  for (const InputRecord& input : inputs) {
    const bool model = &input == &inputs.front();
    paths.push_back(model ? input.path : resolved(options, input.path));
  }
  return paths;
}

// Makes the data and the models of a grid, each once, below its output directory.
class Models {
 public:
  Models(const SweepOptions& options, const SweepStore& store, Progress& progress)
      : options_(options), store_(store), progress_(progress) {}

  const TaskFiles& files(const SweepTask& task) {
    const auto found = files_.find(task.name);
    if (found != files_.end()) return found->second;
    const std::string directory = "data/" + task.name;
    make_directories(store_.path(directory));
    return files_
        .emplace(task.name, task.generated ? generated(task, directory) : drawn(task, directory))
        .first->second;
  }

  // About how many word pieces a text has: what training and evaluation cost goes with it.
  double text_cost(const SweepTask& task) {
    constexpr double kBytesAPiece = 4.5;
    const Dataset data = read_dataset(files(task).clean_data, true);
    double pieces = 0;
    for (const Example& example : data.examples) {
      const std::size_t bytes = example.text.size() + (example.text_b ? example.text_b->size() : 0);
      pieces += std::min(static_cast<double>(bytes) / kBytesAPiece + 3,
                         static_cast<double>(run_of(task).max_length));
    }
    return pieces / static_cast<double>(data.size());
  }

  // How many texts the training of a subject's model goes through; 0 when it is there.
  double model_passes(const PlannedSubject& subject) {
    const SweepTask& task = named(options_.tasks, subject.task);
    if (fs::exists(model_path(task, subject.attack))) return 0;
    const bool clean = subject.attack == kCleanControl;
    const TrainOptions& training =
        clean ? task.training : named(options_.attacks, subject.attack).attack.training;
    auto texts = train_texts_.find(task.name);
    if (texts == train_texts_.end()) {
      texts = train_texts_.emplace(task.name, read_dataset(files(task).train, true).size()).first;
    }
    return static_cast<double>(texts->second) * static_cast<double>(training.epochs);
  }

  Suspect suspect(const PlannedSubject& subject) {
    const SweepTask& task = named(options_.tasks, subject.task);
    const TaskFiles& files = this->files(task);
    Suspect suspect;
    suspect.task = task.name;
    suspect.attack = subject.attack;
    suspect.made.kind = kNone;
    suspect.made.target_label = task.target_label;
    PurifyOptions& base = suspect.base;
    base.pretrained = options_.pretrained;
    base.backdoored = clean_model(task);
    base.clean_data = files.clean_data;
    base.test_data = files.test;
    base.unlabelled_data = files.unlabelled_data;
    base.epur = options_.epur;
    base.frequency.word_counts = resolved(options_, options_.frequency.word_counts);
    base.frequency.count_text = resolved(options_, options_.frequency.count_text);
    base.run = run_of(task);
    // The clean model is measured by the first of its task's attacks.
    const SweepAttack* attack = &named(options_.attacks, subject.attack);
    const bool control = attack->name == kCleanControl;
    if (control) attack = first_attack(task);
    if (attack == nullptr) return suspect;
    base.reference = base.backdoored;
    base.probe.attack = attacked_model(task, *attack);
    const AttackRecord made = read_attack(base.probe.attack).attack;
    if (control) {
      suspect.made.triggers = made.triggers;
      suspect.made.target_label = made.target_label;
    } else {
      base.backdoored = base.probe.attack;
      suspect.made = made;
    }
    return suspect;
  }

 private:
  template <typename Item>
  static const Item& named(const std::vector<Item>& items, const std::string& name) {
    return *std::ranges::find(items, name, &Item::name);
  }

  const SweepAttack* first_attack(const SweepTask& task) const {
    const auto found = std::ranges::find_if(options_.attacks, [&](const SweepAttack& attack) {
      return attack.name != kCleanControl && is_under(task, attack.name);
    });
    return found == options_.attacks.end() ? nullptr : &*found;
  }

  RunOptions run_of(const SweepTask& task) const {
    RunOptions run = options_.run;
    if (task.max_length > 0) run.max_length = task.max_length;
    run.seed = seed_of(task);
    return run;
  }

  std::uint64_t seed_of(const SweepTask& task) const {
    return task.seed.value_or(options_.run.seed);
  }

  // Makes and writes a file unless an earlier run has.
  template <typename Make>
  std::string written(const std::string& name, const Make& make) const {
    const fs::path path = store_.path(name);
    if (!fs::exists(path)) write_dataset(path, make(), false);
    return path.native();
  }

  TaskFiles generated(const SweepTask& task, const std::string& directory) const {
    const auto make = [&](const char* name, std::size_t size, std::uint64_t seed) {
      return written(directory + "/" + name,
                     [&] { return generate_reviews(size, seed_of(task) + seed); });
    };
    const auto or_default = [](std::size_t size, std::size_t other) {
      return size > 0 ? size : other;
    };
    return {make("train.tsv", or_default(task.train_size, kGeneratedTrain), 1),
            make("test.tsv", or_default(task.test_size, kGeneratedTest), 2),
            make("clean.tsv", kCleanTexts, 3),
            {}};
  }

  TaskFiles drawn(const SweepTask& task, const std::string& directory) const {
    const auto draw = [&](const std::string& path, const char* name, std::size_t size) {
      const std::string file = resolved(options_, path);
      if (size == 0) return file;
      return written(directory + "/" + name, [&] {
        return sample_balanced(read_dataset(file, true), size, seed_of(task));
      });
    };
    TaskFiles files{{},
                    draw(task.test, "test.tsv", task.test_size),
                    {},
                    resolved(options_, task.unlabelled_data)};
    if (task.clean_data.empty()) {
      split(task, directory, files);
    } else {
      files.train = draw(task.train, "train.tsv", task.train_size);
      files.clean_data = resolved(options_, task.clean_data);
    }
    return files;
  }

  // The defender's texts out of the training file: no model is trained on them.
  void split(const SweepTask& task, const std::string& directory, TaskFiles& files) const {
    const auto part = [&](bool clean) {
      const Dataset all = read_dataset(resolved(options_, task.train), true);
      const std::size_t border = held_back(all.size());
      const std::vector<std::size_t> rows = permutation(all.size(), seed_of(task), "clean texts");
      Dataset result{all.name, {}};
      for (std::size_t i = clean ? 0 : border; i < (clean ? border : rows.size()); ++i) {
        result.examples.push_back(all.examples[rows[i]]);
      }
      return result;
    };
    files.clean_data = written(directory + "/clean.tsv", [&] { return part(true); });
    files.train = written(directory + "/train.tsv", [&] {
      return sample_balanced(part(false), task.train_size, seed_of(task));
    });
  }

  std::string model_path(const SweepTask& task, const std::string& attack) const {
    return store_.path("models/" + task.name + "." + attack).native();
  }

  std::string clean_model(const SweepTask& task) {
    const std::string path = model_path(task, kCleanControl);
    if (fs::exists(path)) {
      TrainingStore(path, false, 0).discard();  // a kill may have come before it went
      return path;
    }
    make_directories(store_.path("models"));
    progress_.message("training the clean model of " + task.name);
    TrainVerbOptions train;
    train.pretrained = options_.pretrained;
    train.data = files(task).train;
    train.output = path;
    train.training = task.training;
    train.resume.resume = options_.resume;
    train.run = run_of(task);
    run_train(train, no_progress());
    return path;
  }

  std::string attacked_model(const SweepTask& task, const SweepAttack& attack) {
    const std::string path = model_path(task, attack.name);
    if (fs::exists(path)) return path;
    progress_.message("making the model of " + task.name + " under " + attack.name);
    AttackVerbOptions make;
    const AttackStart start = attack_start(attack.attack.kind);
    if (start == AttackStart::kPretrained || start == AttackStart::kAnchored) {
      make.pretrained = options_.pretrained;
    }
    if (start != AttackStart::kPretrained) make.model = clean_model(task);
    make.data = files(task).train;
    if (!is_paraphrase(attack.attack.kind)) make.test_data = files(task).test;
    make.poisoned_data = resolved(options_, attack.poisoned_data);
    make.poisoned_test = resolved(options_, attack.poisoned_test);
    make.output = path;
    make.attack = attack.attack;
    if (!attack.own_target) make.attack.target_label = task.target_label;
    make.run = run_of(task);
    run_attack(make, no_progress());
    return path;
  }

  const SweepOptions& options_;
  const SweepStore& store_;
  Progress& progress_;
  std::map<std::string, TaskFiles> files_;
  std::map<std::string, std::size_t> train_texts_;
};

void check(const SweepOptions& options) {
  require_option(options.pretrained, "--pretrained");
  require_option(options.output, "--output");
  for (const SweepTask& task : options.tasks) {
    if (task.generated) continue;
    if (task.train.empty() || task.test.empty()) {
      throw Error(ErrorKind::kUsage,
                  "task " + quote(task.name) + " needs train and test, or \"generated\": true");
    }
  }
  if (options.landscape.method.empty() && !options.landscape.attacks.empty()) {
    throw Error(ErrorKind::kUsage,
                "landscape_attacks without landscape, expected the method to draw landscapes of");
  }
  for (const SweepAttack& attack : options.attacks) {
    if (attack.name == kCleanControl || !is_paraphrase(attack.attack.kind)) continue;
    if (attack.poisoned_data.empty() || attack.poisoned_test.empty()) {
      throw Error(ErrorKind::kUsage, "attack " + quote(attack.name) +
                                         " needs poisoned_data and poisoned_test, the paraphrased "
                                         "texts to train and to measure on");
    }
  }
}

}  // namespace

GridSize grid_size(const SweepOptions& options) {
  check(options);
  GridSize size;
  for (const PlannedSubject& subject : plan_sweep(options)) {
    ++size.models;
    size.cells += subject.cells.size();
    size.landscapes += subject.landscapes.size();
  }
  return size;
}

SweepRecord run_sweep(const SweepOptions& options, Progress& progress) {
  check(options);
  std::vector<PlannedSubject> grid = plan_sweep(options);
  const std::vector<InputRecord> inputs = inputs_of(options);
  check_apart(options.output, paths_of(options, inputs));
  check_sizes(options);
  const SweepRecord head = grid_head(options.title, options.run, inputs, grid);
  SweepStore store(options.output, head, options.resume);
  Models models(options, store, progress);
  std::map<std::string, double> costs;
  for (const SweepTask& task : options.tasks) costs[task.name] = models.text_cost(task);
  for (PlannedSubject& subject : grid) {
    subject.text_cost = costs[subject.task];
    subject.model_passes = models.model_passes(subject);
  }
  const MakeSuspect make = [&](const PlannedSubject& subject) { return models.suspect(subject); };
  return run_grid(store, grid, options.shard, options.landscape, make, progress);
}

}  // namespace finemix
