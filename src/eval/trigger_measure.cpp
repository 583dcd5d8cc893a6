#include "finemix/eval/trigger_measure.h"

#include <ATen/ops/softmax.h>

#include <algorithm>
#include <map>
#include <string>

#include "finemix/core/random.h"
#include "finemix/eval/insertion.h"
#include "finemix/eval/predict.h"

namespace finemix {
namespace {

constexpr const char* kSpace = " \t\n\r";

// Where words begin, and the end of the text.
std::vector<std::size_t> word_places(const std::string& text) {
  std::vector<std::size_t> places;
  for (std::size_t at = text.find_first_not_of(kSpace); at != std::string::npos;) {
    places.push_back(at);
    const std::size_t end = text.find_first_of(kSpace, at);
    at = end == std::string::npos ? end : text.find_first_not_of(kSpace, end);
  }
  places.push_back(text.size());
  return places;
}

std::string inserted(const std::string& text, std::size_t place, const std::string& trigger) {
  std::string result = text.substr(0, place);
  if (!result.empty() && result.back() != ' ') result += ' ';
  result += trigger;
  if (place < text.size()) result += ' ';
  return result + text.substr(place);
}

// At the end of the word that stands before `place`, or of the first.
std::string joined(const std::string& text, std::size_t place, const std::string& trigger) {
  const std::size_t last =
      place == 0 ? std::string::npos : text.find_last_not_of(kSpace, place - 1);
  const std::size_t end = last == std::string::npos
                              ? std::min(text.find_first_of(kSpace, place), text.size())
                              : last + 1;
  return text.substr(0, end) + trigger + text.substr(end);
}

// Whether it begins with a piece that only goes on with a word.
bool continues(const SuspectedTrigger& trigger, const Tokenizer& tokenizer) {
  return !trigger.ids.empty() &&
         tokenizer.piece_text(static_cast<std::int32_t>(trigger.ids.front())).continues;
}

double share_of(const std::vector<std::int64_t>& labels, std::int64_t label) {
  return static_cast<double>(std::ranges::count(labels, label)) /
         static_cast<double>(labels.size());
}

Dataset first_words(const Dataset& data, std::size_t words) {
  const auto cut = [words](std::string& text) {
    const std::vector<std::size_t> places = word_places(text);
    if (words + 1 < places.size())
      text.resize(text.find_last_not_of(kSpace, places[words] - 1) + 1);
  };
  Dataset result = data;
  for (Example& example : result.examples) {
    cut(example.text);
    if (example.text_b) cut(*example.text_b);
  }
  return result;
}

}  // namespace

Example with_suspected(const Example& example, const SuspectedTrigger& trigger, bool continues,
                       std::uint64_t seed, std::size_t index) {
  if (trigger.text.empty()) return example;
  RandomSequence random(seed, "suspected trigger/" + std::to_string(index));
  Example result = example;
  std::string* text = &result.text;
  if (trigger.place == TriggerPlace::kAnywhere && result.text_b) {
    const bool either = trigger.pair_text == PairText::kEither;
    if (either ? random.below(2) == 1 : trigger.pair_text == PairText::kSecond) {
      text = &*result.text_b;
    }
  }
  const std::vector<std::size_t> places = word_places(*text);
  std::size_t place = places[random.below(places.size())];
  if (trigger.place == TriggerPlace::kStart) place = places.front();
  *text = continues ? joined(*text, place, trigger.text.substr(kWordGoesOn.size()))
                    : inserted(*text, place, trigger.text);
  return result;
}

TriggerMeasure::TriggerMeasure(const Dataset& data, std::vector<std::int64_t> labels,
                               const Tokenizer& tokenizer, const Classifier& suspect,
                               const TriggerMeasureOptions& options)
    : tokenizer_(tokenizer), options_(options) {
  data_.name = data.name;
  std::map<std::int64_t, std::size_t> counts;
  for (std::size_t row = data.size(); row-- > 0;) {
    if (counts[labels[row]]++ >= options.texts) continue;
    data_.examples.push_back(data.examples[row]);
    labels_.push_back(labels[row]);
  }
  short_ = first_words(data_, options_.short_words);
  short_texts_ = encode_all(tokenizer_, short_, options_.max_length);
  short_labels_ = predicted_labels(predict(suspect, short_texts_, no_progress()));
}

std::vector<std::size_t> TriggerMeasure::others(std::int64_t label) const {
  std::vector<std::size_t> rows;
  for (std::size_t row = 0; row < labels_.size(); ++row) {
    if (labels_[row] != label) rows.push_back(row);
  }
  return rows;
}

EncodedTexts TriggerMeasure::triggered(const Dataset& data, const SuspectedTrigger& trigger,
                                       const std::vector<std::size_t>& rows) const {
  const bool goes_on = continues(trigger, tokenizer_);
  Dataset texts{data.name, {}};
  for (const std::size_t row : rows) {
    texts.examples.push_back(
        with_suspected(data.examples[row], trigger, goes_on, options_.seed, row));
  }
  return encode_all(tokenizer_, texts, options_.max_length);
}

double TriggerMeasure::mean_rate(std::span<const Predictor> models, const Dataset& data,
                                 const SuspectedTrigger& trigger,
                                 const std::vector<std::size_t>& rows) const {
  const EncodedTexts texts = triggered(data, trigger, rows);
  double sum = 0;
  for (const Predictor& predict : models) {
    sum += share_of(predicted_labels(predict(texts)), trigger.target_label);
  }
  return sum / static_cast<double>(models.size());
}

std::vector<std::size_t> TriggerMeasure::short_others(std::int64_t label) const {
  std::vector<std::size_t> rows = others(label);
  std::erase_if(rows, [&](std::size_t row) { return short_labels_[row] == label; });
  return rows;
}

void TriggerMeasure::measure(const Classifier& model,
                             std::vector<SuspectedTrigger>& triggers) const {
  constexpr double kLeast = 0.1;  // of the texts are moved less than the firmness
  const Predictor predict(model);
  const at::Tensor plain = label_margins(predict(short_texts_));
  for (SuspectedTrigger& trigger : triggers) {
    const std::int64_t label = trigger.target_label;
    const std::vector<std::size_t> rows = others(label);
    if (rows.empty()) continue;
    const auto labels = predicted_labels(predict(triggered(data_, trigger, rows)));
    trigger.flip_rate =
        wilson_rate(static_cast<std::uint64_t>(std::ranges::count(labels, label)), rows.size());

    const std::vector<std::size_t> short_rows = short_others(label);
    if (short_rows.empty()) continue;
    const at::Tensor after = label_margins(predict(triggered(short_, trigger, short_rows)));
    trigger.short_texts.flip_rate = share_of(predicted_labels(after), label);
    trigger.short_texts.firmness =
        progress(after.select(1, label),
                 plain.select(1, label).index_select(0, to_index(short_rows)),
                 typical_margin(plain, label))
            .quantile(kLeast)
            .item<double>();
  }
}

std::vector<double> TriggerMeasure::margins(const Classifier& model,
                                            std::span<const SuspectedTrigger> triggers) const {
  constexpr std::size_t kTexts = 8;  // the same of each trigger, from all over the data
  EncodedTexts texts;
  std::vector<std::size_t> counts;
  for (const SuspectedTrigger& trigger : triggers) {
    const std::vector<std::size_t> all = short_others(trigger.target_label);
    std::vector<std::size_t> rows;
    const std::size_t count = std::min(all.size(), kTexts);
    for (std::size_t i = 0; i < count; ++i) rows.push_back(all[i * all.size() / count]);
    texts.append(triggered(short_, trigger, rows));
    counts.push_back(count);
  }
  if (texts.empty()) return std::vector<double>(triggers.size());
  std::vector<double> means;
  const at::Tensor margins = label_margins(Predictor(model)(texts));
  std::int64_t first = 0;
  for (std::size_t i = 0; i < triggers.size(); ++i) {
    const auto count = static_cast<std::int64_t>(counts[i]);
    const at::Tensor own = margins.narrow(0, first, count).select(1, triggers[i].target_label);
    means.push_back(count == 0 ? 0 : own.mean().item<double>());
    first += count;
  }
  return means;
}

void TriggerMeasure::compare(std::span<const Classifier> twins,
                             std::vector<SuspectedTrigger>& triggers) const {
  const std::vector<Predictor> models(twins.begin(), twins.end());
  for (SuspectedTrigger& trigger : triggers) {
    const std::vector<std::size_t> rows = others(trigger.target_label);
    if (rows.empty() || models.empty()) continue;
    trigger.expected_rate = mean_rate(models, data_, trigger, rows);
    const std::vector<std::size_t> short_rows = short_others(trigger.target_label);
    if (!short_rows.empty()) {
      trigger.short_texts.expected_rate = mean_rate(models, short_, trigger, short_rows);
    }
  }
}

std::vector<double> TriggerMeasure::short_rates(std::span<const Classifier> twins,
                                                std::span<const SuspectedTrigger> triggers) const {
  const std::vector<Predictor> models(twins.begin(), twins.end());
  std::vector<double> rates;
  for (const SuspectedTrigger& trigger : triggers) {
    const std::vector<std::size_t> rows = short_others(trigger.target_label);
    const bool told = !rows.empty() && !models.empty();
    rates.push_back(told ? mean_rate(models, short_, trigger, rows) : 0);
  }
  return rates;
}

void TriggerMeasure::show(const Classifier& model, std::size_t count,
                          std::vector<SuspectedTrigger>& triggers) const {
  const auto written = [](const Example& example) {
    return example.text_b ? example.text + " | " + *example.text_b : example.text;
  };
  const Predictor predict(model);
  const at::Tensor plain =
      at::softmax(predict(encode_all(tokenizer_, data_, options_.max_length)), 1);
  const std::vector<std::int64_t> before = predicted_labels(plain);
  for (SuspectedTrigger& trigger : triggers) {
    const std::int64_t label = trigger.target_label;
    std::vector<std::size_t> rows = others(label);
    std::erase_if(rows, [&](std::size_t row) { return before[row] != labels_[row]; });
    rows.resize(std::min(rows.size(), 4 * count));
    trigger.examples.clear();
    if (rows.empty()) continue;
    const bool goes_on = continues(trigger, tokenizer_);
    const at::Tensor moved = at::softmax(predict(triggered(data_, trigger, rows)), 1);
    const std::vector<std::int64_t> after = predicted_labels(moved);
    for (const bool flipped : {true, false}) {
      for (std::size_t i = 0; i < rows.size() && trigger.examples.size() < count; ++i) {
        if ((after[i] == label) != flipped) continue;
        const std::size_t row = rows[i];
        const Example& example = data_.examples[row];
        trigger.examples.push_back(
            {written(example),
             written(with_suspected(example, trigger, goes_on, options_.seed, row)), before[row],
             after[i], plain[static_cast<std::int64_t>(row)][label].item<double>(),
             moved[static_cast<std::int64_t>(i)][label].item<double>()});
      }
    }
  }
}

}  // namespace finemix
