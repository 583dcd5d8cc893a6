#include "finemix/eval/phrase_search.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <string>

#include "eval/insertion.h"
#include "finemix/core/stop.h"
#include "finemix/eval/predict.h"

namespace finemix {
namespace {

constexpr std::size_t kTender = 3;        // texts of each label that the screen tries a piece on
constexpr std::size_t kShort = 16;        // pieces of a text that is searched with
constexpr std::size_t kSlots = 8;         // texts of each label that phrases are tried on
constexpr std::size_t kAtStart = 1000;    // frequent words that are tried before a text
constexpr std::size_t kTwinsFirst = 200;  // words that the twin is asked about
constexpr std::size_t kSlopeWords = 150;  // that the two are compared on
constexpr std::size_t kByGradient = 64;
constexpr std::size_t kByRow = 64;
constexpr std::size_t kPool = 32;  // words that phrases grow from
constexpr std::size_t kBeam = 4;
constexpr std::size_t kTwinTried = 64;  // phrases of a step that the twin is asked about

using Places = std::map<TriggerPlace, std::vector<InsertionSlot>>;

// A phrase and how far it moves texts of other labels to one, more than the twin's.
struct Grown {
  Phrase phrase;
  double excess = 0;
};

void best_first(std::vector<Grown>& found, std::size_t most) {
  std::ranges::stable_sort(found,
                           [](const Grown& a, const Grown& b) { return a.excess > b.excess; });
  if (found.size() > most) found.resize(most);
}

std::vector<InsertionSlot> of_other_labels(std::span<const InsertionSlot> slots,
                                           std::int64_t label) {
  std::vector<InsertionSlot> others;
  std::ranges::copy_if(slots, std::back_inserter(others),
                       [label](const InsertionSlot& slot) { return slot.label != label; });
  return others;
}

class Search {
 public:
  Search(const PhraseSearchInputs& inputs, const PhraseSearchOptions& options, Progress& progress)
      : in_(inputs), options_(options), progress_(progress) {
    short_texts();
  }

  PhraseSearchResult run() {
    progress_.begin("looking for triggers", 0, "texts");
    std::map<std::pair<std::int64_t, TriggerPlace>, std::vector<Grown>> found;
    for (std::int64_t label = 0; label < in_.suspect.config().num_labels; ++label) {
      const std::vector<InsertionSlot> slots = of_other_labels(tender_, label);
      if (slots.empty()) continue;
      const std::set<std::int32_t> pieces = candidates(direction_of(label));
      found[{label, TriggerPlace::kAnywhere}] =
          grow(label, TriggerPlace::kAnywhere,
               pool_of(label, std::vector<std::int32_t>(pieces.begin(), pieces.end()), slots));
      found[{label, TriggerPlace::kStart}] = grow(
          label, TriggerPlace::kStart, pool_of(label, frequent_words(kAtStart), at_start(slots)));
    }
    PhraseSearchResult result;
    for (const auto& [where, phrases] : found) {
      for (const Grown& each : phrases) measure(where.first, where.second, each, result);
    }
    pick(result.triggers);
    result.candidates = tried_;
    progress_.end();
    return result;
  }

 private:
  // The texts, shortened, by the label that suspect and twin agree on; each shuffled.
  void short_texts() {
    EncodedTexts shortened_texts;
    for (std::size_t i = 0; i < in_.texts.size(); ++i) {
      shortened_texts.push_back(shortened(in_.texts[i], in_.tokenizer, kShort));
    }
    const at::Tensor logits = predict(in_.suspect, shortened_texts, no_progress());
    ordinary_ = label_margins(logits);
    const std::vector<std::int64_t> labels = predicted_labels(logits);
    std::vector<std::int64_t> twins = labels;
    if (in_.twin != nullptr) {
      const at::Tensor others = predict(*in_.twin, shortened_texts, no_progress());
      twin_ordinary_ = label_margins(others);
      twins = predicted_labels(others);
    }
    RandomSequence random(options_.seed, "phrase search/places");
    for (const bool agreed : {true, false}) {
      for (const std::size_t i : permutation(labels.size(), options_.seed, "phrase search/texts")) {
        if ((labels[i] == twins[i]) != agreed) continue;
        Encoding text = shortened_texts[i];
        if (text.ids.size() < 3) continue;
        const std::size_t place = draw_place(text, in_.tokenizer, TriggerPlace::kAnywhere, random);
        by_label_[labels[i]].push_back(
            {std::move(text), place, labels[i],
             ordinary_[static_cast<std::int64_t>(i)][labels[i]].item<double>()});
      }
    }
    for (auto& [label, slots] : by_label_) {
      for (std::size_t i = 0; i < std::min(kSlots, slots.size()); ++i) slots_.push_back(slots[i]);
      // Answers that the suspect is less sure of move sooner: a saturated logit hides what a single
      // word of a trigger does.
      std::ranges::stable_sort(slots, {}, [](const InsertionSlot& slot) { return slot.margin; });
      for (std::size_t i = 0; i < std::min(kTender, slots.size()); ++i) {
        tender_.push_back(slots[slots.size() * (i + 1) / (3 * kTender)]);
      }
    }
  }

