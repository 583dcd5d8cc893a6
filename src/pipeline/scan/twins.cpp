#include "pipeline/scan/twins.h"

#include <ATen/ops/softmax.h>

#include <string>
#include <utility>

#include "finemix/core/random.h"
#include "finemix/defense/mix.h"
#include "finemix/eval/predict.h"
#include "finemix/train/distillation.h"
#include "finemix/train/trainer.h"
#include "finemix/train/variations.h"

namespace finemix {
namespace {

// With less of the suspect a twin knows less of its task, with more it knows more of a backdoor.
constexpr double kReserveRatio = 0.5;

Model untaught(const ModelPair& pair, std::uint64_t seed) {
  Model start = pair.backdoored;
  start.weights =
      mix(pair.pretrained.weights, pair.backdoored.weights, {kReserveRatio, Select::kRandom, seed})
          .weights;
  const std::string words(kWordEmbeddings);
  start.weights[words] = pair.pretrained.weights.at(words);
  return start;
}

EncodedTexts part(const EncodedTexts& texts, std::size_t begin, std::size_t count) {
  EncodedTexts result;
  for (std::size_t i = begin; i < begin + count; ++i) result.append(texts, i);
  return result;
}

// The weights of a classifier with these, once the suspect has labelled `lesson` for it.
StateDict taught(const Model& start, const Classifier& suspect, const TrainingSet& own,
                 EncodedTexts lesson, std::uint64_t seed, Progress& progress) {
  const at::Tensor logits = predict(suspect, lesson, no_progress());
  TrainOptions training;
  training.epochs = 2;
  training.learning_rate = 1e-4;
  training.seed = seed;
  Classifier twin(start, suspect.device(), suspect.precision());
  train(twin, distillation_set(own, std::move(lesson), logits, {}), training, nullptr, progress);
  return twin.parameters().state_dict();
}

}  // namespace

std::vector<Classifier> make_twins(const ModelPair& pair, const Classifier& suspect,
                                   const EncodedTexts& texts,
                                   std::span<const std::int64_t> excluded, std::size_t count,
                                   const TwinOptions& options, Progress& progress) {
  const TrainingSet own{texts, at::softmax(predict(suspect, texts, no_progress()), 1), {}};
  VariationOptions variation;
  variation.count = count * options.texts;
  variation.seed = options.seed;
  const EncodedTexts varied =
      vary_texts(texts, pair.pretrained.weights.at(std::string(kWordEmbeddings)), *pair.tokenizer,
                 excluded, variation);
  // Whoever mixes with the seed that was given is to keep other weights than a twin.
  RandomSequence seeds(options.seed, "clean twins");
  std::vector<Classifier> twins;
  for (std::size_t i = 0; i < count; ++i) {
    progress.message("teaching clean twin " + std::to_string(i + 1) + " of " +
                     std::to_string(count) + ", that the suspect is compared with");
    const std::uint64_t seed = seeds.next_u32();
    Model twin = untaught(pair, seed);
    twin.weights =
        taught(twin, suspect, own, part(varied, i * options.texts, options.texts), seed, progress);
    // Made anew: one that was trained keeps its gradients and the memory of its passes.
    twins.emplace_back(twin, suspect.device(), suspect.precision());
  }
  return twins;
}

}  // namespace finemix
