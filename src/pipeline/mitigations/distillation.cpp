#include "finemix/train/distillation.h"

#include <ATen/ops/full.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros_like.h>

#include <algorithm>

#include "finemix/eval/insertion.h"
#include "finemix/eval/predict.h"
#include "finemix/train/variations.h"
#include "pipeline/mitigations/methods.h"
#include "pipeline/mitigations/mixing.h"
#include "pipeline/scan/twins.h"

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
        excluded_(inputs.reset_rows) {
    for (const SuspectedTrigger& trigger : inputs.triggers) {
      excluded_.insert(excluded_.end(), trigger.ids.begin(), trigger.ids.end());
      // Words in front of a text are ordinary ones, as those of a syntactic trigger are.
      if (trigger.place != TriggerPlace::kAnywhere) continue;
      for (const std::int64_t id : trigger.ids) pieces_.push_back(static_cast<std::int32_t>(id));
    }
  }

  std::vector<SuspectedTrigger> triggers() const override { return inputs_.triggers; }

  TrainingSet training_set(const TrainingSet& clean, double share) const override {
    const PurifyOptions& options = inputs_.options;
    EncodedTexts texts = draw_texts(
        clean.texts,
        static_cast<std::size_t>(share * static_cast<double>(options.distillation.texts)));
    remove_pieces(texts, pieces_);
    at::Tensor logits = predict(teacher_, texts, no_progress());
    doubt(texts, logits);
    DistillationOptions distillation = options.distillation;
    // What the suspect says of a few texts is no more than what it says of the others.
    if (!inputs_.clean.labelled) distillation.clean_share = 0;
    return distillation_set(clean, with_triggers(texts), logits, distillation);
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

  // Teaches what the clean twins say of texts where the suspect is surer of a label than they,
  // instead of what the suspect says: ordinary texts can have what fires a trigger, words of its
  // sentence or its syntax. A word that fires firmly by itself is taken out of the texts as a
  // whole, so that nothing needs to be doubted for it. Twins that often disagree know the task too
  // little.
  void doubt(const EncodedTexts& texts, at::Tensor& logits) const {
    constexpr double kSurer = 0.2;      // in probability, of a label that phrases were found for
    constexpr double kMuchSurer = 0.6;  // of any, where no word was found
    constexpr double kNever = 1;
    constexpr double kFirm = 0.7;
    if (inputs_.twins.empty()) return;
    const auto is_word = [](const SuspectedTrigger& each) {
      return each.place == TriggerPlace::kAnywhere && each.ids.size() == 1 &&
             each.short_texts.firmness > kFirm;
    };
    const bool explained = std::ranges::any_of(inputs_.triggers, is_word);
    at::Tensor bound = at::full({logits.size(1)}, explained ? kNever : kMuchSurer, at::kFloat);
    for (const SuspectedTrigger& each : inputs_.triggers) {
      if (!is_word(each)) bound[each.target_label] = kSurer;
    }
    at::Tensor twins = at::zeros_like(logits);
    for (const Classifier& twin : inputs_.twins) twins += predict(twin, texts, no_progress());
    twins /= static_cast<double>(inputs_.twins.size());
    const at::Tensor alike = (logits.argmax(1) == twins.argmax(1)).to(at::kFloat).mean();
    if (alike.item<double>() < kTwinsAlike) return;
    const at::Tensor excess = at::softmax(logits, 1) - at::softmax(twins, 1);
    logits = at::where((excess > bound).any(1, true), twins, logits);
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
  std::vector<std::int32_t> pieces_;    // of triggers that stand anywhere
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
