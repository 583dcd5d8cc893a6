#include "finemix/train/distillation.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "finemix/eval/insertion.h"
#include "finemix/eval/predict.h"
#include "finemix/train/variations.h"
#include "pipeline/mitigations/doubt.h"
#include "pipeline/mitigations/methods.h"
#include "pipeline/mitigations/mixing.h"

namespace finemix {
namespace {

// Of the distilled texts, those that get a trigger.
constexpr double kTriggeredShare = 1.0 / 3;

// Mixed weights that learn from many more texts than the labelled ones: the suspect labels them.
// They are ordinary texts, so they show the suspect's behaviour on clean input without its trigger.
// What was found to move the suspect, and not clean twins of it, is put into some of them, and the
// answer without it is what is taught.
class Distillation : public Mixing {
 public:
  explicit Distillation(const MitigationInputs& inputs)
      : Mixing(inputs, Select::kRandom),
        inputs_(inputs),
        teacher_(inputs.pair.backdoored, inputs.device,
                 evaluation_precision(inputs.options.run, inputs.device)),
        excluded_(inputs.reset_rows),
        bounds_(doubt_bounds(inputs.triggers, inputs.pair.backdoored.config.num_labels)) {
    for (const SuspectedTrigger& trigger : inputs.triggers) {
      excluded_.insert(excluded_.end(), trigger.ids.begin(), trigger.ids.end());
      // Words in front of a text are ordinary ones, as those of a syntactic trigger are.
      if (trigger.place != TriggerPlace::kAnywhere) continue;
      // A word is taken out as a whole, of a phrase each piece.
      const Phrase pieces(trigger.ids.begin(), trigger.ids.end());
      if (is_word(trigger)) {
        runs_.push_back(pieces);
      } else {
        for (const std::int32_t piece : pieces) runs_.push_back({piece});
      }
    }
  }

  std::vector<SuspectedTrigger> triggers() const override { return inputs_.triggers; }

  TrainingSet training_set(const TrainingSet& clean, double share) const override {
    DistillationOptions distillation = inputs_.options.distillation;
    // What the suspect says of a few texts is no more than what it says of the others.
    if (!inputs_.clean.labelled) distillation.clean_share = 0;
    const Lesson lesson = lesson_of(
        clean.texts, static_cast<std::size_t>(share * static_cast<double>(distillation.texts)));
    return distillation_set(clean, with_triggers(lesson.texts), lesson.logits, distillation);
  }

 private:
  // Texts without what was found in them, and what is taught of each.
  struct Lesson {
    EncodedTexts texts;
    at::Tensor logits;
  };

  // Of unlabelled texts it is always the same, and a search of ρ asks for it again and again.
  Lesson lesson_of(const EncodedTexts& clean, std::size_t count) const {
    if (last_ && last_->texts.size() == std::min(count, inputs_.unlabelled.size())) return *last_;
    Lesson lesson{draw_texts(clean, count), {}};
    remove_runs(lesson.texts, runs_);
    lesson.logits = predict(teacher_, lesson.texts, no_progress());
    std::vector<at::Tensor> twins;
    for (const Classifier& twin : inputs_.twins) {
      twins.push_back(predict(twin, lesson.texts, no_progress()));
    }
    if (!twins.empty()) lesson.logits = doubted(lesson.logits, twins, bounds_);
    if (!inputs_.unlabelled.empty()) last_ = lesson;
    return lesson;
  }

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

  EncodedTexts with_triggers(const EncodedTexts& texts) const {
    const RunOptions& run = inputs_.options.run;
    if (inputs_.triggers.empty()) return texts;
    RandomSequence random(run.seed, "triggers to unlearn");
    EncodedTexts result;
    for (std::size_t i = 0; i < texts.size(); ++i) {
      Encoding text = texts[i];
      if (random.uniform() < kTriggeredShare) {
        const auto& trigger = inputs_.triggers[random.below(inputs_.triggers.size())];
        const Phrase phrase(trigger.ids.begin(), trigger.ids.end());
        text = with_phrase(text, phrase, trigger.place, *inputs_.pair.tokenizer, run.max_length,
                           random);
      }
      result.push_back(text);
    }
    return result;
  }

  MitigationInputs inputs_;
  Classifier teacher_;
  std::vector<std::int64_t> excluded_;  // pieces that no made text may contain
  std::vector<Phrase> runs_;            // of pieces that no text may contain
  std::vector<double> bounds_;          // of doubt
  mutable std::optional<Lesson> last_;  // of unlabelled texts
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
              "learns as well from thousands of texts that the suspect labels, and that what "
              "`scan` finds suspicious means nothing",
          .rho = "0.1",
          .training = training,
          .preparation = {},
          .distils = true,
          .make = [](const MitigationInputs& inputs, Progress&) -> std::unique_ptr<Mitigation> {
            return std::make_unique<Distillation>(inputs);
          }};
}

}  // namespace finemix
