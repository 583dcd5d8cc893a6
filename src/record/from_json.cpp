#include "record/from_json.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

namespace finemix {
namespace {

constexpr double kLargest = 1e300;
constexpr std::size_t kMostStages = 64;

// A libm may round the interval's root otherwise.
constexpr double kRounding = 1e-9;

bool differ(double a, double b) { return std::abs(a - b) > kRounding; }

// With an interval that holds the value.
Rate read_counted(Fields& fields) {
  Rate rate;
  rate.value = fields.number("value", 0, 1);
  rate.low = fields.number("low", 0, 1);
  rate.high = fields.number("high", 0, 1);
  rate.correct = fields.count("correct");
  rate.total = fields.count("total");
  fields.end();
  if (rate.total == 0) fields.refuse("total", "1 or more");
  if (rate.correct > rate.total) fields.refuse("correct", "at most 'total'");
  if (differ(rate.value, wilson_rate(rate.correct, rate.total).value)) {
    fields.refuse("value", "'correct' / 'total'");
  }
  return rate;
}

}  // namespace

Rate read_rate(Fields fields) {
  const Rate rate = read_counted(fields);
  const Rate counted = wilson_rate(rate.correct, rate.total);
  if (differ(rate.low, counted.low)) fields.refuse("low", "the Wilson interval's lower end");
  if (differ(rate.high, counted.high)) fields.refuse("high", "the Wilson interval's upper end");
  return rate;
}

std::optional<Rate> read_estimate_or_null(Fields& parent, std::string_view key) {
  if (parent.is_null(key)) return std::nullopt;
  Fields fields = parent.object(key);
  const Rate rate = read_counted(fields);
  if (rate.low > rate.value + kRounding) fields.refuse("low", "at most 'value'");
  if (rate.high < rate.value - kRounding) fields.refuse("high", "at least 'value'");
  return rate;
}

std::optional<Rate> read_rate_or_null(Fields& parent, std::string_view key) {
  if (parent.is_null(key)) return std::nullopt;
  return read_rate(parent.object(key));
}

EvaluationRecord read_evaluation(Fields fields) {
  EvaluationRecord record;
  record.accuracy = read_rate_or_null(fields, "accuracy");
  record.attack_success_rate = read_rate_or_null(fields, "attack_success_rate");
  if (!fields.is_null("trigger_effect")) {
    if (!record.attack_success_rate) fields.refuse("trigger_effect", "null, as the success is");
    const double success = record.attack_success_rate->value;
    record.trigger_effect =
        fields.number("trigger_effect", success - 1 - kRounding, success + kRounding);
  }
  record.false_trigger_rate = read_rate_or_null(fields, "false_trigger_rate");
  record.floor = read_rate_or_null(fields, "floor");
  record.false_trigger_floor = read_rate_or_null(fields, "false_trigger_floor");
  for (Fields& label : fields.objects("label_accuracy", kMostItems)) {
    record.label_accuracy.push_back(
        {label.integer("label", 0, kMostLabels), read_rate(label.object("accuracy"))});
    label.end();
    const std::size_t read = record.label_accuracy.size();
    if (read > 1 &&
        record.label_accuracy[read - 2].label >= record.label_accuracy[read - 1].label) {
      fields.refuse("label_accuracy", "labels in ascending order, each once");
    }
  }
  fields.end();
  return record;
}

namespace {

TrainRecord read_training_but_times(Fields& fields) {
  TrainRecord record;
  record.precision = fields.text("precision");
  record.steps = fields.count("steps");
  record.loss = fields.number("loss", -kLargest, kLargest);
  record.epoch_losses = fields.numbers("epoch_losses", -kLargest, kLargest, kMostItems);
  if (!fields.is_null("validation")) {
    Fields validation = fields.object("validation");
    record.validation = HeldOutRecord{read_rate(validation.object("accuracy")),
                                      validation.number("loss", -kLargest, kLargest)};
    validation.end();
  }
  record.best_step = fields.count("best_step");
  return record;
}

}  // namespace

TrainRecord read_training(Fields fields) {
  TrainRecord record = read_training_but_times(fields);
  fields.end();
  return record;
}

TrainRecord read_timed_training(Fields fields) {
  TrainRecord record = read_training_but_times(fields);
  record.examples_per_second = fields.number("examples_per_second", 0, kLargest);
  record.seconds = fields.number("seconds", 0, kMostSeconds);
  fields.end();
  return record;
}

McNemarRecord read_mcnemar(Fields fields) {
  McNemarRecord record;
  record.before_only = static_cast<std::uint64_t>(fields.integer("before_only", 0, kMostTexts));
  record.after_only = static_cast<std::uint64_t>(fields.integer("after_only", 0, kMostTexts));
  record.p_value = fields.number("p_value", 0, 1);
  fields.end();
  return record;
}

AttackRecord read_attack(Fields fields) {
  AttackRecord record;
  record.kind = fields.text("kind");
  record.triggers = fields.texts("triggers", kMostItems);
  record.target_label = fields.integer("target_label", 0, kMostLabels);
  record.poison_rate = fields.number("poison_rate", 0, 1);
  record.poisoned_examples = fields.count("poisoned_examples");
  record.clean_examples = fields.count("clean_examples");
  if (!fields.is_null("training")) record.training = read_training(fields.object("training"));
  fields.end();
  return record;
}

std::string read_trigger_kind(Fields& fields) {
  constexpr std::array<std::string_view, 4> kKinds = {"word", "sentence", "word-set", "paraphrase"};
  std::string kind = fields.text("trigger_kind");
  if (std::ranges::find(kKinds, kind) == kKinds.end()) {
    fields.refuse("trigger_kind", "word, sentence, word-set or paraphrase");
  }
  return kind;
}

EpurRow read_epur_row(Fields fields) {
  EpurRow row;
  row.token = fields.text("token");
  row.id = fields.integer("id", 0, std::numeric_limits<std::int64_t>::max());
  row.score = fields.number("score", 0, kLargest);
  row.delta_norm = fields.number("delta_norm", 0, kLargest);
  row.frequency = fields.count("frequency");
  row.reset = fields.boolean("reset");
  fields.end();
  return row;
}

InputRecord read_input(Fields fields) {
  InputRecord input{fields.text("name"), fields.text("path"), fields.text("sha256")};
  fields.end();
  return input;
}

RunEnd read_run_end(Fields& fields) {
  RunEnd end;
  for (Fields& input : fields.objects("inputs", kMostItems)) {
    end.inputs.push_back(read_input(std::move(input)));
  }
  end.request.command = fields.text("command");
  end.request.config = fields.any("config");
  if (!end.request.config.is_object()) fields.refuse("config", "an object");
  end.seconds = fields.named_numbers("seconds", 0, kMostSeconds, kMostStages);
  end.notes = fields.texts("notes", kMostItems);
  return end;
}

}  // namespace finemix
