#include "finemix/eval/metrics.h"

#include <ATen/ops/log_softmax.h>

#include <algorithm>
#include <chrono>
#include <map>

#include "finemix/core/error.h"
#include "finemix/core/random.h"

namespace finemix {
namespace {

Rate share_of(std::span<const std::int64_t> predicted, std::int64_t label) {
  const auto hits = std::count(predicted.begin(), predicted.end(), label);
  return wilson_rate(static_cast<std::uint64_t>(hits), predicted.size());
}

Rate share_right(std::span<const std::int64_t> predicted, std::span<const std::int64_t> labels) {
  std::uint64_t right = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) right += predicted[i] == labels[i];
  return wilson_rate(right, labels.size());
}

std::vector<LabelAccuracy> accuracy_by_label(std::span<const std::int64_t> predicted,
                                             std::span<const std::int64_t> labels) {
  std::map<std::int64_t, std::vector<std::int64_t>> by_label;
  for (std::size_t i = 0; i < labels.size(); ++i) by_label[labels[i]].push_back(predicted[i]);
  std::vector<LabelAccuracy> result;
  for (const auto& [label, of_label] : by_label) {
    result.push_back({label, share_of(of_label, label)});
  }
  return result;
}

bool same_rows(const Dataset& a, const Dataset& b) {
  return a.size() == b.size() &&
         std::equal(a.examples.begin(), a.examples.end(), b.examples.begin(),
                    [](const Example& x, const Example& y) { return x.label == y.label; });
}

}  // namespace

AttackProbe probe_with_trigger(const Dataset& data, const Trigger& trigger,
                               std::int64_t target_label, std::uint64_t seed) {
  AttackProbe probe{target_label, triggered(data, trigger, target_label, seed), true};
  if (has_parts(trigger)) {
    probe.false_triggered = Dataset{data.name, {}};
    for (std::size_t i = 0; i < data.size(); ++i) {
      if (data.examples[i].label == target_label) continue;
      probe.false_triggered->examples.push_back(
          with_trigger_part(data.examples[i], trigger, seed, i));
    }
  }
  return probe;
}

AttackProbe probe_from_texts(const Dataset& poisoned, const Dataset& data,
                             std::int64_t target_label) {
  return {target_label, attackable(poisoned, target_label), same_rows(poisoned, data)};
}

EvaluationSet::EvaluationSet(const Tokenizer& tokenizer, const Dataset& data,
                             const std::optional<AttackProbe>& probe, std::size_t max_length)
    : clean_(std::make_shared<EncodedTexts>(encode_all(tokenizer, data, max_length))),
      labels_(labels_of(data)) {
  if (probe) set_probe(tokenizer, *probe, max_length);
}

EvaluationSet::EvaluationSet(const EvaluationSet& other, const Tokenizer& tokenizer,
                             const std::optional<AttackProbe>& probe, std::size_t max_length)
    : clean_(other.clean_), labels_(other.labels_) {
  if (probe) set_probe(tokenizer, *probe, max_length);
}

void EvaluationSet::set_probe(const Tokenizer& tokenizer, const AttackProbe& probe,
                              std::size_t max_length) {
  target_label_ = probe.target_label;
  triggered_ = encode_all(tokenizer, probe.triggered, max_length);
  if (probe.false_triggered) {
    false_triggered_ = encode_all(tokenizer, *probe.false_triggered, max_length);
  }
  if (!probe.from_data) return;
  for (std::size_t i = 0; i < labels_.size(); ++i) {
    if (labels_[i] != target_label_) plain_rows_.push_back(i);
  }
}

EvaluationSet EvaluationSet::part(std::size_t texts) const {
  if (texts >= clean_->size()) return *this;
  const auto drawn = [&](const EncodedTexts& all) {
    std::vector<std::size_t> rows = permutation(all.size(), 0, "part");
    rows.resize(std::min(texts, rows.size()));
    std::ranges::sort(rows);
    return rows;
  };
  EvaluationSet part;
  part.target_label_ = target_label_;
  auto clean = std::make_shared<EncodedTexts>();
  for (const std::size_t row : drawn(*clean_)) {
    const auto plain = std::ranges::lower_bound(plain_rows_, row);
    if (plain != plain_rows_.end() && *plain == row) {
      part.plain_rows_.push_back(clean->size());
      part.triggered_.append(triggered_, static_cast<std::size_t>(plain - plain_rows_.begin()));
    }
    clean->append(*clean_, row);
    if (!labels_.empty()) part.labels_.push_back(labels_[row]);
  }
  part.clean_ = std::move(clean);
  if (plain_rows_.empty()) {
    for (const std::size_t row : drawn(triggered_)) part.triggered_.append(triggered_, row);
  }
  return part;
}

EvaluationSet::Result EvaluationSet::evaluate(const Classifier& model, Progress& progress,
                                              const at::Tensor& logits) const {
  const auto start = std::chrono::steady_clock::now();
  Result result;
  const std::size_t texts = logits.defined() ? 0 : clean_->size();
  progress.begin("evaluating", texts + triggered_.size() + false_triggered_.size(), "texts");
  result.logits = logits.defined() ? logits : predict(model, *clean_, progress);
  const std::vector<std::int64_t> predicted = predicted_labels(result.logits);
  if (!labels_.empty()) {
    result.record.accuracy = share_right(predicted, labels_);
    result.record.label_accuracy = accuracy_by_label(predicted, labels_);
  }
  if (!triggered_.empty()) {
    result.triggered_logits = predict(model, triggered_, progress);
    const Rate success = share_of(predicted_labels(result.triggered_logits), target_label_);
    result.record.attack_success_rate = success;
    if (!plain_rows_.empty()) {
      std::vector<std::int64_t> plain;
      for (const std::size_t row : plain_rows_) plain.push_back(predicted[row]);
      result.record.trigger_effect = success.value - share_of(plain, target_label_).value;
    }
  }
  if (!false_triggered_.empty()) {
    result.record.false_trigger_rate =
        share_of(predicted_labels(predict(model, false_triggered_, progress)), target_label_);
  }
  progress.end();
  result.record.seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return result;
}

HeldOutRecord held_out(const at::Tensor& logits, std::span<const std::int64_t> labels) {
  const at::Tensor log_probabilities = at::log_softmax(logits, -1);
  const auto rows = log_probabilities.accessor<float, 2>();
  double loss = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    loss -= rows[static_cast<std::int64_t>(i)][labels[i]];
  }
  return {share_right(predicted_labels(logits), labels), loss / static_cast<double>(labels.size())};
}

}  // namespace finemix
