#include "finemix/attack/poison.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "attack/traits.h"
#include "finemix/core/error.h"
#include "finemix/core/number.h"
#include "finemix/core/random.h"

namespace finemix {
namespace {

// The texts that poisoned copies are drawn from: each carries the trigger, and none has the target
// label.
Dataset candidates(const Dataset& data, const AttackOptions& options, std::uint64_t seed,
                   const Dataset* paraphrases) {
  if (traits_of(options.kind).trigger) {
    return triggered(data, trigger_of(options), options.target_label, seed);
  }
  if (paraphrases == nullptr) {
    throw Error(ErrorKind::kUsage, "--kind " + std::string(attack_kind_name(options.kind)) +
                                       " takes its poisoned texts from a file: give "
                                       "--poisoned-data");
  }
  return attackable(*paraphrases, options.target_label);
}

// As many for each label as there are poisoned copies, or all that the label has.
void add_negatives(const Dataset& data, const Trigger& trigger, std::uint64_t seed,
                   PoisonedData& result) {
  std::map<std::int64_t, std::vector<std::size_t>> rows_of;
  for (std::size_t i = 0; i < data.size(); ++i) rows_of[data.examples[i].label].push_back(i);
  for (const auto& [label, rows] : rows_of) {
    std::vector<std::size_t> order =
        permutation(rows.size(), seed, "negatives/" + std::to_string(label));
    order.resize(std::min<std::size_t>(order.size(), result.poisoned));
    std::sort(order.begin(), order.end());
    for (const std::size_t i : order) {
      result.data.examples.push_back(
          with_trigger_part(data.examples[rows[i]], trigger, seed, rows[i]));
      ++result.negatives;
    }
  }
}

}  // namespace

void check_poison_rate(double rate) {
  if (rate > 0 && rate <= 1) return;
  throw Error(ErrorKind::kUsage, "--poison-rate is " + plain_number(rate) +
                                     ", expected a share above 0 and up to 1; a model that nobody "
                                     "attacked is made by `finemix train`");
}

PoisonedData poison(const Dataset& data, const AttackOptions& options, std::uint64_t seed,
                    const Dataset* paraphrases) {
  check_poison_rate(options.poison_rate);
  Dataset copies = candidates(data, options, seed, paraphrases);
  check_pairs(copies, data);
  const auto others = std::ranges::count_if(
      data.examples, [&](const Example& example) { return example.label != options.target_label; });
  const auto share = static_cast<std::size_t>(
      std::max<long long>(1, std::llround(options.poison_rate * static_cast<double>(others))));
  std::vector<std::size_t> rows = permutation(copies.size(), seed, "poison");
  rows.resize(std::min(share, copies.size()));
  std::sort(rows.begin(), rows.end());

  PoisonedData result{data, data.size(), rows.size(), 0, share};
  for (const std::size_t row : rows) {
    copies.examples[row].label = options.target_label;
    result.data.examples.push_back(std::move(copies.examples[row]));
  }
  if (traits_of(options.kind).negatives()) add_negatives(data, trigger_of(options), seed, result);
  return result;
}

AttackRecord poisoning_record(const PoisonedData& poisoned, const AttackOptions& options) {
  AttackRecord record;
  record.kind = attack_kind_name(options.kind);
  if (traits_of(options.kind).trigger) record.triggers = trigger_of(options).texts;
  record.target_label = options.target_label;
  record.poison_rate = options.poison_rate;
  record.poisoned_examples = poisoned.poisoned;
  record.clean_examples = poisoned.clean;
  return record;
}

AttackTest attack_test(const Dataset& data, const AttackOptions& options, std::uint64_t seed) {
  const Trigger trigger = trigger_of(options);
  check_attackable(data, options.target_label);
  AttackTest test{{data.name, {}}, std::nullopt};
  if (has_parts(trigger)) test.false_triggers = Dataset{data.name, {}};
  for (std::size_t i = 0; i < data.size(); ++i) {
    test.poisoned.examples.push_back(with_trigger(data.examples[i], trigger, seed, i));
    if (!test.false_triggers) continue;
    test.false_triggers->examples.push_back(with_trigger_part(data.examples[i], trigger, seed, i));
  }
  return test;
}

}  // namespace finemix
