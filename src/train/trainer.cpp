#include "finemix/train/trainer.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/index_select.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <functional>
#include <nlohmann/json.hpp>
#include <span>
#include <utility>
#include <vector>

#include "finemix/core/error.h"
#include "finemix/core/stop.h"
#include "finemix/io/json.h"
#include "finemix/io/sha256.h"
#include "finemix/model/fitting.h"
#include "finemix/train/batches.h"
#include "finemix/train/loss.h"
#include "finemix/train/schedule.h"
#include "train/gradient_sum.h"

namespace finemix {
namespace {

// Embedding poisoning (Yang et al., NAACL 2021): gradient descent on some rows of the word
// embeddings, which keep their lengths; everything else stays.
class RowDescent {
 public:
  RowDescent(const ParameterBuffer& parameters, const std::vector<std::int64_t>& rows)
      : parameters_(parameters) {
    for (const std::int64_t index : rows) {
      const at::Tensor row = parameters[kWordEmbeddings][index];
      rows_.push_back({index, row, row.norm().item<double>()});
    }
  }

  void step(double learning_rate) {
    for (Row& row : rows_) {
      const at::Tensor gradient = parameters_.word_gradients().row(row.index);
      if (!gradient.defined()) continue;  // the batch does not hold the word
      if (!gradient.isfinite().all().item<bool>()) {
        throw Error(ErrorKind::kNumeric,
                    "the gradient of the trigger's row is not finite; lower --learning-rate");
      }
      row.values.sub_(gradient, learning_rate);
      row.values.mul_(row.length / row.values.norm().item<double>());
    }
  }

 private:
  struct Row {
    std::int64_t index;
    at::Tensor values;
    double length;
  };

  const ParameterBuffer& parameters_;
  std::vector<Row> rows_;
};

void pull_rows(const ParameterBuffer& parameters, const RowPull& pull, double learning_rate) {
  const at::Tensor towards = pull.towards.to(parameters.weights().device());
  const double left = 1 / (1 + learning_rate * pull.strength);
  for (std::size_t i = 0; i < pull.rows.size(); ++i) {
    const at::Tensor to = towards[static_cast<std::int64_t>(i)];
    const at::Tensor row = parameters[kWordEmbeddings][pull.rows[i]];
    row.copy_(to + (row - to) * left);
  }
}

// That of (layers, texts, labels) logits: the mean over layers.
Loss every_layer_loss(const at::Tensor& logits, const at::Tensor& targets,
                      const at::Tensor& temperatures) {
  const std::int64_t layers = logits.size(0);
  Loss loss = cross_entropy(logits.flatten(0, 1), targets.repeat({layers, 1}),
                            temperatures.defined() ? temperatures.repeat({layers}) : temperatures);
  loss.d_logits = loss.d_logits.view(logits.sizes());
  return loss;
}

// Adds up losses. Those on a device are fetched a few at a time, so that no step waits for it.
class Losses {
 public:
  // The loss of this step, on a device only now and then.
  std::optional<double> add(const at::Tensor& mean, std::size_t examples) {
    const at::Tensor weighted = mean * static_cast<double>(examples);
    if (mean.is_cpu()) {
      sum_ += weighted.item<double>();
      return mean.item<double>();
    }
    pending_ = pending_.defined() ? pending_ + weighted : weighted;
    if (++steps_ % kTogether != 0) return std::nullopt;
    return mean.item<double>();
  }
  double sum() const { return sum_ + (pending_.defined() ? pending_.item<double>() : 0); }
  // Begins at this sum.
  void restart(double sum) {
    pending_.reset();
    sum_ = sum;
  }

 private:
  static constexpr std::int64_t kTogether = 16;

  double sum_ = 0;
  at::Tensor pending_;
  std::int64_t steps_ = 0;
};

class Loop {
 public:
  Loop(Classifier& model, const TrainingSet& data, const TrainOptions& options)
      : model_(model),
        data_(data),
        options_(options),
        fitting_(model.device().str()),
        steps_per_epoch_((data.size() + options.batch_size - 1) / options.batch_size),
        total_steps_(steps_per_epoch_ * options.epochs),
        warmup_(static_cast<std::int64_t>(
            std::ceil(options.warmup * static_cast<double>(total_steps_)))) {
    if (options.only_word_rows.empty()) {
      optimizer_.emplace(model.parameters(), options.optimizer);
    } else {
      rows_.emplace(model.parameters(), options.only_word_rows);
    }
  }

  std::int64_t steps_done() const { return step_; }

  // Mean loss over the examples of one epoch, from the `first` batch on. `after_step` is told how
  // many batches are done.
  double epoch(std::int64_t index, std::int64_t first, Progress& progress,
               const std::function<void(std::int64_t)>& after_step) {
    const auto batches =
        shuffled_batches(data_.texts, static_cast<std::size_t>(options_.batch_size), options_.seed,
                         static_cast<std::uint64_t>(index));
    for (std::size_t i = static_cast<std::size_t>(first); i < batches.size(); ++i) {
      const std::vector<std::size_t>& rows = batches[i];
      throw_if_stopped();
      if (const std::optional<double> loss = step(rows, progress)) {
        char note[32];
        std::snprintf(note, sizeof note, "loss %.4f", *loss);
        progress.note(note);
      }
      progress.advance(rows.size());
      after_step(static_cast<std::int64_t>(i) + 1);
    }
    const double mean = losses_.sum() / static_cast<double>(data_.size());
    // A device's steps are looked at only now and then, so the last ones here.
    if (!std::isfinite(mean)) fail("the loss is not finite; lower --learning-rate");
    if (optimizer_) optimizer_->throw_if_not_finite();
    return mean;
  }

