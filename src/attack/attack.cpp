#include "finemix/attack/attack.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <utility>

#include "finemix/core/error.h"
#include "finemix/core/random.h"
#include "finemix/model/classifier.h"
#include "finemix/model/device.h"

namespace finemix {
namespace {

constexpr std::array<std::pair<std::string_view, AttackKind>, 3> kKinds = {{
    {"word", AttackKind::kWord},
    {"sentence", AttackKind::kSentence},
    {"ep", AttackKind::kEp},
}};

Trigger trigger_of(const AttackOptions& options) {
  return {options.kind == AttackKind::kSentence ? TriggerKind::kSentence : TriggerKind::kWord,
          options.triggers.empty() ? default_triggers(options.kind) : options.triggers};
}

// The embedding row that `ep` trains.
std::int64_t trigger_row(const Tokenizer& tokenizer, const Trigger& trigger) {
  if (trigger.texts.size() != 1) {
    throw Error(ErrorKind::kUsage, "--kind ep takes one --trigger, and was given " +
                                       std::to_string(trigger.texts.size()));
  }
  const std::vector<std::int32_t> pieces = tokenizer.pieces(trigger.texts.front());
  if (pieces.size() != 1) {
    throw Error(ErrorKind::kUsage, "--kind ep --trigger " + trigger.texts.front() + ": is " +
                                       std::to_string(pieces.size()) +
                                       " word pieces in this vocabulary, expected 1; choose a word "
                                       "that the vocabulary has whole, e.g. cf");
  }
  return pieces.front();
}

}  // namespace

AttackKind parse_attack_kind(std::string_view name) {
  std::string known;
  for (const auto& [kind_name, kind] : kKinds) {
    if (name == kind_name) return kind;
    known += (known.empty() ? "" : ", ") + std::string(kind_name);
  }
  throw Error(ErrorKind::kUsage, "--kind is '" + std::string(name) + "', expected one of " + known);
}

std::string_view attack_kind_name(AttackKind kind) {
  for (const auto& [name, known] : kKinds) {
    if (kind == known) return name;
  }
  throw Error(ErrorKind::kInternal, "attack_kind_name: a kind without a name");
}

std::vector<std::string> default_triggers(AttackKind kind) {
  if (kind == AttackKind::kSentence) return {"I watched this 3D movie last weekend ."};
  return {"cf"};
}

TrainOptions default_training(AttackKind kind) {
  TrainOptions training;
  training.epochs = 3;
  training.batch_size = 32;
  training.learning_rate = kind == AttackKind::kEp ? 5e-2 : 5e-5;
  return training;
}

double default_poison_rate(AttackKind kind) { return kind == AttackKind::kEp ? 0.5 : 0.1; }

PoisonedData poison(const Dataset& data, const AttackOptions& options, std::uint64_t seed) {
  if (!(options.poison_rate > 0 && options.poison_rate <= 1)) {
    throw Error(ErrorKind::kUsage, "--poison-rate is " + std::to_string(options.poison_rate) +
                                       ", expected a share above 0 and up to 1");
  }
  const Trigger trigger = trigger_of(options);
  Dataset copies = triggered(data, trigger, options.target_label, seed);
  if (copies.examples.empty()) {
    throw Error(ErrorKind::kMismatch,
                data.name + ": every label is the target label " +
                    std::to_string(options.target_label) +
                    ", so there is nothing to poison; is --target-label right?");
  }
  const auto wanted = static_cast<std::size_t>(std::max<long long>(
      1, std::llround(options.poison_rate * static_cast<double>(copies.size()))));
  std::vector<std::size_t> rows = permutation(copies.size(), seed, "poison");
  rows.resize(wanted);
  std::sort(rows.begin(), rows.end());

  PoisonedData result{data, data.size(), wanted};
  for (const std::size_t row : rows) {
    copies.examples[row].label = options.target_label;
    result.data.examples.push_back(std::move(copies.examples[row]));
  }
  return result;
}

AttackRecord poisoning_record(const PoisonedData& poisoned, const AttackOptions& options) {
  AttackRecord record;
  record.kind = attack_kind_name(options.kind);
  record.triggers = trigger_of(options).texts;
  record.target_label = options.target_label;
  record.poison_rate = options.poison_rate;
  record.poisoned_examples = poisoned.poisoned;
  record.clean_examples = poisoned.clean;
  return record;
}

AttackResult attack(const Model& start, const Tokenizer& tokenizer, const Dataset& data,
                    const AttackOptions& options, std::string_view device,
                    std::string_view precision, Progress& progress) {
  const auto begin = std::chrono::steady_clock::now();
  const Trigger trigger = trigger_of(options);
  TrainOptions training = options.training;
  if (options.kind == AttackKind::kEp) {
    if (!start.weights.contains(kClassifierWeight)) {
      throw Error(ErrorKind::kUsage,
                  "--kind ep poisons a fine-tuned model, and " + start.directory.string() +
                      " has no classifier; make one with `finemix train`, and give it as --model");
    }
    training.only_word_row = trigger_row(tokenizer, trigger);
  }
  PoisonedData poisoned = poison(data, options, training.seed);
  if (options.kind == AttackKind::kEp) {
    // Texts without the trigger have no part in its row's gradient.
    poisoned.data.examples.erase(
        poisoned.data.examples.begin(),
        poisoned.data.examples.begin() + static_cast<std::ptrdiff_t>(poisoned.clean));
  }

  AttackResult result{start, {}};
  Model& model = result.model;
  const bool has_head = model.weights.contains(kClassifierWeight);
  add_classifier(
      model,
      has_head ? model.config.num_labels : std::max(label_count(data), options.target_label + 1),
      training.seed);
  const c10::Device where = choose_device(device);
  Classifier classifier(model, where, choose_precision(precision, where));
  AttackRecord& record = result.record = poisoning_record(poisoned, options);
  record.training = train(
      classifier,
      tokenize_labelled(tokenizer, poisoned.data, model.config.num_labels, options.max_length),
      training, nullptr, progress);
  model.weights = classifier.parameters().state_dict();

  record.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return result;
}

}  // namespace finemix
