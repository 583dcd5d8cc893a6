#include "step_three.h"

#include <algorithm>

#include "finemix/core/error.h"
#include "finemix/core/random.h"
#include "finemix/train/variations.h"

namespace finemix {
namespace {

// The encodings of up to `count` rows of a file, drawn by `seed`.
std::vector<Encoding> read_unlabelled(const PurifyOptions& options, const Tokenizer& tokenizer,
                                      bool pairs) {
  const Dataset all = read_dataset(options.unlabelled_data, false);
  if (all.pairs() != pairs) {
    throw Error(ErrorKind::kMismatch, all.name + ": has " + (pairs ? "single texts" : "pairs") +
                                          ", but the clean data has " +
                                          (pairs ? "pairs of texts" : "single texts"));
  }
  std::vector<std::size_t> rows = permutation(all.size(), options.run.seed, "unlabelled");
  rows.resize(std::min(rows.size(), options.distillation.texts));
  Dataset drawn{all.name, {}};
  for (const std::size_t row : rows) drawn.examples.push_back(all.examples[row]);
  return encode_all(tokenizer, drawn, options.run.max_length);
}

}  // namespace

TrainOptions default_fine_tuning(std::string_view method) {
  TrainOptions training;
  training.batch_size = 16;
  training.epochs = method == kDistilledMixing ? 2 : 30;
  training.learning_rate = method == kDistilledMixing ? 1e-4 : 5e-5;
  return training;
}

std::string default_rho(std::string_view method) {
  return method == kDistilledMixing ? "0.1" : "auto";
}

StepThree::StepThree(const PurifyOptions& options, const ModelPair& pair, c10::Device device,
                     bool pairs, std::vector<std::int64_t> excluded)
    : options_(options), pair_(pair), excluded_(std::move(excluded)) {
  if (options.method != kDistilledMixing) return;
  if (!options.unlabelled_data.empty()) {
    unlabelled_ = read_unlabelled(options, *pair.tokenizer, pairs);
  }
  teacher_.emplace(pair.backdoored, device, evaluation_precision(options.run, device));
}

TrainingSet StepThree::operator()(const TrainingSet& clean, double share,
                                  Progress& progress) const {
  if (!teacher_) return clean;
  const auto count =
      static_cast<std::size_t>(share * static_cast<double>(options_.distillation.texts));
  std::vector<Encoding> texts(
      unlabelled_.begin(),
      unlabelled_.begin() + static_cast<std::ptrdiff_t>(std::min(count, unlabelled_.size())));
  if (unlabelled_.empty()) {
    VariationOptions variation;
    variation.count = count;
    variation.seed = options_.run.seed;
    texts = vary_texts(clean.encodings, pair_.pretrained.weights.at(std::string(kWordEmbeddings)),
                       *pair_.tokenizer, excluded_, variation);
  }
  const at::Tensor logits = predict(*teacher_, texts, progress);
  return distillation_set(clean, std::move(texts), logits, options_.distillation);
}

}  // namespace finemix
