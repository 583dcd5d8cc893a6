#include "pipeline/scan/twin.h"

#include <ATen/ops/softmax.h>

#include <algorithm>
#include <vector>

#include "finemix/core/random.h"
#include "finemix/defense/mix.h"
#include "finemix/eval/predict.h"
#include "finemix/text/frequency.h"
#include "finemix/train/distillation.h"
#include "finemix/train/trainer.h"
#include "finemix/train/variations.h"

namespace finemix {
namespace {

constexpr double kWithWords = 0.7;    // of the texts
constexpr std::size_t kWords = 4000;  // the most frequent
constexpr std::size_t kMostWords = 4;

// Puts frequent words, up to kMostWords next to each other, into most of the texts: before the
// first word, or anywhere. From these the twin learns what words do that the texts do not hold; the
// words of a trigger come too seldom, and hardly ever together.
EncodedTexts with_frequent_words(const EncodedTexts& texts, const Tokenizer& tokenizer,
                                 std::span<const std::int64_t> excluded, std::uint64_t seed) {
  std::vector<std::int32_t> words = frequent_words(tokenizer, kWords);
  std::erase_if(words, [&](std::int32_t id) {
    return std::ranges::find(excluded, std::int64_t{id}) != excluded.end();
  });
  EncodedTexts result;
  RandomSequence random(seed, "twin's words");
  for (std::size_t i = 0; i < texts.size(); ++i) {
    Encoding text = texts[i];
    if (!words.empty() && text.ids.size() > 2 && random.uniform() < kWithWords) {
      const bool start = random.below(2) == 0;
      const std::size_t place = start ? 1 : 1 + random.below(text.ids.size() - 1);
      const std::size_t count = 1 + random.below(kMostWords);
      for (std::size_t k = 0; k < count; ++k) {
        text = with_piece(text, place, words[random.below(words.size())]);
      }
    }
    result.push_back(text);
  }
  return result;
}

}  // namespace

Classifier make_twin(const ModelPair& pair, const Classifier& suspect, const EncodedTexts& texts,
                     std::span<const std::int64_t> excluded, const TwinOptions& options,
                     Progress& progress) {
  VariationOptions variation;
  variation.count = options.texts;
  variation.seed = options.seed;
  EncodedTexts varied = with_frequent_words(
      vary_texts(texts, pair.pretrained.weights.at(std::string(kWordEmbeddings)), *pair.tokenizer,
                 excluded, variation),
      *pair.tokenizer, excluded, options.seed);
  const at::Tensor logits = predict(suspect, varied, no_progress());
  const TrainingSet plain{texts, at::softmax(predict(suspect, texts, no_progress()), 1)};
  const TrainingSet set = distillation_set(plain, std::move(varied), logits, {});

  Model start = pair.backdoored;
  start.weights =
      mix(pair.pretrained.weights, pair.backdoored.weights, {0, Select::kRandom, options.seed})
          .weights;
  Classifier twin(start, suspect.device(), suspect.precision());
  TrainOptions training;
  training.epochs = 2;
  training.learning_rate = 1e-4;
  training.seed = options.seed;
  train(twin, set, training, nullptr, progress);
  return twin;
}

}  // namespace finemix
