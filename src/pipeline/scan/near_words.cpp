#include "pipeline/scan/near_words.h"

#include <algorithm>
#include <functional>
#include <iterator>

#include "finemix/eval/insertion.h"

namespace finemix {

std::vector<SuspectedTrigger> of_near_pieces(const SuspectedTrigger& trigger,
                                             const NearestRows& near, std::size_t most,
                                             const Tokenizer& tokenizer) {
  std::vector<Phrase> others(most);
  for (const std::int64_t id : trigger.ids) {
    Phrase own;
    if (const auto known = near.find(static_cast<std::int32_t>(id)); known != near.end()) {
      own = known->second;
    }
    std::erase_if(own, [&](std::int32_t other) {
      return std::ranges::find(trigger.ids, other) != trigger.ids.end();
    });
    if (own.empty()) own.assign(most, static_cast<std::int32_t>(id));
    others.resize(std::min(others.size(), own.size()));
    for (std::size_t i = 0; i < others.size(); ++i) others[i].push_back(own[i]);
  }
  std::vector<SuspectedTrigger> triggers;
  for (const Phrase& pieces : others) {
    if (std::ranges::equal(pieces, trigger.ids)) continue;  // nothing is near
    triggers.push_back(with_pieces(trigger, {pieces.begin(), pieces.end()}, tokenizer));
  }
  return triggers;
}

std::vector<double> near_rates(std::span<const SuspectedTrigger> triggers,
                               const TriggerMeasure& measure, std::span<const Classifier> models,
                               const NearPieces& pieces) {
  constexpr std::size_t kNear = 6;
  constexpr std::size_t kSpare = 5;  // for a trigger's own pieces
  std::vector<double> second_best(triggers.size());
  std::vector<std::int32_t> ids;
  for (const SuspectedTrigger& each : triggers) {
    ids.insert(ids.end(), each.ids.begin(), each.ids.end());
  }
  if (ids.empty()) return second_best;
  const auto rows = static_cast<std::size_t>(pieces.embeddings.size(0));
  const NearestRows near = nearest_rows(ids, pieces.embeddings, swap_groups(pieces.tokenizer, rows),
                                        pieces.excluded, static_cast<std::int64_t>(kNear + kSpare));
  std::vector<SuspectedTrigger> others;
  std::vector<std::size_t> counts;
  for (const SuspectedTrigger& each : triggers) {
    std::vector<SuspectedTrigger> own = of_near_pieces(each, near, kNear, pieces.tokenizer);
    counts.push_back(own.size());
    std::ranges::move(own, std::back_inserter(others));
  }
  std::vector<double> rates = measure.short_rates(models, others);
  std::span<double> rest = rates;
  for (std::size_t i = 0; i < triggers.size(); ++i) {
    const std::span<double> own = rest.first(counts[i]);
    rest = rest.subspan(counts[i]);
    if (own.size() < 2) continue;
    std::ranges::nth_element(own, own.begin() + 1, std::ranges::greater());
    second_best[i] = own[1];
  }
  return second_best;
}

}  // namespace finemix
