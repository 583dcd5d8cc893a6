#include "step_three.h"

#include <algorithm>

#include "finemix/eval/trigger_search.h"
#include "finemix/train/variations.h"

namespace finemix {
namespace {

// Of the distilled texts, those that get a piece that looks like a trigger.
constexpr double kTriggeredShare = 1.0 / 3;

}  // namespace

StepThree::StepThree(const PurifyOptions& options, const ModelPair& pair, c10::Device device,
                     const EncodedTexts& clean, const EncodedTexts& unlabelled,
                     std::vector<std::int64_t> excluded, Progress& progress)
    : options_(options), pair_(pair), unlabelled_(unlabelled), excluded_(std::move(excluded)) {
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
  EncodedTexts texts;
  for (std::size_t i = 0; i < std::min(count, unlabelled_.size()); ++i) {
    texts.append(unlabelled_, i);
  }
  if (unlabelled_.empty()) {
    VariationOptions variation;
    variation.count = count;
    variation.seed = options_.run.seed;
    texts = vary_texts(clean.texts, pair_.pretrained.weights.at(std::string(kWordEmbeddings)),
                       *pair_.tokenizer, excluded_, variation);
  }
  remove_pieces(texts, pieces_);
  const at::Tensor logits = predict(*teacher_, texts, progress);
  insert_pieces(texts, pieces_, kTriggeredShare, *pair_.tokenizer, options_.run.max_length,
                options_.run.seed);
  return distillation_set(clean, std::move(texts), logits, options_.distillation);
}

}  // namespace finemix
