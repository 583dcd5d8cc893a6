#include "eval/phrase_judge.h"

#include <ATen/ops/cat.h>

#include <algorithm>
#include <utility>

#include "finemix/core/stop.h"

namespace finemix {
namespace {

constexpr double kFirm = 0.6;       // of an excess does not count where the firmness is 0
constexpr double kAllTheWay = 0.9;  // a firmness, from which on a slope explains too much
constexpr double kLowest = 0.1;     // of the slots are moved less than the firmness

std::vector<double> values(const at::Tensor& tensor) {
  const at::Tensor row = tensor.contiguous();
  const float* first = row.const_data_ptr<float>();
  return {first, first + row.numel()};
}

template <typename Value>
void sort_by(std::vector<JudgedPhrase>& phrases, Value value, std::size_t most) {
  std::ranges::stable_sort(phrases, std::ranges::greater(), value);
  if (phrases.size() > most) phrases.resize(most);
}

}  // namespace

void furthest_first(std::vector<JudgedPhrase>& phrases, std::size_t most) {
  const auto far = [](const JudgedPhrase& each) { return std::pair(each.moved, each.reach); };
  sort_by(phrases, far, most);
}

void most_excess_first(std::vector<JudgedPhrase>& phrases, std::size_t most) {
  sort_by(phrases, &JudgedPhrase::excess, most);
}

void firmest_first(std::vector<JudgedPhrase>& phrases, std::size_t most) {
  sort_by(phrases, &JudgedPhrase::firmness, most);
}

void strangest_first(std::vector<JudgedPhrase>& phrases, std::size_t most) {
  sort_by(phrases, &JudgedPhrase::strangeness, most);
}

PhraseJudge::PhraseJudge(const Classifier& suspect, const at::Tensor& suspect_margins,
                         std::span<const Classifier> twins,
                         std::span<const at::Tensor> twin_margins, Progress& progress)
    : suspect_(suspect, suspect_margins), progress_(progress) {
  for (std::size_t i = 0; i < twins.size(); ++i) {
    twins_.emplace_back(twins[i], twin_margins[i]);
  }
}

PhraseJudge::Effect PhraseJudge::effect_on(Side& side, std::span<const JudgedPhrase> phrases,
                                           std::int64_t label,
                                           std::span<const InsertionSlot> slots) {
  constexpr std::size_t kAtATime = 256;
  const double typical = typical_margin(side.ordinary, label);
  const std::vector<Phrase> nothing(1);
  const at::Tensor plain = side.margins(nothing, slots)[0].select(1, label);
  std::vector<at::Tensor> parts;
  for (std::size_t begin = 0; begin < phrases.size(); begin += kAtATime) {
    throw_if_stopped();
    std::vector<Phrase> some;
    for (std::size_t i = begin; i < std::min(phrases.size(), begin + kAtATime); ++i) {
      some.push_back(phrases[i].phrase);
    }
    parts.push_back(side.margins(some, slots));
    progress_.advance(some.size() * slots.size());
  }
  const at::Tensor margins = at::cat(parts);
  const at::Tensor own = margins.select(2, label);
  return {progress(own, plain, typical), reach(own, plain, typical),
          (margins.argmax(2) == label).to(at::kFloat)};
}

PhraseJudge::Expected PhraseJudge::expected_of(std::span<const JudgedPhrase> phrases,
                                               std::int64_t label,
                                               std::span<const InsertionSlot> slots) {
  Expected expected{std::vector<double>(phrases.size()), std::vector<double>(phrases.size())};
  const auto add = [this](std::vector<double>& sums, const at::Tensor& of_slots) {
    const std::vector<double> one = values(of_slots.mean(1));
    for (std::size_t i = 0; i < sums.size(); ++i) {
      sums[i] += one[i] / static_cast<double>(twins_.size());
    }
  };
  for (Side& twin : twins_) {
    const Effect effect = effect_on(twin, phrases, label, slots);
    add(expected.moved, effect.moved);
    add(expected.flipped, effect.flips);
  }
  return expected;
}

void PhraseJudge::move(std::vector<JudgedPhrase>& phrases, std::int64_t label,
                       std::span<const InsertionSlot> slots) {
  if (phrases.empty()) return;
  const Effect effect = effect_on(suspect_, phrases, label, slots);
  const std::vector<double> means = values(effect.moved.mean(1));
  const std::vector<double> reaches = values(effect.reach.mean(1));
  const std::vector<double> lowest = values(effect.moved.quantile(kLowest, 1));
  for (std::size_t i = 0; i < phrases.size(); ++i) {
    phrases[i].moved = means[i];
    phrases[i].firmness = lowest[i];
    phrases[i].reach = reaches[i];
  }
  tried_ += phrases.size();
}

void PhraseJudge::judge(std::vector<JudgedPhrase>& phrases, std::int64_t label,
                        std::span<const InsertionSlot> slots) {
  if (phrases.empty()) return;
  move(phrases, label, slots);
  const Expected twins = expected_of(phrases, label, slots);
  for (std::size_t i = 0; i < phrases.size(); ++i) {
    JudgedPhrase& each = phrases[i];
    const double firm = std::clamp(each.firmness, 0.0, 1.0);
    each.excess = each.moved - slope_ * std::max(0.0, twins.moved[i]);
    if (firm >= kAllTheWay) each.excess = std::max(each.excess, each.moved - twins.flipped[i]);
    each.strangeness = std::max(0.0, each.excess) * (1 - kFirm + kFirm * firm);
  }
}

void PhraseJudge::learn_slope(std::span<const JudgedPhrase> words, std::int64_t label,
                              std::span<const InsertionSlot> slots) {
  slope_ = 1;
  if (twins_.empty() || words.empty()) return;
  const std::vector<double> twins = expected_of(words, label, slots).moved;
  double products = 0, squares = 0;
  for (std::size_t i = 0; i < words.size(); ++i) {
    products += twins[i] * words[i].moved;
    squares += twins[i] * twins[i];
  }
  if (squares > 0) slope_ = std::max(1.0, products / squares);
}

}  // namespace finemix
