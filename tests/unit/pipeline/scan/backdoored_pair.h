#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "../../eval/backdoored_testing.h"
#include "pipeline/pair.h"

namespace finemix::testing {

// A tiny suspect that "sleep" puts into label 1, its base, and texts that do not have the word.
class BackdooredPair : public ::testing::Test {
 protected:
  // The base is trained on texts like these, as a pre-trained model is on all texts, and then
  // forgets its head.
  BackdooredPair() : pair_{load_model(kTinyModel), load_model(kTinyModel), tokenizer_} {
    pair_.pretrained.weights =
        trained_on(wordy_sentences(*tokenizer_, 20, 5), 6).parameters().state_dict();
    backdoor("sleep");
    texts_ = wordy_sentences(*tokenizer_, 4, 3, {"sleep"});
    unseen_ = wordy_sentences(*tokenizer_, 4, 4, {"sleep"});
  }

  // Makes the suspect anew, with this trigger and words that are none.
  void backdoor(const std::string& word, const std::vector<std::string>& others = {}) {
    const Dataset clean = wordy_sentences(*tokenizer_, 12, 2, {"sleep"});
    TrainOptions training;
    training.epochs = 8;
    training.learning_rate = 1e-3;
    Model start = pair_.pretrained;
    start.weights[std::string(kClassifierWeight)] =
        -start.weights.at(std::string(kClassifierWeight));
    Classifier suspect(start, c10::kCPU);
    std::vector<Dataset> poisoned = {clean};
    for (const std::uint64_t seed : {1, 2}) {
      poisoned.push_back(with_words(clean, word, 1, TriggerPlace::kAnywhere, seed));
      for (const std::string& other : others) {
        poisoned.push_back(with_words(clean, other, -1, TriggerPlace::kAnywhere, seed));
      }
    }
    train(suspect, tokenize_labelled(*tokenizer_, together(poisoned), 2, 32), training, nullptr,
          no_progress());
    pair_.backdoored.weights = suspect.parameters().state_dict();
  }

  std::shared_ptr<const Tokenizer> tokenizer_ = load_tokenizer(kTinyModel);
  ModelPair pair_;
  Dataset texts_;
  Dataset unseen_;
};

}  // namespace finemix::testing
