#include "finemix/report/findings.h"

#include <algorithm>
#include <cmath>

#include "finemix/report/sweep_tables.h"
#include "finemix/report/text.h"

namespace finemix {
namespace {

std::string counted(std::size_t number, const std::string& one, const std::string& many) {
  return std::to_string(number) + " " + (number == 1 ? one : many);
}

// "costs 1.2 points of accuracy"
std::string cost(const Standing& standing) {
  if (!standing.accuracy_drop) return "has no known cost in accuracy";
  const double drop = standing.accuracy_drop->mean;
  const std::string size = percent(std::abs(drop));
  if (size == "0.0") return "costs no accuracy";
  return (drop > 0 ? "costs " : "gains ") + size + " points of accuracy";
}

std::string success(const Standing& standing) {
  std::string text = percent(standing.attack_success_rate->mean) + " %";
  if (!standing.above_floor) return text;
  return text + " (" + points(standing.above_floor->mean) + " points against a clean model)";
}

std::string over_attacks(const Standing& standing) {
  return standing.attacks == 1
             ? "the attack " + standing.worst->subject->attack + " succeeds on "
             : "over " + std::to_string(standing.attacks) + " attacks the mean success is ";
}

const Standing* paper_method(const std::vector<Standing>& standings) {
  const auto found = std::ranges::find_if(standings, [](const Standing& one) {
    return one.ranked && one.variant.method == "fine-mixing" && one.variant.epur;
  });
  return found == standings.end() ? nullptr : &*found;
}

}  // namespace

std::vector<std::string> findings(const std::vector<Standing>& standings) {
  const auto ranked = static_cast<std::size_t>(
      std::ranges::count_if(standings, [](const Standing& one) { return one.ranked; }));
  if (ranked == 0) return {};
  const bool with_rho = needs_rho(standings);
  const Standing& best = standings.front();  // ranked ones come first
  const std::string name = variant_name(best.variant, with_rho);
  std::vector<std::string> found;
  if (allowed(best)) {
    found.push_back("On " + best.task + ", " + name + " does best: " + over_attacks(best) +
                    success(best) + ", and it " + cost(best) + ".");
  } else {
    found.push_back("On " + best.task +
                    ", no method keeps accuracy within 2 points of the suspect models’. The lowest "
                    "attack success is that of " +
                    name + ": " + over_attacks(best) + success(best) + ", and it " + cost(best) +
                    ".");
  }
  const Standing* paper = paper_method(standings);
  if (paper != nullptr && paper != &best) {
    const auto place = paper - standings.data() + 1;
    found.push_back("Fine-mixing with E-PUR is number " + std::to_string(place) + " of " +
                    std::to_string(ranked) + ": " + over_attacks(*paper) + success(*paper) +
                    ", and it " + cost(*paper) + ".");
  }
  if (best.attacks > 1 && best.worst->attack_success_rate) {
    found.push_back("What " + name + " leaves the most of is " + best.worst->subject->attack +
                    ", with a success of " + percent(best.worst->attack_success_rate->mean) +
                    " %.");
  }
  const auto dear = static_cast<std::size_t>(std::ranges::count_if(
      standings, [](const Standing& one) { return one.ranked && !allowed(one); }));
  if (dear > 0 && allowed(best)) {
    found.push_back(counted(dear, "of the " + std::to_string(ranked) + " costs",
                            "of the " + std::to_string(ranked) + " cost") +
                    " more than 2 points and " + (dear == 1 ? "is" : "are") +
                    " placed after those that do not.");
  }
  return found;
}

}  // namespace finemix
