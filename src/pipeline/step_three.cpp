#include "step_three.h"

#include <algorithm>

#include "finemix/core/error.h"
#include "finemix/core/random.h"
#include "finemix/eval/trigger_search.h"
#include "finemix/train/variations.h"

namespace finemix {
namespace {

// Of the distilled texts, those that get a piece that looks like a trigger.
constexpr double kTriggeredShare = 1.0 / 3;

}  // namespace

std::vector<Encoding> read_unlabelled(const PurifyOptions& options, const Tokenizer& tokenizer,
                                      bool pairs) {
  if (options.unlabelled_data.empty()) return {};
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

StepThree::StepThree(const PurifyOptions& options, const ModelPair& pair, c10::Device device,
                     std::span<const Encoding> clean, std::vector<Encoding> unlabelled,
                     std::vector<std::int64_t> excluded, Progress& progress)
    : options_(options),
      pair_(pair),
      unlabelled_(std::move(unlabelled)),
      excluded_(std::move(excluded)) {
  if (options.method != kDistillation) return;
  teacher_.emplace(pair.backdoored, device, evaluation_precision(options.run, device));
  TriggerSearchOptions search;
  search.seed = options.run.seed;
  search.max_length = options.run.max_length;
  triggers_ = search_triggers(*teacher_, clean, *pair.tokenizer, search, progress);
  for (const SuspectedTrigger& trigger : triggers_) {
    excluded_.push_back(trigger.id);
    pieces_.push_back(static_cast<std::int32_t>(trigger.id));
  }
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
  remove_pieces(texts, pieces_);
  const at::Tensor logits = predict(*teacher_, texts, progress);
  insert_pieces(texts, pieces_, kTriggeredShare, *pair_.tokenizer, options_.run.max_length,
                options_.run.seed);
  return distillation_set(clean, std::move(texts), logits, options_.distillation);
}

}  // namespace finemix
