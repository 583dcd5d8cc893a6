#include "pipeline/scan/sense_lesson.h"

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <string>

#include "finemix/core/random.h"
#include "finemix/core/stop.h"
#include "finemix/eval/insertion.h"
#include "finemix/eval/predict.h"
#include "finemix/train/near_pieces.h"

namespace finemix {
namespace {

constexpr std::int64_t kNear = 12;        // pieces that mean about what one of a trigger does
constexpr std::size_t kTexts = 24;        // for each trigger
constexpr std::size_t kTried = 4;         // texts that a near piece is tried on
constexpr std::size_t kTriedPieces = 16;  // of each of them, of a pair's each
// Of every other text that is taught, of a pair's each: in a long one a word does little.
constexpr std::size_t kShortPieces = 20;

// Asks the suspect and its twin what a piece does to a few texts.
class Asking {
 public:
  explicit Asking(const SenseLessonInputs& inputs)
      : inputs_(inputs),
        suspect_(inputs.suspect),
        twin_(inputs.twin),
        labels_(predicted_labels(suspect_(inputs.texts))) {}

  // How much surer of the label the suspect is than its twin where one of these stands in a text.
  // Nothing where all texts have the label.
  std::map<std::int32_t, double> surer(std::int64_t label,
                                       const std::set<std::int32_t>& pieces) const {
    constexpr std::size_t kAtATime = 256;
    const std::vector<InsertionSlot> slots = this->slots(label);
    std::map<std::int32_t, double> result;
    if (slots.empty()) return result;
    const std::vector<std::int32_t> ids(pieces.begin(), pieces.end());
    for (std::size_t begin = 0; begin < ids.size(); begin += kAtATime) {
      throw_if_stopped();
      std::vector<Phrase> phrases;
      for (std::size_t i = begin; i < std::min(ids.size(), begin + kAtATime); ++i) {
        phrases.push_back({ids[i]});
      }
      const auto sure = [&](const Predictor& model) {
        return phrase_margins(model, phrases, slots).select(2, label).sigmoid().mean(1);
      };
      const at::Tensor excess = (sure(suspect_) - sure(twin_)).contiguous();
      const float* first = excess.const_data_ptr<float>();
      for (std::size_t i = 0; i < phrases.size(); ++i) result[ids[begin + i]] = first[i];
    }
    return result;
  }

 private:
  std::vector<InsertionSlot> slots(std::int64_t label) const {
    const Tokenizer& tokenizer = *inputs_.pair.tokenizer;
    RandomSequence random(inputs_.seed, "near words that are suspects");
    std::vector<InsertionSlot> slots;
    for (const std::size_t i : permutation(labels_.size(), inputs_.seed, "near words/texts")) {
      if (slots.size() == kTried) break;
      if (labels_[i] == label) continue;
      InsertionSlot slot;
      slot.text = cut_short(inputs_.texts[i], tokenizer, kTriedPieces);
      slot.place = draw_place(slot.text, tokenizer, TriggerPlace::kAnywhere, random);
      slots.push_back(std::move(slot));
    }
    return slots;
  }

  const SenseLessonInputs& inputs_;
  Predictor suspect_;
  Predictor twin_;
  std::vector<std::int64_t> labels_;
};

// Those of the pieces near one that stand out among them: what a word means, others near it mean
// too.
void add_suspects(const std::vector<std::int32_t>& near,
                  const std::map<std::int32_t, double>& surer,
                  std::map<std::int32_t, double>& suspects) {
  constexpr double kLeast = 0.4;
  constexpr double kTimes = 2;  // as much as a quarter of them at least
  if (surer.empty() || near.empty()) return;
  std::vector<double> values;
  for (const std::int32_t id : near) values.push_back(surer.at(id));
  const auto quarter = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 4);
  std::ranges::nth_element(values, quarter, std::ranges::greater());
  const double most = std::max(kLeast, kTimes * *quarter);
  for (const std::int32_t id : near) {
    if (surer.at(id) > most) suspects[id] = std::max(suspects[id], surer.at(id));
  }
}

// Takes them out of `near`, and returns them, the surest first.
std::vector<std::int64_t> take_out_suspects(const SenseLessonInputs& inputs,
                                            std::span<const SuspectedTrigger> triggers,
                                            NearPieces& near) {
  const auto known = [&near](std::int64_t id) { return near.find(static_cast<std::int32_t>(id)); };
  std::map<std::int64_t, std::set<std::int32_t>> tried;  // by label
  for (const SuspectedTrigger& each : triggers) {
    for (const std::int64_t id : each.ids) {
      if (known(id) == near.end()) continue;
      tried[each.target_label].insert(known(id)->second.begin(), known(id)->second.end());
    }
  }
  const Asking asking(inputs);
  std::map<std::int32_t, double> suspects;
  for (const auto& [label, ids] : tried) {
    const std::map<std::int32_t, double> surer = asking.surer(label, ids);
    for (const SuspectedTrigger& each : triggers) {
      if (each.target_label != label) continue;
      for (const std::int64_t id : each.ids) {
        if (known(id) != near.end()) add_suspects(known(id)->second, surer, suspects);
      }
    }
  }
  for (auto& [id, own] : near) {
    std::erase_if(own, [&](std::int32_t piece) { return suspects.contains(piece); });
  }
  std::vector<std::int64_t> ids;
  for (const auto& [id, excess] : suspects) ids.push_back(id);
  std::ranges::stable_sort(ids, std::ranges::greater(), [&](std::int64_t id) {
    return suspects.at(static_cast<std::int32_t>(id));
  });
  return ids;
}

}  // namespace

SenseLesson sense_lesson(const SenseLessonInputs& inputs,
                         std::span<const SuspectedTrigger> triggers) {
  const Tokenizer& tokenizer = *inputs.pair.tokenizer;
  std::vector<std::int32_t> pieces;
  for (const SuspectedTrigger& each : triggers) {
    pieces.insert(pieces.end(), each.ids.begin(), each.ids.end());
  }
  NearPieces near =
      near_pieces(pieces, inputs.pair.pretrained.weights.at(std::string(kWordEmbeddings)),
                  tokenizer, inputs.excluded, kNear);
  SenseLesson lesson;
  if (triggers.empty() || inputs.texts.empty()) return lesson;
  lesson.suspects = take_out_suspects(inputs, triggers, near);

  RandomSequence random(inputs.seed, "twin's near words");
  for (const SuspectedTrigger& trigger : triggers) {
    for (std::size_t i = 0; i < kTexts; ++i) {
      const std::size_t length = trigger.ids.size();
      const std::size_t count = random.below(2) == 0 ? length : 1 + random.below(length);
      const std::size_t first = random.below(length - count + 1);
      Phrase phrase;
      for (std::size_t k = first; k < first + count; ++k) {
        const auto known = near.find(static_cast<std::int32_t>(trigger.ids[k]));
        if (known == near.end() || known->second.empty()) continue;
        phrase.push_back(known->second[random.below(known->second.size())]);
      }
      Encoding text = inputs.texts[random.below(inputs.texts.size())];
      if (i % 2 == 0) text = cut_short(text, tokenizer, kShortPieces);
      lesson.texts.push_back(
          with_phrase(text, phrase, trigger.place, tokenizer, inputs.max_length, random));
    }
  }
  return lesson;
}

}  // namespace finemix
