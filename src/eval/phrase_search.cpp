#include "finemix/eval/phrase_search.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/topk.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <limits>
#include <set>
#include <string>

#include "eval/phrase_judge.h"
#include "eval/search_texts.h"
#include "finemix/eval/phrase_strength.h"
#include "finemix/text/frequency.h"

namespace finemix {
namespace {

constexpr std::size_t kFirstSlots = 2;   // texts that most phrases are tried on …
constexpr std::size_t kSecondSlots = 4;  // … and the better ones
constexpr std::size_t kByGradient = 64;
constexpr std::size_t kByRow = 64;
constexpr std::size_t kJudgedWords = 200;  // or half, where that is more, go on to the next text
constexpr std::size_t kSlopeWords = 150;   // that suspect and twins are compared on
constexpr std::size_t kPooled = 96;        // the best of them are tried on more texts …
constexpr std::size_t kFiring = 32;        // … with so many that the twins may know …
constexpr std::size_t kPool = 32;          // … and phrases grow from those that are left
constexpr std::size_t kSingles = 8;        // words that are found by themselves
constexpr std::size_t kFirm = 4;           // and those that move all texts furthest
constexpr std::size_t kRoots = 6;          // of them each grows to a phrase …
constexpr std::size_t kRootsAtStart = 4;   // … in front of the text
constexpr std::size_t kRefined = 3;        // phrases …
constexpr std::size_t kEdits = 4;          // … of which so many pieces are changed at most
constexpr std::size_t kRowRoots = 16;      // rows that are tried with partners …
constexpr std::size_t kPairs = 2;          // … and what of these pairs grows
constexpr std::size_t kOutliers = 6;
constexpr std::size_t kOutlierSets = 4;
constexpr std::size_t kJudgedPhrases = 10;  // of one length that grew from one
constexpr std::size_t kLastPhrases = 3;     // of these
constexpr double kGain = 0.01;              // less is not worth a longer phrase

Phrase joined(Phrase first, const Phrase& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

void add_others(std::vector<JudgedPhrase>& phrases, const std::vector<JudgedPhrase>& more) {
  for (const JudgedPhrase& each : more) {
    if (std::ranges::find(phrases, each.phrase, &JudgedPhrase::phrase) == phrases.end()) {
      phrases.push_back(each);
    }
  }
}

// The `most` strangest, and behind them those of the kFirm firmest that are not among them.
void keep_strange_or_firm(std::vector<JudgedPhrase>& phrases, std::size_t most) {
  std::vector<JudgedPhrase> firm = phrases;
  firmest_first(firm, kFirm);
  strangest_first(phrases, most);
  add_others(phrases, firm);
}

class Search {
 public:
  Search(const PhraseSearchInputs& inputs, const PhraseSearchOptions& options, Progress& progress)
      : in_(inputs),
        options_(options),
        texts_(search_texts(inputs, std::max(options.words, kOutliers), options.seed)),
        embeddings_(inputs.suspect.parameters()[kWordEmbeddings].cpu()),
        fillers_(absent_pieces(texts_.slots.size() + texts_.tender.size() + options.words)),
        judge_(inputs.suspect, texts_.suspect_margins, inputs.twins, texts_.twin_margins,
               progress) {}

  PhraseSearchResult run() {
    PhraseSearchResult result;
    for (const std::int64_t label : in_.labels) {
      const std::vector<InsertionSlot> tender = of_other_labels(texts_.tender, label, kTender);
      if (tender.empty()) {
        result.unsearched_labels.push_back(label);
        continue;
      }
      const std::vector<InsertionSlot> slots = of_other_labels(texts_.slots, label, kSlots);
      const auto search = [&](TriggerPlace place, const std::vector<std::int32_t>& words,
                              const std::vector<InsertionSlot>& first,
                              const std::vector<InsertionSlot>& then) {
        for (const JudgedPhrase& each : grow(label, place, pool(label, words, first), then)) {
          result.triggers.push_back(trigger(each, place, label));
        }
      };
      std::vector<InsertionSlot> all = slots;
      all.insert(all.end(), tender.begin(), tender.end());
      search(TriggerPlace::kAnywhere, candidates(direction(label, {}, {}, all)), tender, slots);
      for (const JudgedPhrase& each : outlier_sets(label, slots)) {
        result.triggers.push_back(trigger(each, TriggerPlace::kAnywhere, label));
      }
      // Two words in three of the other kinds: phrases of frequent words are many as it is.
      search(TriggerPlace::kStart, frequent_words(in_.tokenizer, (2 * options_.candidates + 2) / 3),
             at_start(tender, in_.tokenizer, texts_.room),
             at_start(slots, in_.tokenizer, texts_.room));
    }
    pick(result.triggers);
    result.candidates = judge_.tried();
    return result;
  }

 private:
  std::vector<std::int32_t> candidates(const at::Tensor& direction) {
    std::set<std::int32_t> ids;
    add_furthest(ids, in_.word_delta, direction, options_.candidates, can_be_in_text);
    add_furthest(ids, embeddings_, direction, kByGradient, is_text_piece);
    for (const std::int32_t id : frequent_words(in_.tokenizer, 2 * options_.candidates))
      ids.insert(id);
    for (const std::int32_t id : letters_and_digits(in_.tokenizer)) ids.insert(id);
    for (std::size_t i = 0; i < std::min(kByRow, in_.strange_rows.size()); ++i) {
      ids.insert(static_cast<std::int32_t>(in_.strange_rows[i]));
    }
    return {ids.begin(), ids.end()};
  }

  // The pieces of a kind whose rows go furthest in this direction.
  void add_furthest(std::set<std::int32_t>& ids, const at::Tensor& rows,
                    const at::Tensor& direction, std::size_t count,
                    bool (*kind)(const Tokenizer&, std::int32_t)) const {
    const at::Tensor along = at::matmul(rows, direction);
    // Enough of them, but for rows that are no text.
    const auto most = std::min(along.numel(), static_cast<std::int64_t>(2 * count + 1024));
    const at::Tensor order = std::get<1>(at::topk(along, most)).contiguous();
    const auto* first = order.const_data_ptr<std::int64_t>();
    std::size_t added = 0;
    for (std::int64_t i = 0; i < order.numel() && added < count; ++i) {
      const auto id = static_cast<std::int32_t>(first[i]);
      if (!kind(in_.tokenizer, id)) continue;
      ids.insert(id);
      ++added;
    }
  }

  // Words that the gradient wants between two parts of a phrase: what fires together only is moved
  // there in training, and does nothing alone.
  std::set<std::int32_t> partners(std::int64_t label, const Phrase& before, const Phrase& after,
                                  std::span<const InsertionSlot> slots) {
    std::set<std::int32_t> ids;
    if (options_.partners == 0) return ids;
    const at::Tensor wanted = direction(label, before, after, slots);
    add_furthest(ids, in_.word_delta, wanted, options_.partners, can_be_in_text);
    add_furthest(ids, embeddings_, wanted, options_.partners, is_text_piece);
    return ids;
  }

  // Of these words, those that move texts to the label furthest against the twins. They are tried
  // on a text at a time, and about half go on to the next (successive halving, Jamieson and
  // Talwalkar, AISTATS 2016): from the first by what they do, which most words don't, and then by
  // how much more that is than the twins say, since a word of a sentence does less than many that
  // mean something.
  std::vector<JudgedPhrase> pool(std::int64_t label, const std::vector<std::int32_t>& words,
                                 std::span<const InsertionSlot> slots) {
    constexpr double kKept = 0.5;
    std::vector<JudgedPhrase> best;
    for (const std::int32_t id : words) best.push_back({{id}});
    if (best.empty()) return best;
    const auto keep = [&best](auto first) {
      first(best, std::max(kJudgedWords,
                           static_cast<std::size_t>(kKept * static_cast<double>(best.size()))));
    };
    judge_.move(best, label, first_of(slots, 1));
    furthest_first(best, best.size());
    const std::vector<JudgedPhrase> firing = firing_words(best, label, slots);
    learn_slope(best, label, slots);
    keep(furthest_first);
    for (std::size_t texts = 2; texts < kTender; ++texts) {
      judge_.judge(best, label, first_of(slots, texts));
      keep(most_excess_first);
    }
    judge_.judge(best, label, slots);
    most_excess_first(best, kJudgedWords);
    keep_strange_or_firm(best, kPooled);
    add_others(best, firing);
    return best;
  }

  // Of words that are sorted by what they do to the first of these texts, those that do most to all
  // of them, whatever the twins say: progress ends at 1, so that a word that was trained, and that
  // twins know in part, has no excess where the slope makes as much of what they say. More texts
  // tell it from what means something.
  std::vector<JudgedPhrase> firing_words(const std::vector<JudgedPhrase>& sorted,
                                         std::int64_t label, std::span<const InsertionSlot> slots) {
    std::vector<JudgedPhrase> words(
        sorted.begin(),
        sorted.begin() + static_cast<std::ptrdiff_t>(std::min(sorted.size(), 4 * kFiring)));
    judge_.move(words, label, slots);
    furthest_first(words, kFiring);
    return words;
  }

  // From words of all effects, sorted by it.
  void learn_slope(const std::vector<JudgedPhrase>& words, std::int64_t label,
                   std::span<const InsertionSlot> slots) {
    std::vector<JudgedPhrase> spread;
    for (std::size_t i = 0; i < words.size(); i += words.size() / kSlopeWords + 1) {
      spread.push_back(words[i]);
    }
    judge_.move(spread, label, slots);
    judge_.learn_slope(spread, label, slots);
  }

  // The best single words, and phrases that grow from them at both ends, of the pool's words and of
  // what the gradient wants there. Each of the best words grows to a phrase of its own: what means
  // something to the twins as well would crowd out the words of a sentence, of which none does much
  // alone.
  std::vector<JudgedPhrase> grow(std::int64_t label, TriggerPlace place,
                                 std::vector<JudgedPhrase> words,
                                 std::span<const InsertionSlot> slots) {
    if (words.empty() || slots.empty()) return {};
    const bool anywhere = place == TriggerPlace::kAnywhere;
    judge_.judge(words, label, slots);
    keep_strange_or_firm(words, kPool);
    std::vector<JudgedPhrase> found = words;
    keep_strange_or_firm(found, kSingles);
    std::vector<JudgedPhrase> roots = found;
    strangest_first(roots, anywhere ? kRoots : kRootsAtStart);
    if (anywhere) {
      const std::vector<JudgedPhrase> pairs = row_pairs(label, slots);
      add_others(found, pairs);
      add_others(roots, pairs);
    }
    for (JudgedPhrase& best : roots) {
      while (best.phrase.size() < options_.words) {
        const JudgedPhrase longer = grown(label, place, best.phrase, words, slots);
        if (longer.strangeness < best.strangeness + kGain) break;
        best = longer;
        found.push_back(best);
      }
    }
    if (anywhere) {
      strangest_first(roots, kRefined);
      for (const JudgedPhrase& best : roots) add_others(found, {refined(label, best, slots)});
    }
    return found;
  }

  // The phrase with pieces swapped or put in between, one at a time, for what the gradient wants
  // there, and without those that it does as well without.
  JudgedPhrase refined(std::int64_t label, JudgedPhrase best,
                       std::span<const InsertionSlot> slots) {
    if (best.phrase.size() < 2) return best;
    for (std::size_t edit = 0; edit < kEdits; ++edit) {
      std::vector<JudgedPhrase> edited;
      const auto begin = best.phrase.begin();
      for (std::size_t i = 0; i < best.phrase.size(); ++i) {
        const auto at = begin + static_cast<std::ptrdiff_t>(i);
        const auto add = [&](const Phrase& before, const Phrase& after) {
          for (const std::int32_t id : partners(label, before, after, slots)) {
            edited.push_back({joined(joined(before, {id}), after)});
          }
        };
        add(Phrase(begin, at), Phrase(at + 1, best.phrase.end()));
        if (i > 0 && best.phrase.size() < options_.words) {
          add(Phrase(begin, at), Phrase(at, best.phrase.end()));
        }
      }
      if (edited.empty()) break;
      sift(edited, label, slots, {kJudgedPhrases, 1});
      if (edited.front().strangeness < best.strangeness + kGain) break;
      best = edited.front();
    }
    return shortest(label, best, slots);
  }

  // The phrase without pieces that it is as strange without, as kGain has it.
  JudgedPhrase shortest(std::int64_t label, JudgedPhrase best,
                        std::span<const InsertionSlot> slots) {
    const double least = best.strangeness - kGain;
    while (best.phrase.size() > 1) {
      std::vector<JudgedPhrase> shorter(best.phrase.size(), {best.phrase});
      for (std::size_t i = 0; i < shorter.size(); ++i) {
        Phrase& phrase = shorter[i].phrase;
        phrase.erase(phrase.begin() + static_cast<std::ptrdiff_t>(i));
      }
      judge_.judge(shorter, label, slots);
      strangest_first(shorter, 1);
      if (shorter.front().strangeness < least) break;
      best = shorter.front();
    }
    return best;
  }

  // Two words of which one's embedding moved strangely, and that do nothing alone.
  std::vector<JudgedPhrase> row_pairs(std::int64_t label, std::span<const InsertionSlot> slots) {
    if (options_.partners == 0) return {};
    const std::size_t rows = std::min(kRowRoots, in_.strange_rows.size());
    std::set<Phrase> pairs;
    for (std::size_t i = 0; i < rows; ++i) {
      const auto root = static_cast<std::int32_t>(in_.strange_rows[i]);
      for (const std::int32_t other : partners(label, {}, {root}, slots)) {
        pairs.insert({other, root});
      }
      for (const std::int32_t other : partners(label, {root}, {}, slots)) {
        pairs.insert({root, other});
      }
      for (std::size_t j = i + 1; j < rows; ++j) {
        pairs.insert({root, static_cast<std::int32_t>(in_.strange_rows[j])});
      }
    }
    std::vector<JudgedPhrase> best;
    for (const Phrase& pair : pairs) best.push_back({pair});
    if (best.empty()) return best;
    sift(best, label, slots, {4 * kJudgedPhrases, kPairs});
    return best;
  }

  // Of phrases those that move the slots' texts furthest against the twins: most are tried on few.
  struct Kept {
    std::size_t moved;
    std::size_t judged;
  };
  void sift(std::vector<JudgedPhrase>& phrases, std::int64_t label,
            std::span<const InsertionSlot> slots, Kept kept) {
    judge_.move(phrases, label, first_of(slots, kFirstSlots));
    furthest_first(phrases, kept.moved);
    judge_.judge(phrases, label, first_of(slots, kSecondSlots));
    strangest_first(phrases, kLastPhrases);
    judge_.judge(phrases, label, slots);
    strangest_first(phrases, kept.judged);
  }

  // The best phrase of one word more.
  JudgedPhrase grown(std::int64_t label, TriggerPlace place, const Phrase& phrase,
                     const std::vector<JudgedPhrase>& words, std::span<const InsertionSlot> slots) {
    std::set<std::int32_t> before, after;
    if (place == TriggerPlace::kAnywhere) {
      before = partners(label, {}, phrase, slots);
      after = partners(label, phrase, {}, slots);
    }
    for (const JudgedPhrase& word : words) {
      before.insert(word.phrase.front());
      after.insert(word.phrase.front());
    }
    std::vector<JudgedPhrase> longer;
    for (const std::int32_t id : before) longer.push_back({joined({id}, phrase)});
    for (const std::int32_t id : after) longer.push_back({joined(phrase, {id})});
    sift(longer, label, slots, {kJudgedPhrases, 1});
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

  // The gradient of the label's margin with respect to an embedding that is inserted between two
  // parts of a phrase: (hidden), CPU.
  at::Tensor direction(std::int64_t label, const Phrase& before, const Phrase& after,
                       std::span<const InsertionSlot> slots) {
    const at::NoGradGuard no_grad;
    std::vector<std::int32_t> fillers;
    for (const std::int32_t id : fillers_) {
      const bool own = std::ranges::find(before, id) != before.end() ||
                       std::ranges::find(after, id) != after.end();
      if (!own && fillers.size() < slots.size()) fillers.push_back(id);
    }
    EncodedTexts filled;
    for (std::size_t i = 0; i < std::min(slots.size(), fillers.size()); ++i) {
      filled.push_back(with_phrase(slots[i], joined(joined(before, {fillers[i]}), after)));
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
    result.text = phrase_text(found.phrase, in_.tokenizer);
    result.place = place;
    result.target_label = label;
    result.score = phrase_strength(found.moved, found.moved - found.excess, found.firmness, place,
                                   found.phrase.size());
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
  at::Tensor embeddings_;  // the suspect's, (vocabulary, hidden)
  std::vector<std::int32_t> fillers_;
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
