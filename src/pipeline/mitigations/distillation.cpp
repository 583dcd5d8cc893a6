#include "finemix/train/distillation.h"

#include <algorithm>

#include "finemix/eval/trigger_search.h"
#include "finemix/train/variations.h"
#include "pipeline/mitigations/methods.h"
#include "pipeline/mitigations/mixing.h"

namespace finemix {
namespace {

// Of the distilled texts, those that get a piece that looks like a trigger.
constexpr double kTriggeredShare = 1.0 / 3;

// Mixed weights that learn from many more texts than the labelled ones: the suspect labels them.
// They are ordinary texts, so they show the suspect's behaviour on clean input without its trigger.
// Word pieces that by themselves flip the suspect's answers are put into some of them, and the
// answer without them is what is taught.
class Distillation : public Mixing {
 public:
  Distillation(const MitigationInputs& inputs, Progress& progress)
      : Mixing(inputs, Select::kRandom),
        inputs_(inputs),
        teacher_(inputs.pair.backdoored, inputs.device,
                 evaluation_precision(inputs.options.run, inputs.device)),
        excluded_(inputs.reset_rows) {
    TriggerSearchOptions search;
    search.seed = inputs.options.run.seed;
    search.max_length = inputs.options.run.max_length;
    triggers_ =
        search_triggers(teacher_, inputs.clean.set.texts, *inputs.pair.tokenizer, search, progress);
    for (const SuspectedTrigger& trigger : triggers_) {
      for (const std::int64_t id : trigger.ids) {
        excluded_.push_back(id);
        pieces_.push_back(static_cast<std::int32_t>(id));
      }
    }
  }

  std::vector<SuspectedTrigger> triggers() const override { return triggers_; }

  TrainingSet training_set(const TrainingSet& clean, double share) const override {
    const PurifyOptions& options = inputs_.options;
    const Tokenizer& tokenizer = *inputs_.pair.tokenizer;
    EncodedTexts texts = draw_texts(
        clean.texts,
        static_cast<std::size_t>(share * static_cast<double>(options.distillation.texts)));
    remove_pieces(texts, pieces_);
    const at::Tensor logits = predict(teacher_, texts, no_progress());
    insert_pieces(texts, pieces_, kTriggeredShare, tokenizer, options.run.max_length,
                  options.run.seed);
    return distillation_set(clean, std::move(texts), logits, options.distillation);
  }

 private:
  // Texts for the teacher; without unlabelled ones they are made from the clean ones.
  EncodedTexts draw_texts(const EncodedTexts& clean, std::size_t count) const {
    EncodedTexts texts;
    if (inputs_.unlabelled.empty()) {
      VariationOptions variation;
      variation.count = count;
      variation.seed = inputs_.options.run.seed;
      return vary_texts(clean, inputs_.pair.pretrained.weights.at(std::string(kWordEmbeddings)),
                        *inputs_.pair.tokenizer, excluded_, variation);
    }
    for (std::size_t i = 0; i < std::min(count, inputs_.unlabelled.size()); ++i) {
      texts.append(inputs_.unlabelled, i);
    }
    return texts;
  }

  MitigationInputs inputs_;
  Classifier teacher_;
  std::vector<std::int64_t> excluded_;  // pieces that no made text may contain
  std::vector<SuspectedTrigger> triggers_;
  std::vector<std::int32_t> pieces_;  // of triggers_
};

}  // namespace

// A search of ρ by clean accuracy climbs to where the backdoor is whole when the suspect itself is
// the teacher, so the reserve ratio is fixed.
MitigationMethod distillation() {
  TrainOptions training = training_on_clean();
  training.epochs = 2;
  training.learning_rate = 1e-4;
  return {.name = kDistillation,
          .does =
              "learns as well from thousands of texts that the suspect labels, and that single "
              "words which look like triggers mean nothing",
          .rho = "0.1",
          .training = training,
          .preparation = "search_triggers",
          .distils = true,
          .make = [](const MitigationInputs& inputs,
                     Progress& progress) -> std::unique_ptr<Mitigation> {
            return std::make_unique<Distillation>(inputs, progress);
          }};
}

}  // namespace finemix