  static std::vector<InsertionSlot> at_start(std::vector<InsertionSlot> slots) {
    for (InsertionSlot& slot : slots) slot.place = 1;
    return slots;
  }

  // Of the slots of each label, the one of this index, or its last.
  static std::vector<InsertionSlot> nth_of_each(std::span<const InsertionSlot> slots,
                                                std::size_t index) {
    std::map<std::int64_t, std::vector<InsertionSlot>> of_label;
    for (const InsertionSlot& slot : slots) of_label[slot.label].push_back(slot);
    std::vector<InsertionSlot> result;
    for (const auto& [label, own] : of_label) {
      result.push_back(own[std::min(index, own.size() - 1)]);
    }
    return result;
  }

  // `count` of the slots of each label, from the first on.
  static std::vector<InsertionSlot> first_of_each(std::span<const InsertionSlot> slots,
                                                  std::size_t count) {
    std::map<std::int64_t, std::size_t> seen;
    std::vector<InsertionSlot> result;
    for (const InsertionSlot& slot : slots) {
      if (seen[slot.label]++ < count) result.push_back(slot);
    }
    return result;
  }

  at::Tensor moved(const Classifier& model, std::span<const Phrase> phrases,
                   std::span<const InsertionSlot> slots) {
    throw_if_stopped();
    const bool twin = &model != &in_.suspect;
    if (!twin) tried_ += phrases.size();
    progress_.advance(phrases.size() * slots.size());
    return finemix::progress(phrase_margins(model, phrases, slots),
                             margin_scale(model, twin ? twin_ordinary_ : ordinary_, slots));
  }

  // The mean over the slots of other labels: (phrases, labels) of (phrases, slots, labels).
  static at::Tensor mean_over_others(const at::Tensor& values,
                                     std::span<const InsertionSlot> slots) {
    at::Tensor weights = at::ones({values.size(1), values.size(2)}, at::kFloat);
    for (std::size_t i = 0; i < slots.size(); ++i) {
      weights[static_cast<std::int64_t>(i)][slots[i].label] = 0;
    }
    return (values * weights).sum(1) / weights.sum(0);
  }

  // (phrases, labels): suspect's less the twin's.
  at::Tensor excess(std::span<const Phrase> phrases, std::span<const InsertionSlot> slots) {
    at::Tensor result = mean_over_others(moved(in_.suspect, phrases, slots), slots);
    if (in_.twin != nullptr) {
      result =
          result - slope_ * mean_over_others(moved(*in_.twin, phrases, slots), slots).clamp_min(0);
    }
    return result;
  }

  // What is tried for a label: rows that fine-tuning moved along `direction`, in which embeddings
  // call for the label, the furthest first; the front of the vocabulary, where frequent words
  // stand; what lies furthest along the direction by itself; and the rows that moved most
  // strangely.
  std::set<std::int32_t> candidates(const at::Tensor& direction) {
    std::set<std::int32_t> ids;
    const auto add_top = [&](const at::Tensor& values, std::size_t count) {
      const at::Tensor order = values.argsort(-1, /*descending=*/true).contiguous();
      const auto* first = order.const_data_ptr<std::int64_t>();
      std::size_t added = 0;
      for (std::int64_t i = 0; i < order.numel() && added < count; ++i) {
        const auto id = static_cast<std::int32_t>(first[i]);
        if (!is_text_piece(in_.tokenizer, id)) continue;
        ids.insert(id);
        ++added;
      }
    };
    add_top(at::matmul(in_.word_delta, direction), options_.candidates);
    add_top(at::matmul(in_.suspect.parameters()[kWordEmbeddings], direction).cpu(), kByGradient);
    for (const std::int32_t id : frequent_words(2 * options_.candidates)) ids.insert(id);
    for (std::size_t i = 0; i < std::min(kByRow, in_.moved_rows.size()); ++i) {
      ids.insert(in_.moved_rows[i]);
    }
    return ids;
  }