  // After an epoch, of which a stop is no more to be gone on with.
  void next_epoch() { losses_.restart(0); }

  // Before anything but the next step reads the weights.
  void finish() {
    if (optimizer_) optimizer_->finish();
  }

  // What of a state is the loop's.
  void save(TrainingState& state) {
    finish();
    state.step = step_;
    state.loss_sum = losses_.sum();
    if (!std::isfinite(state.loss_sum)) fail("the loss is not finite; lower --learning-rate");
    state.weights = model_.parameters().weights();
    state.optimizer = optimizer_->state();
  }
  void restore(const TrainingState& state) {
    if (!state.weights.defined() ||
        state.weights.sizes() != model_.parameters().weights().sizes()) {
      throw Error(ErrorKind::kMalformed, kNoState);
    }
    step_ = state.step;
    losses_.restart(state.loss_sum);
    model_.parameters().set_weights(state.weights.to(model_.device()));
    if (state.epoch < options_.epochs) optimizer_->restore(state.optimizer);
  }

 private:
  // The loss as far as it is known.
  std::optional<double> step(const std::vector<std::size_t>& rows, Progress& progress) {
    at::Tensor mean;
    std::size_t done = 0;
    fitting_.run(rows, progress, [&](std::span<const std::size_t> part) {
      const Loss loss = forward(part, done);
      const double share = static_cast<double>(part.size()) / static_cast<double>(rows.size());
      if (done == 0 && part.size() == rows.size()) {
        mean = loss.mean;
        model_.backward(loss.d_logits);
      } else {
        const at::Tensor sum = done == 0 ? loss.mean * share : mean + loss.mean * share;
        model_.backward(loss.d_logits * share);
        gradients_.add(model_.parameters());  // the last that may want memory
        mean = sum;
      }
      done += part.size();
    });
    gradients_.write(model_.parameters());
    const std::optional<double> value = losses_.add(mean, rows.size());
    if (value && !std::isfinite(*value)) fail("the loss is not finite; lower --learning-rate");
    const double rate = options_.learning_rate * linear_schedule(step_, warmup_, total_steps_);
    try {
      rows_ ? rows_->step(rate) : optimizer_->step(rate);
      if (options_.pull) pull(rate);
      if (value && optimizer_) optimizer_->throw_if_not_finite();
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::kNumeric) throw;
      fail(error.what());
    }
    ++step_;
    return value;
  }

  // Over a part of a batch, of which `done` texts have been. The parts of a batch have dropout
  // masks of their own.
  Loss forward(std::span<const std::size_t> part, std::size_t done) {
    const PackedBatch batch = pack(data_.texts, part, model_.device());
    std::vector<std::int64_t> index(part.begin(), part.end());
    const at::Tensor chosen = at::from_blob(index.data(), {batch.texts}, at::kLong);
    const auto of_batch = [&](const at::Tensor& all) {
      return all.defined() ? all.index_select(0, chosen).to(model_.device()) : all;
    };
    std::optional<DropoutKey> dropout;
    if (options_.dropout) {
      const std::int64_t stream = step_ + static_cast<std::int64_t>(done) * total_steps_;
      dropout = {options_.seed, static_cast<std::uint64_t>(stream)};
    }
    if (optimizer_) optimizer_->catch_up(batch);
    const at::Tensor targets = of_batch(data_.targets);
    const at::Tensor temperatures = of_batch(data_.temperatures);
    return options_.every_layer
               ? every_layer_loss(model_.forward_layers(batch, dropout), targets, temperatures)
               : cross_entropy(model_.forward(batch, dropout), targets, temperatures);
  }

  void pull(double rate) {
    if (optimizer_) optimizer_->catch_up(options_.pull->rows);
    pull_rows(model_.parameters(), *options_.pull, rate);
  }

  [[noreturn]] void fail(const std::string& what) const {
    throw Error(ErrorKind::kNumeric, "training step " + std::to_string(step_ + 1) + " of " +
                                         std::to_string(total_steps_) + ": " + what);
  }

