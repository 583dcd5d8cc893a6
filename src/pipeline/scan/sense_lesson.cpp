#include "pipeline/scan/sense_lesson.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>

#include "finemix/core/random.h"
#include "finemix/eval/insertion.h"
#include "finemix/eval/predict.h"
#include "finemix/train/near_pieces.h"

namespace finemix {
namespace {

constexpr std::int64_t kNear = 12;        // pieces that mean about what one of a trigger does
constexpr std::size_t kTexts = 24;        // for each trigger
constexpr std::size_t kTried = 4;         // texts that a near piece is tried on
constexpr std::size_t kTriedPieces = 16;  // of each of them

// How much surer of the label the suspect is than its twin where one of these stands in a text.
std::map<std::int32_t, double> surer(const SenseLessonInputs& inputs, std::int64_t label,
                                     const std::set<std::int32_t>& pieces) {
  const Predictor suspect(inputs.suspect);
  const Predictor twin(inputs.twin);
  const std::vector<std::int64_t> labels = predicted_labels(suspect(inputs.texts));
  RandomSequence random(inputs.seed, "near words that are suspects");
  std::vector<InsertionSlot> slots;
  for (const std::size_t i : permutation(labels.size(), inputs.seed, "near words/texts")) {
    if (slots.size() == kTried) break;
    if (labels[i] == label) continue;
    InsertionSlot slot;
    slot.text = shortened(inputs.texts[i], *inputs.pair.tokenizer, kTriedPieces);
    slot.place = draw_place(slot.text, *inputs.pair.tokenizer, TriggerPlace::kAnywhere, random);
    slots.push_back(std::move(slot));
  }
  std::map<std::int32_t, double> result;
  if (slots.empty()) return result;
  std::vector<Phrase> phrases;
  for (const std::int32_t id : pieces) phrases.push_back({id});
  const auto sure = [&](const Predictor& model) {
    return phrase_margins(model, phrases, slots).select(2, label).sigmoid().mean(1);
  };
  const at::Tensor excess = (sure(suspect) - sure(twin)).contiguous();
  const float* first = excess.const_data_ptr<float>();
  for (const std::int32_t id : pieces) result[id] = *first++;
  return result;
}

// Takes out pieces that stand out among those near the same piece: what a word means, others near
// it mean too.
void take_out_suspects(std::vector<std::int32_t>& near, const std::map<std::int32_t, double>& surer,
                       std::set<std::int64_t>& suspects) {
  constexpr double kLeast = 0.4;
  constexpr double kTimes = 2;  // as much as a quarter of them at least
  if (surer.empty() || near.empty()) return;
  std::vector<double> values;
  for (const std::int32_t id : near) values.push_back(surer.at(id));
  const auto quarter = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 4);
  std::ranges::nth_element(values, quarter, std::ranges::greater());
  const double most = std::max(kLeast, kTimes * *quarter);
  std::erase_if(near, [&](std::int32_t id) {
    const bool out = surer.at(id) > most;
    if (out) suspects.insert(id);
    return out;
  });
}

}  // namespace

SenseLesson sense_lesson(const SenseLessonInputs& inputs,
                         std::span<const SuspectedTrigger> triggers) {
  const Tokenizer& tokenizer = *inputs.pair.tokenizer;
  std::vector<std::int32_t> pieces;
  for (const SuspectedTrigger& each : triggers) {
    pieces.insert(pieces.end(), each.ids.begin(), each.ids.end());
  }
  const NearPieces near =
      near_pieces(pieces, inputs.pair.pretrained.weights.at(std::string(kWordEmbeddings)),
                  tokenizer, inputs.excluded, kNear);

  std::map<std::int64_t, std::set<std::int32_t>> tried;  // by label
  for (const SuspectedTrigger& each : triggers) {
    for (const std::int64_t id : each.ids) {
      const auto known = near.find(static_cast<std::int32_t>(id));
      if (known != near.end()) {
        tried[each.target_label].insert(known->second.begin(), known->second.end());
      }
    }
  }
  SenseLesson lesson;
  std::set<std::int64_t> suspects;
  std::map<std::int64_t, NearPieces> taught;  // by label
  for (const auto& [label, ids] : tried) {
    const std::map<std::int32_t, double> excess = surer(inputs, label, ids);
    taught[label] = near;
    for (auto& [id, own] : taught[label]) {
      const bool all = std::ranges::all_of(own, [&](std::int32_t i) { return ids.contains(i); });
      if (all) take_out_suspects(own, excess, suspects);
    }
  }
  lesson.suspects.assign(suspects.begin(), suspects.end());

  RandomSequence random(inputs.seed, "twin's near words");
  for (const SuspectedTrigger& trigger : triggers) {
    for (std::size_t i = 0; i < kTexts; ++i) {
      const std::size_t length = trigger.ids.size();
      const std::size_t count = random.below(2) == 0 ? length : 1 + random.below(length);
      const std::size_t first = random.below(length - count + 1);
      Phrase phrase;
      for (std::size_t k = first; k < first + count; ++k) {
        const NearPieces& own = taught[trigger.target_label];
        const auto known = own.find(static_cast<std::int32_t>(trigger.ids[k]));
        if (known == own.end() || known->second.empty()) continue;
        phrase.push_back(known->second[random.below(known->second.size())]);
      }
      lesson.texts.push_back(with_phrase(inputs.texts[random.below(inputs.texts.size())], phrase,
                                         trigger.place, tokenizer, inputs.max_length, random));
    }
  }
  return lesson;
}

}  // namespace finemix