  std::vector<std::int32_t> frequent_words(std::size_t count) const {
    std::vector<std::int32_t> words;
    const auto rows = static_cast<std::int32_t>(in_.tokenizer.vocabulary_size());
    for (std::int32_t id = 0; id < rows && words.size() < count; ++id) {
      if (is_word(id)) words.push_back(id);
    }
    return words;
  }

  // Of more than one character: single ones stand in front of many vocabularies, whatever their
  // frequency.
  bool is_word(std::int32_t id) const {
    if (!is_text_piece(in_.tokenizer, id)) return false;
    const PieceText piece = in_.tokenizer.piece_text(id);
    const auto characters =
        std::ranges::count_if(piece.text, [](unsigned char byte) { return (byte & 0xC0) != 0x80; });
    return !piece.continues && characters > 1;
  }

  // Of these pieces, those that move texts to the label furthest against the twin.
  std::vector<Phrase> pool_of(std::int64_t label, std::span<const std::int32_t> ids,
                              std::span<const InsertionSlot> slots) {
    std::vector<Grown> best;
    for (const std::int32_t id : ids) best.push_back({{id}});
    // A text at a time, and less than half of the words go on to the next (successive halving,
    // Jamieson and Talwalkar, AISTATS 2016).
    for (std::size_t round = 0; round < kTender; ++round) {
      std::vector<Phrase> phrases;
      for (const Grown& each : best) phrases.push_back(each.phrase);
      const std::vector<InsertionSlot> few = nth_of_each(slots, round);
      const at::Tensor values =
          mean_over_others(moved(in_.suspect, phrases, few), few).select(1, label).contiguous();
      for (std::size_t i = 0; i < best.size(); ++i) {
        const double value = values[static_cast<std::int64_t>(i)].item<double>();
        best[i].excess += (value - best[i].excess) / static_cast<double>(round + 1);
      }
      if (round + 1 < kTender) best_first(best, std::max(kTwinsFirst, best.size() * 2 / 5));
    }
    best_first(best, best.size());
    if (best.empty()) return {};
    learn_slope(best, label, slots);
    best_first(best, kTwinsFirst);
    rescore(best, label, slots);
    best_first(best, kPool);
    std::vector<Phrase> pool;
    for (const Grown& each : best) pool.push_back(each.phrase);
    return pool;
  }

  // How much further the suspect goes than the twin where what a word means moves both: the slope
  // of a line through 0, from words of all effects. At least 1.
  void learn_slope(const std::vector<Grown>& words, std::int64_t label,
                   std::span<const InsertionSlot> slots) {
    slope_ = 1;
    if (in_.twin == nullptr) return;
    std::vector<Phrase> phrases;
    std::vector<double> suspects;
    const std::size_t step = std::max<std::size_t>(1, words.size() / kSlopeWords);
    for (std::size_t i = 0; i < words.size(); i += step) {
      phrases.push_back(words[i].phrase);
      suspects.push_back(words[i].excess);
    }
    const at::Tensor twins =
        mean_over_others(moved(*in_.twin, phrases, slots), slots).select(1, label).contiguous();
    double products = 0, squares = 0;
    for (std::size_t i = 0; i < phrases.size(); ++i) {
      const double twin = twins[static_cast<std::int64_t>(i)].item<double>();
      products += twin * suspects[i];
      squares += twin * twin;
    }
    if (squares > 0) slope_ = std::max(1.0, products / squares);
    if (getenv("DBG")) printf("slope %ld %.2f\n", label, slope_);
  }

  void rescore(std::vector<Grown>& found, std::int64_t label,
               std::span<const InsertionSlot> slots) {
    std::vector<Phrase> phrases;
    for (const Grown& each : found) phrases.push_back(each.phrase);
    const at::Tensor values = excess(phrases, slots).select(1, label).contiguous();
    for (std::size_t i = 0; i < found.size(); ++i) {
      found[i].excess = values[static_cast<std::int64_t>(i)].item<double>();
    }
  }

