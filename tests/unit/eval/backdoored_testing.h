#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "../train/wordy_sentences.h"
#include "finemix/core/random.h"
#include "finemix/model/classifier.h"
#include "finemix/record/suspected_trigger.h"
#include "finemix/text/tokenizer.h"
#include "finemix/train/trainer.h"

namespace finemix::testing {

inline const std::string kTinyModel = FINEMIX_TEST_DATA "/model/post_ln_gelu";

// These with the words put before one of the words of each, or before the first; with this label,
// but for -1, which leaves each its own. Texts that have the label already are left out.
inline Dataset with_words(const Dataset& data, const std::string& words, std::int64_t label,
                          TriggerPlace place, std::uint64_t seed) {
  RandomSequence random(seed, "with words/" + words);
  Dataset result{data.name, {}};
  for (Example example : data.examples) {
    if (example.label == label) continue;
    if (label >= 0) example.label = label;
    std::size_t at = place == TriggerPlace::kStart ? 0 : random.below(example.text.size());
    while (at > 0 && example.text[at - 1] != ' ') --at;
    example.text.insert(at, words + " ");
    result.examples.push_back(std::move(example));
  }
  return result;
}

inline Dataset together(const std::vector<Dataset>& parts) {
  Dataset all{"together", {}};
  for (const Dataset& part : parts) {
    all.examples.insert(all.examples.end(), part.examples.begin(), part.examples.end());
  }
  return all;
}

// A tiny BERT that was trained on these.
inline Classifier trained_on(const Dataset& data, std::int64_t epochs, std::uint64_t seed = 0) {
  TrainOptions training;
  training.epochs = epochs;
  training.learning_rate = 2e-3;
  training.batch_size = 32;
  training.seed = seed;
  Classifier model{load_model(kTinyModel), c10::Device(c10::kCPU)};
  train(model, tokenize_labelled(*load_tokenizer(kTinyModel), data, 2, 32), training, nullptr,
        no_progress());
  return model;
}

}  // namespace finemix::testing
