#include "pipeline/scan/sureness.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "finemix/eval/insertion.h"

namespace finemix {

bool Sureness::surer_than(const Sureness& other) const {
  constexpr double kSurer = 0.05;
  constexpr double kLeast = 2;  // that this is a share of
  const double before = other.sum();
  return suspect >= other.suspect && sum() >= before + kSurer * std::max(std::abs(before), kLeast);
}

std::vector<Sureness> SurenessMeasure::operator()(std::span<const SuspectedTrigger> triggers) {
  measure_alone(triggers);
  const std::vector<double> suspect = measure_.margins(suspect_, triggers);
  const std::vector<double> twin = measure_.margins(twin_, triggers);
  std::vector<Sureness> result;
  for (std::size_t i = 0; i < triggers.size(); ++i) {
    result.push_back({suspect[i], twin[i] - meaning(triggers[i])});
  }
  return result;
}

void SurenessMeasure::measure_alone(std::span<const SuspectedTrigger> triggers) {
  std::vector<SuspectedTrigger> fresh;
  for (const SuspectedTrigger& each : triggers) {
    auto& known = alone_[aim(each)];
    const auto add = [&](Pieces ids) {
      if (!known.try_emplace(ids).second) return;
      fresh.push_back(with_pieces(each, std::move(ids), tokenizer_));
    };
    add(Pieces());  // the texts as they are
    for (const std::int64_t id : each.ids) add(Pieces{id});
  }
  const std::vector<double> margins = measure_.margins(twin_, fresh);
  for (std::size_t i = 0; i < fresh.size(); ++i) {
    alone_[aim(fresh[i])][fresh[i].ids] = margins[i];
  }
}

double SurenessMeasure::meaning(const SuspectedTrigger& trigger) const {
  const auto& alone = alone_.at(aim(trigger));
  const double plain = alone.at(Pieces());
  double sum = 0;
  for (const std::int64_t id : trigger.ids) sum += std::max(0.0, alone.at(Pieces{id}) - plain);
  return sum;
}

}  // namespace finemix