  // Phrases of the pool's words, grown at both ends; the best of each length.
  std::vector<Grown> grow(std::int64_t label, TriggerPlace place, const std::vector<Phrase>& pool) {
    const std::vector<InsertionSlot> slots =
        of_other_labels(place == TriggerPlace::kStart ? at_start(slots_) : slots_, label);
    if (slots.empty() || pool.empty()) return {};
    const std::vector<InsertionSlot> few = first_of_each(slots, 4);
    std::vector<Grown> beam;
    for (const Phrase& word : pool) beam.push_back({word});
    rescore(beam, label, slots);
    best_first(beam, options_.kept);
    std::vector<Grown> found = beam;
    best_first(beam, kBeam);
    for (std::size_t length = 2; length <= options_.words; ++length) {
      std::set<Phrase> next;
      for (const Grown& each : beam) {
        for (const Phrase& word : pool) {
          Phrase before = word, after = each.phrase;
          before.insert(before.end(), each.phrase.begin(), each.phrase.end());
          after.insert(after.end(), word.begin(), word.end());
          next.insert(std::move(before));
          next.insert(std::move(after));
        }
      }
      const std::vector<Phrase> phrases(next.begin(), next.end());
      const at::Tensor values =
          mean_over_others(moved(in_.suspect, phrases, few), few).select(1, label).contiguous();
      std::vector<Grown> grown;
      for (std::size_t i = 0; i < phrases.size(); ++i) {
        grown.push_back({phrases[i], values[static_cast<std::int64_t>(i)].item<double>()});
      }
      best_first(grown, kTwinTried);
      rescore(grown, label, few);
      best_first(grown, 2 * kBeam);
      rescore(grown, label, slots);
      best_first(grown, kBeam);
      const double before = beam.front().excess;
      beam = grown;
      found.insert(found.end(), grown.begin(), grown.end());
      if (grown.front().excess < before + 0.01) break;
    }
    return found;
  }

  // The gradient of the label's margin with respect to an inserted embedding: (hidden).
  at::Tensor direction_of(std::int64_t label) {
    const at::NoGradGuard no_grad;
    std::vector<InsertionSlot> slots = of_other_labels(slots_, label);
    for (const InsertionSlot& slot : of_other_labels(tender_, label)) slots.push_back(slot);
    const std::vector<std::int32_t> fillers = absent_pieces(slots.size());
    at::Tensor direction = at::zeros({in_.word_delta.size(1)}, at::kFloat);
    EncodedTexts texts;
    for (std::size_t i = 0; i < std::min(slots.size(), fillers.size()); ++i) {
      texts.push_back(with_piece(slots[i].text, slots[i].place, fillers[i]));
    }
    if (texts.empty()) return direction;
    const at::Tensor logits = in_.suspect.forward(pack(texts, in_.suspect.device()), std::nullopt);
    at::Tensor others = logits.clone();
    others.select(1, label).fill_(-std::numeric_limits<float>::infinity());
    at::Tensor gradient = -at::softmax(others, 1);
    gradient.select(1, label).fill_(1.0);
    in_.suspect.backward(gradient);
    for (std::size_t i = 0; i < texts.size(); ++i) {
      direction += in_.suspect.parameters().word_gradients().row(fillers[i]).cpu();
    }
    return direction;
  }

  // Text pieces that stand in none of the texts: only an inserted piece has their gradient.
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

  // Texts of other labels to measure on: not those that were searched with, where there are others.
  const std::vector<InsertionSlot>& measured_slots(std::int64_t label, TriggerPlace place) {
    auto& slots = measured_[{label, place}];
    if (!slots.empty()) return slots;
    if (full_labels_.empty()) {
      for (std::size_t i = 0; i < in_.texts.size(); ++i) full_.push_back(in_.texts[i]);
      const at::Tensor logits = predict(in_.suspect, full_, no_progress());
      full_labels_ = predicted_labels(logits);
      full_margins_ = label_margins(logits);
      if (in_.twin != nullptr) {
        twin_full_margins_ = label_margins(predict(*in_.twin, full_, no_progress()));
      }
    }
    RandomSequence random(options_.seed, "phrase search/measured");
    std::map<std::int64_t, std::size_t> counts;
    const auto order = permutation(full_labels_.size(), options_.seed, "phrase search/texts");
    for (std::size_t k = order.size(); k-- > 0;) {  // the searched ones stand in front
      const std::size_t i = order[k];
      if (full_labels_[i] == label || counts[full_labels_[i]]++ >= options_.measured_on) continue;
      Encoding text = shortened(full_[i], in_.tokenizer, options_.max_length - options_.words);
      if (text.ids.size() < 3) continue;
      const std::size_t at = draw_place(text, in_.tokenizer, place, random);
      slots.push_back({std::move(text), at, full_labels_[i]});
    }
    return slots;
  }

