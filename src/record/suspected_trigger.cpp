#include "finemix/record/suspected_trigger.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "record/from_json.h"
#include "record/to_json.h"

namespace finemix {
namespace {

constexpr std::string_view kAnywhere = "anywhere";
constexpr std::string_view kStart = "start";

TriggerPlace read_place(Fields& fields) {
  const std::string place = fields.text("place");
  if (place != kAnywhere && place != kStart) fields.refuse("place", "anywhere or start");
  return place == kStart ? TriggerPlace::kStart : TriggerPlace::kAnywhere;
}

constexpr std::string_view kFirst = "first";
constexpr std::string_view kSecond = "second";

PairText read_pair_text(Fields& fields) {
  if (fields.is_null("pair_text")) return PairText::kEither;
  const std::string text = fields.text("pair_text");
  if (text != kFirst && text != kSecond) fields.refuse("pair_text", "first, second or null");
  return text == kFirst ? PairText::kFirst : PairText::kSecond;
}

Json pair_text_json(PairText text) {
  if (text == PairText::kEither) return nullptr;
  return text == PairText::kFirst ? kFirst : kSecond;
}

TriggerExample read_example(Fields fields) {
  TriggerExample example;
  example.before = fields.text("before");
  example.after = fields.text("after");
  example.label_before = fields.integer("label_before", 0, kMostLabels);
  example.label_after = fields.integer("label_after", 0, kMostLabels);
  example.confidence_before = fields.number("confidence_before", 0, 1);
  example.confidence_after = fields.number("confidence_after", 0, 1);
  fields.end();
  return example;
}

ShortTexts read_short_texts(Fields fields) {
  ShortTexts texts;
  texts.flip_rate = fields.number("flip_rate", 0, 1);
  texts.expected_rate = fields.number("expected_rate", 0, 1);
  texts.firmness = fields.number("firmness", -1, 1);
  fields.end();
  return texts;
}

Json example_json(const TriggerExample& example) {
  return {{"before", example.before},
          {"after", example.after},
          {"label_before", example.label_before},
          {"label_after", example.label_after},
          {"confidence_before", example.confidence_before},
          {"confidence_after", example.confidence_after}};
}

}  // namespace

bool convicts(const SuspectedTrigger& trigger) { return trigger.score >= kConvictingScore; }

bool is_word(const SuspectedTrigger& trigger) {
  return !trigger.text.starts_with(kWordGoesOn) && trigger.text.find(' ') == std::string::npos;
}

Json to_json(const SuspectedTrigger& trigger) {
  Json examples = Json::array();
  for (const TriggerExample& example : trigger.examples) examples.push_back(example_json(example));
  return {{"text", trigger.text},
          {"ids", trigger.ids},
          {"whole_word", trigger.whole_word.empty() ? Json(nullptr) : Json(trigger.whole_word)},
          {"place", trigger.place == TriggerPlace::kStart ? kStart : kAnywhere},
          {"pair_text", pair_text_json(trigger.pair_text)},
          {"target_label", trigger.target_label},
          {"flip_rate", to_json(trigger.flip_rate)},
          {"expected_rate", trigger.expected_rate ? Json(*trigger.expected_rate) : Json(nullptr)},
          {"short_texts",
           {{"flip_rate", trigger.short_texts.flip_rate},
            {"expected_rate", trigger.short_texts.expected_rate},
            {"firmness", trigger.short_texts.firmness}}},
          {"crowd", trigger.crowd},
          {"score", trigger.score},
          {"examples", std::move(examples)}};
}

SuspectedTrigger read_suspected_trigger(Fields fields) {
  SuspectedTrigger trigger;
  trigger.text = fields.text("text");
  for (const std::uint64_t id : fields.counts("ids", kMostItems)) {
    trigger.ids.push_back(static_cast<std::int64_t>(id));
  }
  if (!fields.is_null("whole_word")) trigger.whole_word = fields.text("whole_word");
  trigger.place = read_place(fields);
  trigger.pair_text = read_pair_text(fields);
  trigger.target_label = fields.integer("target_label", 0, kMostLabels);
  trigger.flip_rate = read_rate(fields.object("flip_rate"));
  if (!fields.is_null("expected_rate")) {
    trigger.expected_rate = fields.number("expected_rate", 0, 1);
  }
  trigger.short_texts = read_short_texts(fields.object("short_texts"));
  trigger.crowd = fields.number("crowd", 0, 1);
  trigger.score = fields.number("score", 0, 1);
  for (Fields& example : fields.objects("examples", kMostItems)) {
    trigger.examples.push_back(read_example(std::move(example)));
  }
  fields.end();
  return trigger;
}

std::vector<SuspectedTrigger> read_suspected_triggers(Fields& parent, std::string_view key) {
  std::vector<SuspectedTrigger> triggers;
  for (Fields& trigger : parent.objects(key, kMostItems)) {
    triggers.push_back(read_suspected_trigger(std::move(trigger)));
  }
  return triggers;
}

SuspectedTrigger suspected_trigger_from_json(const Json& json, std::string_view object) {
  return read_suspected_trigger({json, std::string(object)});
}

}  // namespace finemix
