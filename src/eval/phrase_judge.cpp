#include "eval/phrase_judge.h"

#include <ATen/ops/cat.h>

#include <algorithm>

#include "finemix/core/stop.h"

namespace finemix {
namespace {

constexpr double kFirm = 0.6;    // of an excess does not count where the firmness is 0
constexpr double kLowest = 0.1;  // of the slots are moved less than the firmness

// How strange it is by itself, 0 … 1, that all texts are moved so firmly, and the twin's by
// `expected`: a phrase that does so is worth a look even where the twin is moved in half of them.
double wholly_moved(double firmness, double expected) {
  return firmness * firmness * std::clamp(2 * (1 - expected), 0.0, 1.0);
}

std::vector<double> values(const at::Tensor& tensor) {
  const at::Tensor row = tensor.contiguous();
  const float* first = row.const_data_ptr<float>();
  return {first, first + row.numel()};
}

void sort_by(std::vector<JudgedPhrase>& phrases, double JudgedPhrase::*value, std::size_t most) {
  std::ranges::stable_sort(phrases, std::ranges::greater(), value);
  if (phrases.size() > most) phrases.resize(most);
}

}  // namespace

void furthest_first(std::vector<JudgedPhrase>& phrases, std::size_t most) {
  sort_by(phrases, &JudgedPhrase::moved, most);
}

void firmest_first(std::vector<JudgedPhrase>& phrases, std::size_t most) {
  sort_by(phrases, &JudgedPhrase::firmness, most);
}

void strangest_first(std::vector<JudgedPhrase>& phrases, std::size_t most) {
  sort_by(phrases, &JudgedPhrase::strangeness, most);
}

PhraseJudge::PhraseJudge(const Classifier& suspect, const at::Tensor& suspect_margins,
                         const Classifier* twin, const at::Tensor& twin_margins, Progress& progress)
    : progress_(progress) {
  suspect_.margins.emplace(suspect);
  suspect_.ordinary = suspect_margins;
  if (twin != nullptr) twin_.margins.emplace(*twin);
  twin_.ordinary = twin_margins;
}

at::Tensor PhraseJudge::progress_of(Side& side, std::span<const JudgedPhrase> phrases,
                                    std::int64_t label, std::span<const InsertionSlot> slots) {
  constexpr std::size_t kAtATime = 256;
  const double typical = typical_margin(side.ordinary, label);
  const std::vector<Phrase> nothing(1);
  const at::Tensor plain = (*side.margins)(nothing, slots)[0].select(1, label);
  std::vector<at::Tensor> parts;
  for (std::size_t begin = 0; begin < phrases.size(); begin += kAtATime) {
    throw_if_stopped();
    std::vector<Phrase> some;
    for (std::size_t i = begin; i < std::min(phrases.size(), begin + kAtATime); ++i) {
      some.push_back(phrases[i].phrase);
    }
    parts.push_back(
        finemix::progress((*side.margins)(some, slots).select(2, label), plain, typical));
    progress_.advance(some.size() * slots.size());
  }
  return at::cat(parts);
}

std::vector<double> PhraseJudge::twin_moved(std::span<const JudgedPhrase> phrases,
                                            std::int64_t label,
                                            std::span<const InsertionSlot> slots) {
  return values(progress_of(twin_, phrases, label, slots).mean(1));
}

void PhraseJudge::move(std::vector<JudgedPhrase>& phrases, std::int64_t label,
                       std::span<const InsertionSlot> slots) {
  if (phrases.empty()) return;
  const at::Tensor moved = progress_of(suspect_, phrases, label, slots);
  const std::vector<double> means = values(moved.mean(1));
  const std::vector<double> lowest = values(moved.quantile(kLowest, 1));
  for (std::size_t i = 0; i < phrases.size(); ++i) {
    phrases[i].moved = means[i];
    phrases[i].firmness = lowest[i];
  }
  tried_ += phrases.size();
}

void PhraseJudge::judge(std::vector<JudgedPhrase>& phrases, std::int64_t label,
                        std::span<const InsertionSlot> slots) {
  if (phrases.empty()) return;
  move(phrases, label, slots);
  const std::vector<double> twins =
      twin_.margins ? twin_moved(phrases, label, slots) : std::vector<double>(phrases.size());
  for (std::size_t i = 0; i < phrases.size(); ++i) {
    JudgedPhrase& each = phrases[i];
    const double expected = std::max(0.0, twins[i]);
    const double firm = std::clamp(each.firmness, 0.0, 1.0);
    each.excess = each.moved - slope_ * expected;
    each.strangeness = std::max(wholly_moved(firm, expected),
                                std::max(0.0, each.excess) * (1 - kFirm + kFirm * firm));
  }
}

void PhraseJudge::learn_slope(std::span<const JudgedPhrase> words, std::int64_t label,
                              std::span<const InsertionSlot> slots) {
  slope_ = 1;
  if (!twin_.margins || words.empty()) return;
  const std::vector<double> twins = twin_moved(words, label, slots);
  double products = 0, squares = 0;
  for (std::size_t i = 0; i < words.size(); ++i) {
    products += twins[i] * words[i].moved;
    squares += twins[i] * twins[i];
  }
  if (squares > 0) slope_ = std::max(1.0, products / squares);
}

}  // namespace finemix