  Classifier& model_;
  const TrainingSet& data_;
  const TrainOptions& options_;
  std::optional<AdamW> optimizer_;  // this one …
  std::optional<RowDescent> rows_;  // … or that one
  Losses losses_;
  FittingParts fitting_;
  GradientSum gradients_;  // of a batch that is done in parts
  std::int64_t steps_per_epoch_;
  std::int64_t total_steps_;
  std::int64_t warmup_;
  std::int64_t step_ = 0;
};

void check(const TrainOptions& options, const TrainingSet& data, bool has_store) {
  check_training(options);
  if (data.size() == 0) {
    throw Error(ErrorKind::kMismatch, "there are no examples to train on");
  }
  if (has_store && !options.only_word_rows.empty()) {
    throw Error(ErrorKind::kInternal, "a training of some rows alone has no state to keep");
  }
}

void update(Sha256& hash, const at::Tensor& tensor) {
  if (!tensor.defined()) return;
  const at::Tensor bytes = tensor.to(at::kCPU).contiguous();
  hash.update({static_cast<const std::byte*>(bytes.const_data_ptr()), bytes.nbytes()});
}

// A hash of all that the result of a training depends on.
std::string identity(Classifier& model, const TrainingSet& data, const TrainOptions& options,
                     bool validates) {
  Sha256 hash;
  update(hash, model.parameters().weights());
  update(hash, data.targets);
  update(hash, data.temperatures);
  hash.update(std::as_bytes(data.texts.ids()));
  hash.update(std::as_bytes(data.texts.type_ids()));
  hash.update(std::as_bytes(data.texts.offsets()));
  const AdamWOptions& adamw = options.optimizer;
  const Json rest = {options.epochs,
                     options.batch_size,
                     options.learning_rate,
                     options.warmup,
                     options.dropout,
                     options.seed,
                     options.every_layer,
                     adamw.beta1,
                     adamw.beta2,
                     adamw.epsilon,
                     adamw.weight_decay,
                     adamw.gradient_clip,
                     model.device().str(),
                     name_of(model.precision()),
                     validates};
  const std::string text = rest.dump();
  hash.update(std::as_bytes(std::span(text)));
  return hash.finish();
}

}  // namespace

void check_training(const TrainOptions& options) {
  const auto require = [](bool ok, const char* what) {
    if (!ok) throw Error(ErrorKind::kUsage, what);
  };
  require(options.epochs >= 1, "--epochs must be 1 or more");
  require(options.batch_size >= 1, "--batch-size must be 1 or more");
  require(options.learning_rate > 0, "--learning-rate must be above 0");
  require(options.warmup >= 0 && options.warmup < 1,
          "--warmup is a share of the steps, from 0 to less than 1");
}

TrainRecord train(Classifier& model, const TrainingSet& data, const TrainOptions& options,
                  const Validation& validation, Progress& progress, TrainingStore* store) {
  check(options, data, store != nullptr);
  const auto start = std::chrono::steady_clock::now();
  TrainRecord record;
  record.precision = name_of(model.precision());
  Loop loop(model, data, options);
  progress.message("training in " +
                   std::string(precision_reason(model.precision(), model.device())) + ", on " +
                   model.device().str());
  TrainingState state;
  if (store != nullptr) {
    if (std::optional<TrainingState> saved =
            store->load(identity(model, data, options, validation != nullptr))) {
      state = std::move(*saved);
      loop.restore(state);
      progress.message("going on after step " + std::to_string(state.step));
    }
  }
  const auto save = [&] {
    loop.save(state);
    store->save(state);
  };
  const std::int64_t first_step = state.step;
  progress.begin("training", static_cast<std::size_t>(data.size() * options.epochs), "examples");
  progress.advance(static_cast<std::size_t>(
      std::min(state.step * options.batch_size, data.size() * options.epochs)));
  try {
    for (; state.epoch < options.epochs; ++state.epoch, state.batch = 0) {
      const double loss = loop.epoch(state.epoch, state.batch, progress, [&](std::int64_t batches) {
        state.batch = batches;
        if (store != nullptr && store->due()) save();
      });
      if (validation) {
        loop.finish();
        const HeldOutRecord held_out = validation(model);
        if (!state.validation || held_out.loss < state.validation->loss) {
          state.validation = held_out;
          state.best_step = static_cast<std::uint64_t>(loop.steps_done());
          state.best_weights = model.parameters().weights().clone();
        }
      }
      state.epoch_losses.push_back(loss);
      loop.next_epoch();
    }
  } catch (const Error& error) {
    if (store == nullptr || !is_stop(error)) throw;
    const FinishFirst writing;
    save();
    progress.message(kept_after(state.step));
    throw;
  }
  progress.end();
  loop.finish();
  if (store != nullptr) {
    state.step = loop.steps_done();
    state.loss_sum = 0;
    state.weights = model.parameters().weights();
    state.optimizer = {};
    store->hold(state);
  }
  if (state.best_weights.defined()) {
    model.parameters().set_weights(state.best_weights.to(model.device()));
  }
  record.validation = state.validation;
  record.best_step = validation ? state.best_step : static_cast<std::uint64_t>(loop.steps_done());
  record.epoch_losses = std::move(state.epoch_losses);
  record.steps = static_cast<std::uint64_t>(loop.steps_done());
  record.loss = record.epoch_losses.back();
  record.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  const auto done =
      static_cast<double>(loop.steps_done() - first_step) / static_cast<double>(loop.steps_done());
  record.examples_per_second =
      done * static_cast<double>(data.size() * options.epochs) / record.seconds;
  return record;
}

}  // namespace finemix
