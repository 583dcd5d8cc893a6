#include "pipeline/scan/near_words.h"

#include <algorithm>
#include <functional>
#include <limits>

#include "finemix/eval/insertion.h"

namespace finemix {

std::vector<SuspectedTrigger> of_near_pieces(const SuspectedTrigger& trigger,
                                             const NearestRows& near, const Tokenizer& tokenizer) {
  const auto near_to = [&near](std::int64_t id) -> const std::vector<std::int32_t>* {
    const auto known = near.find(static_cast<std::int32_t>(id));
    return known == near.end() || known->second.empty() ? nullptr : &known->second;
  };
  std::size_t count = std::numeric_limits<std::size_t>::max();
  bool any = false;
  for (const std::int64_t id : trigger.ids) {
    if (const auto* own = near_to(id)) {
      any = true;
      count = std::min(count, own->size());
    }
  }
  std::vector<SuspectedTrigger> others;
  for (std::size_t i = 0; any && i < count; ++i) {
    Phrase pieces;
    for (const std::int64_t id : trigger.ids) {
      const auto* own = near_to(id);
      pieces.push_back(own ? (*own)[i] : static_cast<std::int32_t>(id));
    }
    others.push_back({.text = phrase_text(pieces, tokenizer),
                      .ids = {pieces.begin(), pieces.end()},
                      .place = trigger.place,
                      .pair_text = trigger.pair_text,
                      .target_label = trigger.target_label});
  }
  return others;
}

double with_near_rates(double own, std::vector<double> near) {
  if (near.size() < 2) return own;
  std::ranges::nth_element(near, near.begin() + 1, std::ranges::greater());
  return std::max(own, near[1]);
}

}  // namespace finemix
