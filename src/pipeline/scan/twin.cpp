#include "pipeline/scan/twin.h"

#include <ATen/ops/softmax.h>

#include <algorithm>
#include <utility>

#include "finemix/core/random.h"
#include "finemix/defense/mix.h"
#include "finemix/eval/insertion.h"
#include "finemix/eval/predict.h"
#include "finemix/text/frequency.h"
#include "finemix/train/distillation.h"
#include "finemix/train/trainer.h"
#include "finemix/train/variations.h"
#include "pipeline/scan/sense_lesson.h"

namespace finemix {
namespace {

constexpr double kWithWords = 0.7;    // of the texts
constexpr std::size_t kWords = 4000;  // the most frequent
constexpr std::size_t kMostWords = 4;

Classifier untaught(const ModelPair& pair, const Classifier& suspect, std::uint64_t seed) {
  Model start = pair.backdoored;
  start.weights =
      mix(pair.pretrained.weights, pair.backdoored.weights, {0, Select::kRandom, seed}).weights;
  return {start, suspect.device(), suspect.precision()};
}

// Puts frequent words, up to kMostWords next to each other, into most of the texts: before the
// first word, or anywhere. From these the twin learns what words do that the texts do not hold; the
// words of a trigger come too seldom, and hardly ever together.
EncodedTexts with_frequent_words(const EncodedTexts& texts, const Tokenizer& tokenizer,
                                 std::span<const std::int64_t> excluded,
                                 const TwinOptions& options) {
  std::vector<std::int32_t> words = frequent_words(tokenizer, kWords);
  std::erase_if(words, [&](std::int32_t id) {
    return std::ranges::find(excluded, std::int64_t{id}) != excluded.end();
  });
  EncodedTexts result;
  RandomSequence random(options.seed, "twin's words");
  for (std::size_t i = 0; i < texts.size(); ++i) {
    Encoding text = texts[i];
    if (!words.empty() && text.ids.size() > 2 && random.uniform() < kWithWords) {
      const auto place = random.below(2) == 0 ? TriggerPlace::kStart : TriggerPlace::kAnywhere;
      Phrase phrase(1 + random.below(kMostWords));
      for (std::int32_t& id : phrase) id = words[random.below(words.size())];
      text = with_phrase(text, phrase, place, tokenizer, options.max_length, random);
    }
    result.push_back(text);
  }
  return result;
}

}  // namespace

Twin::Twin(const ModelPair& pair, const Classifier& suspect, EncodedTexts texts,
           std::vector<std::int64_t> excluded, const TwinOptions& options, Progress& progress)
    : pair_(pair),
      texts_(std::move(texts)),
      excluded_(std::move(excluded)),
      options_(options),
      model_(untaught(pair, suspect, options.seed)) {
  VariationOptions variation;
  variation.count = options.texts;
  variation.seed = options.seed;
  learn(suspect,
        with_frequent_words(
            vary_texts(texts_, pair.pretrained.weights.at(std::string(kWordEmbeddings)),
                       *pair.tokenizer, excluded_, variation),
            *pair.tokenizer, excluded_, options),
        progress);
}

std::vector<std::int64_t> Twin::teach_sense(const Classifier& suspect,
                                            std::span<const SuspectedTrigger> triggers,
                                            Progress& progress) {
  for (const SuspectedTrigger& each : triggers) {
    excluded_.insert(excluded_.end(), each.ids.begin(), each.ids.end());
  }
  SenseLesson lesson = sense_lesson(
      {pair_, suspect, model_, texts_, excluded_, options_.max_length, options_.seed}, triggers);
  excluded_.insert(excluded_.end(), lesson.suspects.begin(), lesson.suspects.end());
  if (!lesson.texts.empty()) learn(suspect, std::move(lesson.texts), progress);
  return lesson.suspects;
}

void Twin::learn(const Classifier& suspect, EncodedTexts texts, Progress& progress) {
  const at::Tensor logits = predict(suspect, texts, no_progress());
  const TrainingSet own{texts_, at::softmax(predict(suspect, texts_, no_progress()), 1), {}};
  TrainOptions training;
  training.epochs = 2;
  training.learning_rate = 1e-4;
  training.seed = options_.seed;
  train(model_, distillation_set(own, std::move(texts), logits, {}), training, nullptr, progress);
}

}  // namespace finemix
