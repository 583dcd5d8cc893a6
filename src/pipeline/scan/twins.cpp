#include "pipeline/scan/twins.h"

#include <ATen/ops/softmax.h>

#include <string>
#include <utility>

#include "finemix/defense/mix.h"
#include "finemix/eval/predict.h"
#include "finemix/train/distillation.h"
#include "finemix/train/trainer.h"
#include "finemix/train/variations.h"

namespace finemix {
namespace {

constexpr double kReserveRatio = 0.5;

Classifier untaught(const ModelPair& pair, const Classifier& suspect, std::uint64_t seed) {
  Model start = pair.backdoored;
  start.weights =
      mix(pair.pretrained.weights, pair.backdoored.weights, {kReserveRatio, Select::kRandom, seed})
          .weights;
  const std::string words(kWordEmbeddings);
  start.weights[words] = pair.pretrained.weights.at(words);
  return {start, suspect.device(), suspect.precision()};
}

}  // namespace

std::vector<Classifier> make_twins(const ModelPair& pair, const Classifier& suspect,
                                   const EncodedTexts& texts,
                                   std::span<const std::int64_t> excluded, std::size_t count,
                                   const TwinOptions& options, Progress& progress) {
  const TrainingSet own{texts, at::softmax(predict(suspect, texts, no_progress()), 1), {}};
  std::vector<Classifier> twins;
  for (std::size_t i = 0; i < count; ++i) {
    VariationOptions variation;
    variation.count = options.texts;
    variation.seed = options.seed + i;
    EncodedTexts varied =
        vary_texts(texts, pair.pretrained.weights.at(std::string(kWordEmbeddings)), *pair.tokenizer,
                   excluded, variation);
    const at::Tensor logits = predict(suspect, varied, no_progress());
    TrainOptions training;
    training.epochs = 2;
    training.learning_rate = 1e-4;
    training.seed = options.seed + i;
    twins.push_back(untaught(pair, suspect, options.seed + i));
    train(twins.back(), distillation_set(own, std::move(varied), logits, {}), training, nullptr,
          progress);
  }
  return twins;
}

}  // namespace finemix
