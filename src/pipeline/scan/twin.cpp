#include "pipeline/scan/twin.h"

#include <ATen/ops/softmax.h>

#include "finemix/defense/mix.h"
#include "finemix/eval/predict.h"
#include "finemix/train/distillation.h"
#include "finemix/train/trainer.h"
#include "finemix/train/variations.h"

namespace finemix {

Classifier make_twin(const ModelPair& pair, const Classifier& suspect, const EncodedTexts& texts,
                     std::span<const std::int64_t> excluded, const TwinOptions& options,
                     Progress& progress) {
  VariationOptions variation;
  variation.count = options.texts;
  variation.seed = options.seed;
  EncodedTexts varied = vary_texts(texts, pair.pretrained.weights.at(std::string(kWordEmbeddings)),
                                   *pair.tokenizer, excluded, variation);
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
