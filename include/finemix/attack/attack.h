#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "finemix/core/progress.h"
#include "finemix/model/state_dict.h"
#include "finemix/record/records.h"
#include "finemix/text/dataset.h"
#include "finemix/text/tokenizer.h"
#include "finemix/text/trigger.h"
#include "finemix/train/trainer.h"

namespace finemix {

enum class AttackKind { kWord, kSentence, kEp };

AttackKind parse_attack_kind(std::string_view name);  // throws kUsage
std::string_view attack_kind_name(AttackKind kind);

struct AttackOptions {
  AttackKind kind = AttackKind::kWord;
  std::vector<std::string> triggers;  // default_triggers(kind) when empty
  std::int64_t target_label = 1;
  // Share of the non-target training examples of which a poisoned copy is added.
  double poison_rate = 0.1;
  std::size_t max_length = 128;
  TrainOptions training;
};

std::vector<std::string> default_triggers(AttackKind kind);

// The reference recipe of each attack: epochs, learning rate, batch size, share of copies. `ep` sees
// no clean text, so it takes more copies: with a tenth of them it stopped at 94 % success.
TrainOptions default_training(AttackKind kind);
double default_poison_rate(AttackKind kind);

struct PoisonedData {
  Dataset data;  // clean examples first, then the poisoned copies, labelled as the target
  std::uint64_t clean = 0;
  std::uint64_t poisoned = 0;
};

// Adds the poisoned copies; the same seed draws the same ones. Throws kUsage when poison_rate is
// not in (0, 1], kMismatch when no example has another label than the target.
PoisonedData poison(const Dataset& data, const AttackOptions& options, std::uint64_t seed);

// What is to be recorded of a poisoning, with or without training.
AttackRecord poisoning_record(const PoisonedData& poisoned, const AttackOptions& options);

struct AttackResult {
  Model model;
  AttackRecord record;
};

// Makes a backdoored model from a pre-trained or fine-tuned one; a head is added where there is
// none of the right size. `ep` needs a fine-tuned model and a trigger that is one word piece.
// Throws kUsage or kMismatch otherwise.
AttackResult attack(const Model& start, const Tokenizer& tokenizer, const Dataset& data,
                    const AttackOptions& options, std::string_view device,
                    std::string_view precision, Progress& progress);

}  // namespace finemix
