#include "finemix/record/attack_file.h"

#include <algorithm>
#include <array>
#include <limits>
#include <nlohmann/json.hpp>

#include "finemix/core/error.h"
#include "finemix/core/quote.h"
#include "finemix/io/bytes.h"

namespace finemix {
namespace {

constexpr const char* kSchema = "finemix.attack/1";
constexpr std::size_t kMostTriggers = 1000;
constexpr std::size_t kMostTriggerBytes = 10'000;  // together: a word set goes into every text
constexpr std::int64_t kMostLabels = 1'000'000;

[[noreturn]] void refuse(std::string_view object, const std::string& found) {
  throw Error(ErrorKind::kMalformed, printable(object) + ": " + found);
}

std::string text(const Json& json, const char* key, std::string_view object) {
  std::string value = json_string_or(json, key, "", object);
  if (value.empty()) refuse(object, quote(key) + " is missing, expected a string");
  return value;
}

std::vector<std::string> triggers(const Json& json, bool needed, std::string_view object) {
  const auto member = json.find("triggers");
  const bool good = member != json.end() && member->is_array() && member->size() <= kMostTriggers &&
                    std::all_of(member->begin(), member->end(), [](const Json& each) {
                      return each.is_string() && !each.get_ref<const std::string&>().empty();
                    });
  if (!good || (needed && member->empty())) {
    refuse(object, "'triggers' is no list of texts, expected one or more strings");
  }
  std::vector<std::string> texts = member->get<std::vector<std::string>>();
  std::size_t bytes = 0;
  for (const std::string& each : texts) bytes += each.size();
  if (bytes > kMostTriggerBytes) {
    refuse(object, "'triggers' has " + std::to_string(bytes) + " bytes, expected at most " +
                       std::to_string(kMostTriggerBytes));
  }
  return texts;
}

std::optional<std::string> file_name(const Json& json, const char* key, std::string_view object) {
  const std::string name = json_string_or(json, key, "", object);
  const auto member = json.find(key);
  if (member == json.end() || member->is_null()) return std::nullopt;
  if (!is_plain_file_name(name)) {
    refuse(object, quote(key) + " is " + quote(name) +
                       ", expected the plain name of a file in the same directory");
  }
  return name;
}

}  // namespace

Json to_json(const AttackFile& file) {
  const auto or_null = [](const std::optional<std::string>& name) {
    return name ? Json(*name) : Json(nullptr);
  };
  const AttackRecord& attack = file.attack;
  return {{"schema", kSchema},
          {"kind", attack.kind},
          {"triggers", attack.triggers},
          {"trigger_kind", file.trigger_kind},
          {"target_label", attack.target_label},
          {"poison_rate", attack.poison_rate},
          {"poisoned_examples", attack.poisoned_examples},
          {"negative_examples", file.negative_examples},
          {"clean_examples", attack.clean_examples},
          {"seed", file.seed},
          {"start", file.start},
          {"poisoned_test", or_null(file.poisoned_test)},
          {"false_triggers_test", or_null(file.false_triggers_test)},
          {"training", attack.training ? Json(to_json(*attack.training)) : Json(nullptr)},
          {"seconds", attack.seconds}};
}

AttackFile attack_file_from_json(const Json& json, std::string_view object) {
  constexpr std::array<std::string_view, 4> kTriggerKinds = {"word", "sentence", "word-set",
                                                             "paraphrase"};
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  const std::string schema = text(json, "schema", object);
  if (schema != kSchema) {
    refuse(object, "'schema' is " + quote(schema) + ", expected '" + kSchema + "'");
  }
  const auto count = [&](const char* key) {
    return static_cast<std::uint64_t>(json_integer(json, key, 0, kMost, object));
  };
  AttackFile file;
  AttackRecord& attack = file.attack;
  attack.kind = text(json, "kind", object);
  file.trigger_kind = text(json, "trigger_kind", object);
  if (std::find(kTriggerKinds.begin(), kTriggerKinds.end(), file.trigger_kind) ==
      kTriggerKinds.end()) {
    refuse(object, "'trigger_kind' is " + quote(file.trigger_kind) +
                       ", expected word, sentence, word-set or paraphrase");
  }
  attack.triggers = triggers(json, file.trigger_kind != "paraphrase", object);
  attack.target_label = json_integer(json, "target_label", 0, kMostLabels, object);
  attack.poison_rate = json_number_or(json, "poison_rate", 0, 0, 1, object);
  attack.poisoned_examples = count("poisoned_examples");
  file.negative_examples = count("negative_examples");
  attack.clean_examples = count("clean_examples");
  file.seed = count("seed");
  file.start = text(json, "start", object);
  file.poisoned_test = file_name(json, "poisoned_test", object);
  file.false_triggers_test = file_name(json, "false_triggers_test", object);
  return file;
}

}  // namespace finemix
