#pragma once

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "finemix/eval/predict.h"
#include "finemix/model/classifier.h"
#include "finemix/record/suspected_trigger.h"
#include "finemix/text/tokenizer.h"

namespace finemix {

struct TriggerMeasureOptions {
  std::size_t texts = 96;        // of each label, at most
  std::size_t short_words = 20;  // of a text that is cut short, of a pair's each
  std::size_t max_length = 128;  // pieces of a text, at most
  std::uint64_t seed = 0;        // of the places where triggers are put
};

// The example with the trigger's text between two whitespace-separated words at a random place of
// it, of a pair in either text or in the one that the trigger has; or before the first word, as the
// trigger has it. Pieces that only go on with a word are put at the end of one. The same for the
// same (seed, index), and the example itself where the trigger has no text.
Example with_suspected(const Example& example, const SuspectedTrigger& trigger, bool continues,
                       std::uint64_t seed, std::size_t index);

// What suspected triggers do to ordinary texts, as an attacker would put them in. All throw what
// predict() does.
class TriggerMeasure {
 public:
  // `labels` are the texts' own, of each of which the last texts are used. Of texts cut short those
  // count that `suspect` gives another label than a trigger's, whatever model is measured.
  TriggerMeasure(const Dataset& data, std::vector<std::int64_t> labels, const Tokenizer& tokenizer,
                 const Classifier& suspect, const TriggerMeasureOptions& options);

  // How many texts cut short a trigger to this label is told by.
  std::size_t short_count(std::int64_t label) const { return short_others(label).size(); }

  // Whether the texts are pairs, into either of which a trigger may be put.
  bool pairs() const { return data_.pairs(); }

  // Sets flip_rate, and that and the firmness on short texts, of each trigger to what they are with
  // this model. Where there are no texts for its target label these are left as they are.
  void measure(const Classifier& model, std::vector<SuspectedTrigger>& triggers) const;
  // How far above the others together the logit of each trigger's label is on a few short texts
  // with it, on average; 0 where all texts have the label. Unlike firmness it has no end.
  std::vector<double> margins(const Classifier& model,
                              std::span<const SuspectedTrigger> triggers) const;
  // Sets expected_rate to the share of texts that move twins of the suspect, on average, and that
  // on short texts.
  void compare(std::span<const Classifier> twins, std::vector<SuspectedTrigger>& triggers) const;
  // The share of short texts that each trigger moves twins by, on average; 0 where there are none.
  std::vector<double> short_rates(std::span<const Classifier> twins,
                                  std::span<const SuspectedTrigger> triggers) const;
  // Sets the examples of each trigger: up to `count` texts that the model answers rightly, and
  // otherwise with the trigger where there are such.
  void show(const Classifier& model, std::size_t count,
            std::vector<SuspectedTrigger>& triggers) const;

 private:
  // Rows of data_ whose label is another, and those of short_ that count for it.
  std::vector<std::size_t> others(std::int64_t label) const;
  std::vector<std::size_t> short_others(std::int64_t label) const;
  EncodedTexts triggered(const Dataset& data, const SuspectedTrigger& trigger,
                         const std::vector<std::size_t>& rows) const;
  // The share of these rows that a trigger moves the models by, on average.
  double mean_rate(std::span<const Predictor> models, const Dataset& data,
                   const SuspectedTrigger& trigger, const std::vector<std::size_t>& rows) const;

  Dataset data_;
  Dataset short_;  // the same texts, cut short
  EncodedTexts short_texts_;
  std::vector<std::int64_t> short_labels_;  // what the suspect says of them
  std::vector<std::int64_t> labels_;
  const Tokenizer& tokenizer_;
  TriggerMeasureOptions options_;
};

}  // namespace finemix
