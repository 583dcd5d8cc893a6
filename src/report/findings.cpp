#include "finemix/report/findings.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <string_view>
#include <utility>

#include "finemix/report/sweep_tables.h"
#include "finemix/report/text.h"

namespace finemix {
namespace {

// Differences of shares that are equal but for rounding.
constexpr double kRounding = 1e-9;

// "costs 1.2 points of accuracy"
std::string cost(const std::optional<double>& drop) {
  if (!drop) return "has no known cost in accuracy";
  const std::string size = percent(std::abs(*drop));
  if (size == "0.0") return "costs no accuracy";
  return (*drop > 0 ? "costs " : "gains ") + size + " points of accuracy";
}

std::string cost(const Standing& standing) {
  return cost(standing.accuracy_drop ? std::optional(standing.accuracy_drop->mean) : std::nullopt);
}

std::string success(const Standing& standing) {
  std::string text = percent(standing.attack_success_rate->mean) + " %";
  if (!standing.above_floor) return text;
  const std::size_t known = standing.above_floor->attacks;
  return text + " (" + points(standing.above_floor->mean) + " points against a clean model" +
         (known < standing.attacks
              ? ", over the " + std::to_string(known) + " that one was tried on)"
              : ")");
}

std::string over_attacks(const Standing& standing) {
  return standing.attacks == 1
             ? "the attack " + standing.worst->subject->attack + " succeeds on "
             : "over " + std::to_string(standing.attacks) + " attacks the mean success is ";
}

const Standing* fine_mixing(const std::vector<Standing>& standings) {
  const auto found = std::ranges::find_if(standings, [](const Standing& one) {
    return one.ranked && one.variant.method == "fine-mixing" && one.variant.epur;
  });
  return found == standings.end() ? nullptr : &*found;
}

// Whether it is one of the mitigations that the paper compares.
bool of_the_paper(const Variant& variant) {
  constexpr std::array<std::string_view, 4> kMethods = {"none", "fine-tuning", "fine-pruning",
                                                        "fine-mixing"};  // and fine-mixing-sel
  return std::ranges::any_of(
      kMethods, [&](std::string_view method) { return variant.method.starts_with(method); });
}

// Whether `mixing` beats the paper's methods that cost no more; "" where there is none to beat.
std::string among_the_papers(const Standing& mixing, const std::vector<Standing>& standings) {
  if (!mixing.accuracy_drop) return "";
  const bool with_rho = needs_rho(standings);
  std::size_t others = 0, as_cheap = 0;
  std::vector<const Standing*> better;
  for (const Standing& one : standings) {
    const bool other =
        one.variant.method != mixing.variant.method || one.variant.epur != mixing.variant.epur;
    if (!other || !one.ranked || !one.accuracy_drop || !of_the_paper(one.variant)) continue;
    ++others;
    if (one.accuracy_drop->mean > mixing.accuracy_drop->mean + kRounding) continue;
    ++as_cheap;
    if (one.attack_success_rate->mean >= mixing.attack_success_rate->mean - kRounding) continue;
    better.push_back(&one);
  }
  const std::string name = variant_name(mixing.variant, with_rho);
  if (others == 0) return "";
  if (as_cheap == 0)
    return "Each other of the paper’s methods costs more accuracy than " + name + ".";
  std::string text = "Of the paper’s methods that cost no more accuracy than " + name + ", ";
  if (better.empty()) return text + "none leaves less.";
  const auto left = [](const Standing& one) {
    return percent(one.attack_success_rate->mean) + " %, and it " + cost(one);
  };
  if (better.size() == 1) {
    const Standing& one = *better.front();
    return text + variant_name(one.variant, with_rho) + " leaves less: " + left(one) + ".";
  }
  text += std::to_string(better.size()) + " leave less: ";
  for (const Standing* one : better) {
    text += (one == better.front() ? "" : "; ") + variant_name(one->variant, with_rho) + " " +
            left(*one);
  }
  return text + ".";
}

double drop_of(const SeedGroup& group) {
  return group.subject->before.accuracy->value - group.accuracy->mean;
}

bool allowed(const SeedGroup& group) {
  return group.subject->before.accuracy && group.accuracy &&
         drop_of(group) <= kAllowedDrop + kRounding;
}

const SeedGroup* best_of(const std::vector<SeedGroup>& groups) {
  const SeedGroup* best = nullptr;
  const auto place = [](const SeedGroup& group) {
    return std::pair(!allowed(group), group.attack_success_rate->mean);
  };
  for (const SeedGroup& group : groups) {
    if (!group.attack_success_rate) continue;
    if (best == nullptr || place(group) < place(*best)) best = &group;
  }
  return best;
}

}  // namespace

std::string missing_cells(const SweepRecord& sweep) {
  std::set<std::string> there;
  for (const CellRecord& cell : sweep.cells) there.insert(cell_name(cell.key));
  const auto missing = static_cast<std::size_t>(std::ranges::count_if(
      sweep.planned, [&](const std::string& name) { return !there.contains(name); }));
  if (missing == 0) return "";
  const bool one = missing == 1;
  return std::to_string(missing) + " of the " + counted(sweep.planned.size(), "cell", "cells") +
         " of this grid " + (one ? "is" : "are") + " missing: the sweep was stopped, " +
         (one ? "it failed, or it is another shard’s" : "they failed, or they are other shards’") +
         ". The same command with --resume goes on.";
}

std::vector<std::string> findings(const std::vector<Standing>& standings) {
  const auto ranked = static_cast<std::size_t>(
      std::ranges::count_if(standings, [](const Standing& one) { return one.ranked; }));
  if (ranked == 0) return {};
  const bool with_rho = needs_rho(standings);
  const Standing& best = standings.front();  // ranked ones come first
  const std::string name = variant_name(best.variant, with_rho);
  const Standing* mixing = fine_mixing(standings);
  std::vector<std::string> found;
  if (allowed(best) && !removes(best)) {
    const Standing& least = *std::ranges::min_element(
        standings.begin(), standings.begin() + static_cast<std::ptrdiff_t>(ranked), {},
        [](const Standing& one) { return one.attack_success_rate->mean; });
    found.push_back("On " + best.task +
                    ", no method takes the backdoors out and keeps accuracy within 2 points. Of "
                    "those that keep it " +
                    name + " leaves least: " + over_attacks(best) + success(best) + ", and it " +
                    cost(best) + ".");
    if (&least != &best && &least != mixing) {  // of that it is said below
      found.push_back("The least of all is left by " + variant_name(least.variant, with_rho) +
                      ": " + over_attacks(least) + success(least) + ", and it " + cost(least) +
                      ".");
    }
  } else if (allowed(best)) {
    found.push_back("On " + best.task + ", " + name + " does best: " + over_attacks(best) +
                    success(best) + ", and it " + cost(best) + ".");
  } else {
    found.push_back("On " + best.task +
                    ", no method keeps accuracy within 2 points of the suspect models’. The lowest "
                    "attack success is that of " +
                    name + ": " + over_attacks(best) + success(best) + ", and it " + cost(best) +
                    ".");
  }
  if (mixing != nullptr && mixing != &best) {
    const auto place = mixing - standings.data() + 1;
    found.push_back("Fine-mixing with E-PUR is number " + std::to_string(place) + " of " +
                    std::to_string(ranked) + ": " + over_attacks(*mixing) + success(*mixing) +
                    ", and it " + cost(*mixing) + ".");
  }
  if (mixing != nullptr) {
    const std::string sentence = among_the_papers(*mixing, standings);
    if (!sentence.empty()) found.push_back(sentence);
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

std::string at_a_glance(const SubjectRecord& subject, const std::vector<SeedGroup>& groups,
                        bool with_rho) {
  if (is_control(subject)) return "a model that nobody attacked";
  std::string text;
  if (subject.before.attack_success_rate) {
    text = "attack success " + percent(subject.before.attack_success_rate->value) + " %";
  }
  const SeedGroup* best = best_of(groups);
  if (best == nullptr) return text;
  const bool priced = subject.before.accuracy && best->accuracy;
  return text + (text.empty() ? "" : ", then ") + percent(best->attack_success_rate->mean) +
         " % by " + variant_name(best->variant, with_rho) + ", which " +
         cost(priced ? std::optional(drop_of(*best)) : std::nullopt);
}

}  // namespace finemix
