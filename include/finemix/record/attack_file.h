#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "finemix/io/json.h"
#include "finemix/record/records.h"

namespace finemix {

inline constexpr const char* kAttackFile = "attack.json";

// What `attack` writes beside the model that it made, so that whoever measures it need not name the
// trigger again.
struct AttackFile {
  AttackRecord attack;
  std::string trigger_kind;  // "word", "sentence", "word-set", or "paraphrase"
  std::uint64_t negative_examples = 0;
  std::uint64_t seed = 0;
  std::string start;  // the model that the attack went on from, as given
  // Files beside this one; plain names.
  std::optional<std::string> poisoned_test;
  std::optional<std::string> false_triggers_test;
};

// Schema finemix.attack/1.
Json to_json(const AttackFile& file);

// Reads what to_json wrote. It may come from a stranger: throws kMalformed, naming `object`, the
// key, what was found and what was expected.
AttackFile attack_file_from_json(const Json& json, std::string_view object);

}  // namespace finemix
