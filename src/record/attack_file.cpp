#include "finemix/record/attack_file.h"

#include <nlohmann/json.hpp>

#include "finemix/core/quote.h"
#include "finemix/io/bytes.h"
#include "record/fields.h"
#include "record/from_json.h"

namespace finemix {
namespace {

constexpr const char* kSchema = "finemix.attack/1";
constexpr std::size_t kMostTriggers = 1000;
constexpr std::size_t kMostTriggerBytes = 10'000;  // together: a word set goes into every text

std::string needed_text(Fields& fields, std::string_view key) {
  std::string value = fields.text(key);
  if (value.empty()) fields.refuse(key, "a string that is not empty");
  return value;
}

std::vector<std::string> read_triggers(Fields& fields, bool needed) {
  std::vector<std::string> triggers = fields.texts("triggers", kMostTriggers);
  std::size_t bytes = 0;
  for (const std::string& trigger : triggers) {
    if (trigger.empty()) fields.refuse("triggers", "no empty string in it");
    bytes += trigger.size();
  }
  if (needed && triggers.empty()) fields.refuse("triggers", "one or more strings in it");
  if (bytes > kMostTriggerBytes) {
    fields.refuse("triggers", "at most " + std::to_string(kMostTriggerBytes) + " bytes in it");
  }
  return triggers;
}

std::optional<std::string> read_file_name(Fields& fields, std::string_view key) {
  if (fields.is_null(key)) return std::nullopt;
  std::string name = fields.text(key);
  if (!is_plain_file_name(name)) {
    fields.refuse(key, "the plain name of a file in the same directory");
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
  Fields fields(json, std::string(object));
  if (fields.text("schema") != kSchema) fields.refuse("schema", quote(kSchema));
  AttackFile file;
  AttackRecord& attack = file.attack;
  attack.kind = needed_text(fields, "kind");
  file.trigger_kind = read_trigger_kind(fields);
  attack.triggers = read_triggers(fields, file.trigger_kind != "paraphrase");
  attack.target_label = fields.integer("target_label", 0, kMostLabels);
  attack.poison_rate = fields.number("poison_rate", 0, 1);
  attack.poisoned_examples = fields.count("poisoned_examples");
  file.negative_examples = fields.count("negative_examples");
  attack.clean_examples = fields.count("clean_examples");
  file.seed = fields.count("seed");
  file.start = needed_text(fields, "start");
  file.poisoned_test = read_file_name(fields, "poisoned_test");
  file.false_triggers_test = read_file_name(fields, "false_triggers_test");
  if (!fields.is_null("training")) attack.training = read_timed_training(fields.object("training"));
  attack.seconds = fields.number("seconds", 0, kMostSeconds);
  fields.end();
  return file;
}

}  // namespace finemix
