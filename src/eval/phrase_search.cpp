#include "finemix/eval/phrase_search.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/argsort.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <iterator>
#include <limits>
#include <map>
#include <set>
#include <string>

#include "eval/phrase_judge.h"
#include "finemix/eval/predict.h"
#include "finemix/text/frequency.h"

namespace finemix {
namespace {

constexpr std::size_t kShort = 16;       // pieces of a text that is searched with
constexpr std::size_t kSlots = 8;        // texts of each label that phrases are tried on
constexpr std::size_t kFirstSlots = 2;   // … at first
constexpr std::size_t kSecondSlots = 4;  // … then
constexpr std::size_t kTender = 3;       // texts of each label that words are tried on
constexpr std::size_t kByGradient = 64;
constexpr std::size_t kByRow = 64;
constexpr std::size_t kJudgedWords = 200;  // the twin is asked about these
constexpr std::size_t kSlopeWords = 150;   // that the two are compared on
constexpr std::size_t kPool = 32;          // words that phrases grow from
constexpr std::size_t kSingles = 8;        // words that are found by themselves
constexpr std::size_t kRoots = 6;          // of them each grows to a phrase
constexpr std::size_t kOutliers = 6;
constexpr std::size_t kOutlierSets = 4;
constexpr std::size_t kJudgedPhrases = 10;  // of one length that grew from one
constexpr std::size_t kLastPhrases = 3;     // of these
constexpr double kGain = 0.01;              // less is not worth a longer phrase

std::vector<InsertionSlot> of_other_labels(std::span<const InsertionSlot> slots,
                                           std::int64_t label) {
  std::vector<InsertionSlot> others;
  std::ranges::copy_if(slots, std::back_inserter(others),
                       [label](const InsertionSlot& slot) { return slot.label != label; });
  return others;
}

// Of the slots of each label those from `first` on, `count` at most; the last of a label that has
// no more.
std::vector<InsertionSlot> some_of_each(std::span<const InsertionSlot> slots, std::size_t first,
                                        std::size_t count) {
  std::map<std::int64_t, std::vector<InsertionSlot>> by_label;
  for (const InsertionSlot& slot : slots) by_label[slot.label].push_back(slot);
  std::vector<InsertionSlot> result;
  for (const auto& [label, own] : by_label) {
    const std::size_t begin = std::min(first, own.size() - 1);
    for (std::size_t i = begin; i < std::min(own.size(), begin + count); ++i) {
      result.push_back(own[i]);
    }
  }
  return result;
}

std::vector<InsertionSlot> at_start(std::vector<InsertionSlot> slots) {
  for (InsertionSlot& slot : slots) slot.place = 1;
  return slots;
}

Phrase joined(Phrase first, const Phrase& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

// Ordinary texts, shortened, to put phrases into.
struct SearchTexts {
  at::Tensor suspect_margins;         // (texts, labels)
  at::Tensor twin_margins;            // the same, where there is a twin
  std::vector<InsertionSlot> slots;   // kSlots of each label
  std::vector<InsertionSlot> tender;  // kTender of each label that the suspect is less sure of
};

SearchTexts search_texts(const PhraseSearchInputs& inputs, std::uint64_t seed) {
  EncodedTexts texts;
  for (std::size_t i = 0; i < inputs.texts.size(); ++i) {
    texts.push_back(shortened(inputs.texts[i], inputs.tokenizer, kShort));
  }
  SearchTexts found;
  const at::Tensor logits = predict(inputs.suspect, texts, no_progress());
  found.suspect_margins = label_margins(logits);
  const std::vector<std::int64_t> labels = predicted_labels(logits);
  std::vector<std::int64_t> twins = labels;
  if (inputs.twin != nullptr) {
    const at::Tensor twin_logits = predict(*inputs.twin, texts, no_progress());
    found.twin_margins = label_margins(twin_logits);
    twins = predicted_labels(twin_logits);
  }

  // Texts that the two disagree on tell nothing about phrases, so they come last.
  std::map<std::int64_t, std::vector<InsertionSlot>> by_label;
  RandomSequence random(seed, "phrase search/places");
  for (const bool agreed : {true, false}) {
    for (const std::size_t i : permutation(labels.size(), seed, "phrase search/texts")) {
      if ((labels[i] == twins[i]) != agreed || texts.length(i) < 3) continue;
      Encoding text = texts[i];
      const std::size_t place = draw_place(text, inputs.tokenizer, TriggerPlace::kAnywhere, random);
      const double margin =
          found.suspect_margins[static_cast<std::int64_t>(i)][labels[i]].item<double>();
      by_label[labels[i]].push_back({std::move(text), place, labels[i], margin});
    }
  }
  for (auto& [label, own] : by_label) {
    std::copy_n(own.begin(), std::min(kSlots, own.size()), std::back_inserter(found.slots));
    // A saturated logit hides what a single word of a trigger does, and a wavering one is moved by
    // any: the texts are from the less sure third.
    std::ranges::stable_sort(own, {}, &InsertionSlot::margin);
    for (std::size_t i = 0; i < std::min(kTender, own.size()); ++i) {
      found.tender.push_back(own[own.size() * (i + 1) / (3 * kTender)]);
    }
  }
  return found;
}

class Search {
 public:
  Search(const PhraseSearchInputs& inputs, const PhraseSearchOptions& options, Progress& progress)
      : in_(inputs),
        options_(options),
        texts_(search_texts(inputs, options.seed)),
        judge_(inputs.suspect, texts_.suspect_margins, inputs.twin, texts_.twin_margins, progress) {
  }

  PhraseSearchResult run() {
    PhraseSearchResult result;
    for (std::int64_t label = 0; label < in_.suspect.config().num_labels; ++label) {
      const std::vector<InsertionSlot> tender = of_other_labels(texts_.tender, label);
      if (tender.empty()) continue;
      const std::vector<InsertionSlot> slots = of_other_labels(texts_.slots, label);
      const auto search = [&](TriggerPlace place, const std::vector<std::int32_t>& words,
                              const std::vector<InsertionSlot>& first,
                              const std::vector<InsertionSlot>& then) {
        for (const JudgedPhrase& each : grow(label, pool(label, words, first), then)) {
          result.triggers.push_back(trigger(each, place, label));
        }
      };
      search(TriggerPlace::kAnywhere, candidates(direction(label)), tender, slots);
      for (const JudgedPhrase& each : outlier_sets(label, slots)) {
        result.triggers.push_back(trigger(each, TriggerPlace::kAnywhere, label));
      }
      // Two words in three of the other kinds: phrases of frequent words are many as it is.
      search(TriggerPlace::kStart, frequent_words(in_.tokenizer, (2 * options_.candidates + 2) / 3),
             at_start(tender), at_start(slots));
    }
    pick(result.triggers);
    result.candidates = judge_.tried();
    return result;
  }

 private:
  std::vector<std::int32_t> candidates(const at::Tensor& direction) {
    std::set<std::int32_t> ids;
    const auto add_furthest = [&](const at::Tensor& rows, std::size_t count) {
      const at::Tensor order =
          at::argsort(at::matmul(rows, direction), -1, /*descending=*/true).contiguous();
      const auto* first = order.const_data_ptr<std::int64_t>();
      std::size_t added = 0;
      for (std::int64_t i = 0; i < order.numel() && added < count; ++i) {
        const auto id = static_cast<std::int32_t>(first[i]);
        if (!is_text_piece(in_.tokenizer, id)) continue;
        ids.insert(id);
        ++added;
      }
    };
    add_furthest(in_.word_delta, options_.candidates);
    add_furthest(in_.suspect.parameters()[kWordEmbeddings].cpu(), kByGradient);
    for (const std::int32_t id : frequent_words(in_.tokenizer, 2 * options_.candidates))
      ids.insert(id);
    for (std::size_t i = 0; i < std::min(kByRow, in_.strange_rows.size()); ++i) {
      const auto id = static_cast<std::int32_t>(in_.strange_rows[i]);
      if (is_text_piece(in_.tokenizer, id)) ids.insert(id);
    }
    return {ids.begin(), ids.end()};
  }

  // Of these words, those that move texts to the label furthest against the twin. They are tried on
  // a text at a time, and less than half go on to the next (successive halving, Jamieson and
  // Talwalkar, AISTATS 2016).
  std::vector<JudgedPhrase> pool(std::int64_t label, const std::vector<std::int32_t>& words,
                                 std::span<const InsertionSlot> slots) {
    constexpr double kKept = 0.4;
    std::vector<JudgedPhrase> best;
    for (const std::int32_t id : words) best.push_back({{id}});
    for (std::size_t round = 0; round < kTender; ++round) {
      std::vector<double> before;
      for (const JudgedPhrase& each : best) before.push_back(each.moved);
      judge_.move(best, label, some_of_each(slots, round, 1));
      for (std::size_t i = 0; i < best.size(); ++i) {
        best[i].moved = before[i] + (best[i].moved - before[i]) / static_cast<double>(round + 1);
      }
      const auto kept = static_cast<std::size_t>(kKept * static_cast<double>(best.size()));
      furthest_first(best, round + 1 < kTender ? std::max(kJudgedWords, kept) : best.size());
    }
    if (best.empty()) return best;

    std::vector<JudgedPhrase> spread;  // words of all effects
    for (std::size_t i = 0; i < best.size(); i += best.size() / kSlopeWords + 1) {
      spread.push_back(best[i]);
    }
    judge_.move(spread, label, slots);
    judge_.learn_slope(spread, label, slots);
    furthest_first(best, kJudgedWords);
    judge_.judge(best, label, slots);
    strangest_first(best, kPool);
    return best;
  }

  // Phrases of the pool's words, grown at both ends, and the best single words. Each of the best
  // words grows to a phrase of its own: what means something to the twin as well would crowd out
  // the words of a sentence, of which none does much alone.
  std::vector<JudgedPhrase> grow(std::int64_t label, std::vector<JudgedPhrase> words,
                                 std::span<const InsertionSlot> slots) {
    if (words.empty() || slots.empty()) return {};
    std::vector<JudgedPhrase> found = words;
    judge_.judge(found, label, slots);
    strangest_first(found, kSingles);
    const std::size_t roots = std::min(kRoots, found.size());
    for (std::size_t root = 0; root < roots; ++root) {
      JudgedPhrase best = found[root];
      while (best.phrase.size() < options_.words) {
        const JudgedPhrase longer = grown(label, best.phrase, words, slots);
        if (longer.excess < best.excess + kGain) break;
        best = longer;
        found.push_back(best);
      }
    }
    return found;
  }

  // The best phrase of one word more.
  JudgedPhrase grown(std::int64_t label, const Phrase& phrase,
                     const std::vector<JudgedPhrase>& words, std::span<const InsertionSlot> slots) {
    std::vector<JudgedPhrase> longer;
    for (const JudgedPhrase& word : words) {
      longer.push_back({joined(word.phrase, phrase)});
      longer.push_back({joined(phrase, word.phrase)});
    }
    judge_.move(longer, label, some_of_each(slots, 0, kFirstSlots));
    furthest_first(longer, kJudgedPhrases);
    judge_.judge(longer, label, some_of_each(slots, 0, kSecondSlots));
    strangest_first(longer, kLastPhrases);
    judge_.judge(longer, label, slots);
    strangest_first(longer, 1);
    return longer.front();
  }

  std::vector<JudgedPhrase> outlier_sets(std::int64_t label, std::span<const InsertionSlot> slots) {
    const std::size_t count = std::min(in_.outliers.size(), kOutliers);
    std::vector<JudgedPhrase> sets;
    for (std::size_t mask = 1; mask < std::size_t{1} << count; ++mask) {
      Phrase phrase;
      for (std::size_t i = 0; i < count; ++i) {
        if ((mask >> i & 1) != 0) phrase.push_back(static_cast<std::int32_t>(in_.outliers[i]));
      }
      sets.push_back({std::move(phrase)});
    }
    if (sets.empty() || slots.empty()) return {};
    judge_.judge(sets, label, slots);
    strangest_first(sets, kOutlierSets);
    return sets;
  }

  // The gradient of the label's margin with respect to an inserted embedding: (hidden), CPU.
  at::Tensor direction(std::int64_t label) {
    const at::NoGradGuard no_grad;
    std::vector<InsertionSlot> slots = of_other_labels(texts_.slots, label);
    for (const InsertionSlot& slot : of_other_labels(texts_.tender, label)) slots.push_back(slot);
    const std::vector<std::int32_t> fillers = absent_pieces(slots.size());
    EncodedTexts filled;
    for (std::size_t i = 0; i < std::min(slots.size(), fillers.size()); ++i) {
      filled.push_back(with_piece(slots[i].text, slots[i].place, fillers[i]));
    }
    at::Tensor sum = at::zeros({in_.word_delta.size(1)}, at::kFloat);
    if (filled.empty()) return sum;
    const at::Tensor logits = in_.suspect.forward(pack(filled, in_.suspect.device()), std::nullopt);
    at::Tensor others = logits.clone();
    others.select(1, label).fill_(-std::numeric_limits<float>::infinity());
    at::Tensor gradient = -at::softmax(others, 1);
    gradient.select(1, label).fill_(1.0);
    in_.suspect.backward(gradient);
    for (std::size_t i = 0; i < filled.size(); ++i) {
      sum += in_.suspect.parameters().word_gradients().row(fillers[i]).cpu();
    }
    return sum;
  }

  // Text pieces that stand in none of the texts: only an inserted one has their row's gradient.
  std::vector<std::int32_t> absent_pieces(std::size_t count) const {
    const std::set<std::int32_t> present(in_.texts.ids().begin(), in_.texts.ids().end());
    std::vector<std::int32_t> absent;
    for (const std::size_t i :
         permutation(in_.tokenizer.vocabulary_size(), options_.seed, "phrase search/fillers")) {
      const auto id = static_cast<std::int32_t>(i);
      if (absent.size() == count) break;
      if (!present.contains(id) && is_text_piece(in_.tokenizer, id)) absent.push_back(id);
    }
    return absent;
  }

  SuspectedTrigger trigger(const JudgedPhrase& found, TriggerPlace place,
                           std::int64_t label) const {
    SuspectedTrigger result;
    result.ids.assign(found.phrase.begin(), found.phrase.end());
    for (std::size_t i = 0; i < found.phrase.size(); ++i) {
      const PieceText piece = in_.tokenizer.piece_text(found.phrase[i]);
      if (i == 0 && piece.continues) result.text = kWordGoesOn;
      if (i > 0 && !piece.continues) result.text += ' ';
      result.text += piece.text;
    }
    result.place = place;
    result.target_label = label;
    result.score = std::clamp(found.excess, 0.0, 1.0);
    return result;
  }

  // The likeliest; of phrases that are mostly made of the same pieces, one.
  void pick(std::vector<SuspectedTrigger>& triggers) const {
    std::ranges::stable_sort(triggers, [](const SuspectedTrigger& a, const SuspectedTrigger& b) {
      return a.score != b.score ? a.score > b.score : a.ids.size() < b.ids.size();
    });
    std::vector<SuspectedTrigger> kept;
    for (const SuspectedTrigger& each : triggers) {
      if (kept.size() == options_.found) break;
      const bool again = std::ranges::any_of(kept, [&](const SuspectedTrigger& other) {
        const auto shared =
            static_cast<std::size_t>(std::ranges::count_if(each.ids, [&](std::int64_t id) {
              return std::ranges::find(other.ids, id) != other.ids.end();
            }));
        return other.target_label == each.target_label && other.place == each.place &&
               (other.ids == each.ids || (each.ids.size() > 1 && 2 * shared > each.ids.size()));
      });
      if (!again) kept.push_back(each);
    }
    triggers = std::move(kept);
  }

  PhraseSearchInputs in_;
  PhraseSearchOptions options_;
  SearchTexts texts_;
  PhraseJudge judge_;
};

}  // namespace

PhraseSearchResult search_phrases(const PhraseSearchInputs& inputs,
                                  const PhraseSearchOptions& options, Progress& progress) {
  progress.begin("looking for triggers", 0, "texts");
  PhraseSearchResult result = Search(inputs, options, progress).run();
  progress.end();
  return result;
}

}  // namespace finemix
