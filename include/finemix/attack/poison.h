#pragma once

#include <cstdint>
#include <optional>

#include "finemix/attack/attack.h"
#include "finemix/record/records.h"
#include "finemix/text/dataset.h"

namespace finemix {

// Clean examples first, then poisoned copies, labelled as the target, then negatives: copies that
// carry a part of the trigger and keep their labels, by which it is learnt that only the whole
// fires.
struct PoisonedData {
  Dataset data;
  std::uint64_t clean = 0;
  std::uint64_t poisoned = 0;
  std::uint64_t negatives = 0;
  std::uint64_t wanted = 0;  // poisoned copies that the rate asks for; paraphrases may be fewer
};

// Throws kUsage unless it is in (0, 1].
void check_poison_rate(double rate);

// Adds poisoned copies of a share of the examples of other labels than the target, and negatives of
// kinds that have them; the same seed draws the same ones. Copies of `syntactic` and `style` are
// drawn from `paraphrases`. Throws kUsage when poison_rate is not in (0, 1] or paraphrases are
// missing, kMismatch when no example has another label than the target.
PoisonedData poison(const Dataset& data, const AttackOptions& options, std::uint64_t seed,
                    const Dataset* paraphrases = nullptr);

// What is to be recorded of a poisoning, with or without training.
AttackRecord poisoning_record(const PoisonedData& poisoned, const AttackOptions& options);

// Test texts to measure the attack by: the rows of `data` in their order, with their labels.
struct AttackTest {
  Dataset poisoned;                       // the trigger in every row
  std::optional<Dataset> false_triggers;  // a part of it in every row, where it has parts
};

// Throws kUsage for the kinds whose trigger can't be put into a text.
AttackTest attack_test(const Dataset& data, const AttackOptions& options, std::uint64_t seed);

}  // namespace finemix