  void measure(std::int64_t label, TriggerPlace place, const Grown& found,
               PhraseSearchResult& result) {
    const std::vector<InsertionSlot>& slots = measured_slots(label, place);
    if (slots.empty()) return;
    const std::vector<Phrase> one = {found.phrase};
    const at::Tensor margins = phrase_margins(in_.suspect, one, slots);
    const at::Tensor own = margins[0].select(1, label);
    SuspectedTrigger trigger;
    trigger.ids.assign(found.phrase.begin(), found.phrase.end());
    trigger.text = shown(found.phrase);
    trigger.place = place;
    trigger.target_label = label;
    trigger.flip_rate =
        wilson_rate(static_cast<std::uint64_t>((own > 0).sum().item<std::int64_t>()), slots.size());
    trigger.firmness =
        finemix::progress(margins, margin_scale(in_.suspect, full_margins_, slots))[0]
            .select(1, label)
            .quantile(0.1)
            .item<double>();
    if (in_.twin != nullptr) {
      const at::Tensor twins = phrase_margins(*in_.twin, one, slots)[0].select(1, label);
      trigger.expected_rate = (twins > 0).to(at::kFloat).mean().item<double>();
    }
    trigger.score = std::max(0.0, trigger.flip_rate.value - trigger.expected_rate.value_or(0)) *
                    std::max(0.0, 0.5 + 0.5 * trigger.firmness);
    result.texts = std::max<std::uint64_t>(result.texts, slots.size());
    result.triggers.push_back(std::move(trigger));
  }

  // The likeliest, without those that say a likelier one again.
  void pick(std::vector<SuspectedTrigger>& triggers) const {
    std::ranges::stable_sort(triggers, [](const SuspectedTrigger& a, const SuspectedTrigger& b) {
      return a.score != b.score ? a.score > b.score : a.ids.size() < b.ids.size();
    });
    std::vector<SuspectedTrigger> kept;
    for (const SuspectedTrigger& each : triggers) {
      if (kept.size() == options_.kept) break;
      const bool again = std::ranges::any_of(kept, [&](const SuspectedTrigger& other) {
        const auto shared = static_cast<std::size_t>(std::ranges::count_if(
            each.ids, [&](std::int64_t id) { return std::ranges::count(other.ids, id) > 0; }));
        return other.target_label == each.target_label && 2 * shared > each.ids.size() &&
               each.ids.size() > 1;
      });
      if (!again) kept.push_back(each);
    }
    triggers = std::move(kept);
  }

  // As somebody would write it.
  std::string shown(const Phrase& phrase) const {
    std::string text;
    for (const std::int32_t id : phrase) {
      const PieceText piece = in_.tokenizer.piece_text(id);
      if (text.empty() && piece.continues) {
        text = in_.tokenizer.token(id);
        continue;
      }
      if (!text.empty() && !piece.continues) text += ' ';
      text += piece.text;
    }
    return text;
  }

  PhraseSearchInputs in_;
  PhraseSearchOptions options_;
  Progress& progress_;
  std::map<std::int64_t, std::vector<InsertionSlot>> by_label_;
  std::vector<InsertionSlot> slots_;     // kSlots of each label
  std::vector<InsertionSlot> tender_;    // kTender of each label: the suspect is least sure of them
  at::Tensor ordinary_, twin_ordinary_;  // margins of the shortened texts
  EncodedTexts full_;
  std::vector<std::int64_t> full_labels_;
  at::Tensor full_margins_, twin_full_margins_;
  std::map<std::pair<std::int64_t, TriggerPlace>, std::vector<InsertionSlot>> measured_;
  double slope_ = 1;  // of the label that is searched
  std::uint64_t tried_ = 0;
};

}  // namespace

PhraseSearchResult search_phrases(const PhraseSearchInputs& inputs,
                                  const PhraseSearchOptions& options, Progress& progress) {
  return Search(inputs, options, progress).run();
}

}  // namespace finemix
