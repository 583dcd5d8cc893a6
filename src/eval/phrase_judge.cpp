#include "eval/phrase_judge.h"

#include <algorithm>

#include "finemix/core/stop.h"

namespace finemix {
namespace {

void sort_by(std::vector<JudgedPhrase>& phrases, double JudgedPhrase::*value, std::size_t most) {
  std::ranges::stable_sort(phrases, std::ranges::greater(), value);
  if (phrases.size() > most) phrases.resize(most);
}

}  // namespace

void furthest_first(std::vector<JudgedPhrase>& phrases, std::size_t most) {
  sort_by(phrases, &JudgedPhrase::moved, most);
}

void strangest_first(std::vector<JudgedPhrase>& phrases, std::size_t most) {
  sort_by(phrases, &JudgedPhrase::excess, most);
}

PhraseJudge::PhraseJudge(const Classifier& suspect, const at::Tensor& suspect_margins,
                         const Classifier* twin, const at::Tensor& twin_margins, Progress& progress)
    : progress_(progress) {
  suspect_.model.emplace(suspect);
  suspect_.margins = suspect_margins;
  if (twin != nullptr) twin_.model.emplace(*twin);
  twin_.margins = twin_margins;
}

std::vector<double> PhraseJudge::moved(const Side& side, std::span<const JudgedPhrase> phrases,
                                       std::int64_t label, std::span<const InsertionSlot> slots) {
  constexpr std::size_t kAtATime = 256;
  const double typical = typical_margin(side.margins, label);
  const std::vector<Phrase> nothing(1);
  const at::Tensor plain = phrase_margins(*side.model, nothing, slots)[0].select(1, label);
  std::vector<double> result;
  for (std::size_t begin = 0; begin < phrases.size(); begin += kAtATime) {
    throw_if_stopped();
    std::vector<Phrase> some;
    for (std::size_t i = begin; i < std::min(phrases.size(), begin + kAtATime); ++i) {
      some.push_back(phrases[i].phrase);
    }
    const at::Tensor means =
        finemix::progress(phrase_margins(*side.model, some, slots).select(2, label), plain, typical)
            .mean(1);
    const float* first = means.const_data_ptr<float>();
    result.insert(result.end(), first, first + some.size());
    progress_.advance(some.size() * slots.size());
  }
  return result;
}

void PhraseJudge::move(std::vector<JudgedPhrase>& phrases, std::int64_t label,
                       std::span<const InsertionSlot> slots) {
  const std::vector<double> values = moved(suspect_, phrases, label, slots);
  for (std::size_t i = 0; i < phrases.size(); ++i) phrases[i].moved = values[i];
  tried_ += phrases.size();
}

void PhraseJudge::judge(std::vector<JudgedPhrase>& phrases, std::int64_t label,
                        std::span<const InsertionSlot> slots) {
  move(phrases, label, slots);
  for (JudgedPhrase& each : phrases) each.excess = each.moved;
  if (!twin_.model) return;
  const std::vector<double> values = moved(twin_, phrases, label, slots);
  for (std::size_t i = 0; i < phrases.size(); ++i) {
    phrases[i].excess -= slope_ * std::max(0.0, values[i]);
  }
}

void PhraseJudge::learn_slope(std::span<const JudgedPhrase> words, std::int64_t label,
                              std::span<const InsertionSlot> slots) {
  slope_ = 1;
  if (!twin_.model) return;
  const std::vector<double> values = moved(twin_, words, label, slots);
  double products = 0, squares = 0;
  for (std::size_t i = 0; i < words.size(); ++i) {
    products += values[i] * words[i].moved;
    squares += values[i] * values[i];
  }
  if (squares > 0) slope_ = std::max(1.0, products / squares);
}

}  // namespace finemix
