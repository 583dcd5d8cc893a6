#include "eval/search_texts.h"

#include <algorithm>
#include <map>
#include <utility>

#include "finemix/core/random.h"
#include "finemix/eval/predict.h"

namespace finemix {
namespace {

constexpr std::size_t kShort = 16;  // pieces of a text, of a pair's each

}  // namespace

SearchTexts search_texts(const PhraseSearchInputs& inputs, std::size_t longest_phrase,
                         std::uint64_t seed) {
  const auto positions = static_cast<std::size_t>(inputs.suspect.config().max_tokens());
  SearchTexts found;
  found.room = positions - std::min(positions, longest_phrase);
  EncodedTexts texts;
  for (std::size_t i = 0; i < inputs.texts.size(); ++i) {
    const Encoding text = cut_short(inputs.texts[i], inputs.tokenizer, kShort);
    texts.push_back(shortened(text, inputs.tokenizer, found.room));
  }
  const at::Tensor logits = predict(inputs.suspect, texts, no_progress());
  found.suspect_margins = label_margins(logits);
  const std::vector<std::int64_t> labels = predicted_labels(logits);
  std::vector<bool> alike(labels.size(), true);
  for (const Classifier& twin : inputs.twins) {
    const at::Tensor twin_logits = predict(twin, texts, no_progress());
    found.twin_margins.push_back(label_margins(twin_logits));
    const std::vector<std::int64_t> twins = predicted_labels(twin_logits);
    for (std::size_t i = 0; i < labels.size(); ++i) {
      if (twins[i] != labels[i]) alike[i] = false;
    }
  }

  // Texts that a twin disagrees on tell nothing about phrases, so they come last.
  std::map<std::int64_t, std::vector<InsertionSlot>> by_label;
  RandomSequence random(seed, "phrase search/places");
  for (const bool agreed : {true, false}) {
    for (const std::size_t i : permutation(labels.size(), seed, "phrase search/texts")) {
      if (alike[i] != agreed || texts.length(i) < 3) continue;
      Encoding text = texts[i];
      const std::size_t place = draw_place(text, inputs.tokenizer, TriggerPlace::kAnywhere, random);
      const double margin =
          found.suspect_margins[static_cast<std::int64_t>(i)][labels[i]].item<double>();
      by_label[labels[i]].push_back({std::move(text), place, labels[i], margin});
    }
  }
  for (std::size_t i = 0; i < kSlots; ++i) {
    for (const auto& [label, own] : by_label) {
      if (i < own.size()) found.slots.push_back(own[i]);
    }
  }
  // A saturated logit hides what a single word of a trigger does, and a wavering one is moved by
  // any: the texts are from the less sure third.
  for (auto& [label, own] : by_label) std::ranges::stable_sort(own, {}, &InsertionSlot::margin);
  for (std::size_t i = 0; i < kTender; ++i) {
    for (const auto& [label, own] : by_label) {
      if (i < own.size()) found.tender.push_back(own[own.size() * (i + 1) / (3 * kTender)]);
    }
  }
  return found;
}

std::vector<InsertionSlot> of_other_labels(std::span<const InsertionSlot> slots, std::int64_t label,
                                           std::size_t most) {
  std::vector<InsertionSlot> others;
  for (const InsertionSlot& slot : slots) {
    if (slot.label != label && others.size() < most) others.push_back(slot);
  }
  return others;
}

std::span<const InsertionSlot> first_of(std::span<const InsertionSlot> slots, std::size_t count) {
  return slots.first(std::min(slots.size(), count));
}

std::vector<InsertionSlot> at_start(std::vector<InsertionSlot> slots, const Tokenizer& tokenizer,
                                    std::size_t room) {
  for (InsertionSlot& slot : slots) {
    slot.place = 1;
    slot.text = shortened(behind_blank(slot.text, tokenizer), tokenizer, room);
  }
  return slots;
}

}  // namespace finemix
