#include "finemix/record/purify_record.h"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include "record/from_json.h"
#include "record/to_json.h"

namespace finemix {
namespace {

constexpr std::size_t kMostItems = 1'000'000;
constexpr std::int64_t kMostLabels = 1'000'000;
constexpr double kMostSeconds = 1e12;

Json to_json(const RhoPoint& point) {
  return {{"rho", point.rho}, {"accuracy", to_json(point.accuracy)}};
}

Json curve_json(const std::vector<RhoPoint>& points) {
  Json json = Json::array();
  for (const RhoPoint& point : points) json.push_back(to_json(point));
  return json;
}

std::vector<EpurRow> top_rows(const EpurRecord& record) {
  const auto count = static_cast<std::ptrdiff_t>(std::min(record.rows.size(), kReportedEpurRows));
  return {record.rows.begin(), record.rows.begin() + count};
}

RhoPoint read_point(Fields fields) {
  RhoPoint point{fields.number("rho", 0, 1), read_rate(fields.object("accuracy"))};
  fields.end();
  return point;
}

SuspectedTrigger read_trigger(Fields fields) {
  SuspectedTrigger trigger;
  trigger.text = fields.text("text");
  trigger.id = fields.integer("id", 0, std::numeric_limits<std::int64_t>::max());
  trigger.target_label = fields.integer("target_label", 0, kMostLabels);
  trigger.flip_rate = read_rate(fields.object("flip_rate"));
  fields.end();
  return trigger;
}

EpurRecord read_epur(Fields fields, std::vector<Fields> rows) {
  EpurRecord record;
  record.rule = fields.text("rule");
  record.row_count = fields.count("row_count");
  record.reset_count = fields.count("reset_count");
  record.clamped = fields.count("clamped");
  record.seconds = fields.number("seconds", 0, kMostSeconds);
  fields.end();
  for (Fields& row : rows) record.rows.push_back(read_epur_row(std::move(row)));
  return record;
}

MixRecord read_mix(Fields fields) {
  MixRecord record;
  record.rho = fields.number("rho", 0, 1);
  record.select = fields.text("select");
  record.kept = fields.count("kept");
  record.total = fields.count("total");
  for (Fields& tensor : fields.objects("tensors", kMostItems)) {
    record.tensors.push_back({tensor.text("name"), tensor.count("kept"), tensor.count("total")});
    tensor.end();
  }
  record.kept_whole = fields.texts("kept_whole", kMostItems);
  record.seconds = fields.number("seconds", 0, kMostSeconds);
  fields.end();
  return record;
}

std::map<std::string, double> read_seconds(Fields fields, const Json& json) {
  std::map<std::string, double> seconds;
  for (const auto& [stage, value] : json.items()) {
    seconds[stage] = fields.number(stage, 0, kMostSeconds);
  }
  return seconds;
}

}  // namespace

Json to_json(const SuspectedTrigger& trigger) {
  return {{"text", trigger.text},
          {"id", trigger.id},
          {"target_label", trigger.target_label},
          {"flip_rate", to_json(trigger.flip_rate)}};
}

Json to_json(const PairedCounts& counts) {
  return {{"before_only", counts.before_only}, {"after_only", counts.after_only}};
}

Json to_json(const PurifyRecord& record) {
  const auto hash = [](const std::string& text) {
    return text.empty() ? Json(nullptr) : Json(text);
  };
  return {{"schema", kPurifySchema},
          {"version", record.version},
          {"method", record.method},
          {"rho", record.rho},
          {"rho_curve", curve_json(record.rho_curve)},
          {"suspect_accuracy", json_or_null(record.suspect_accuracy)},
          {"seed", record.seed},
          {"before", without_times(to_json(record.before))},
          {"after", without_times(to_json(record.after))},
          {"epur_rows", record.epur ? list_json(top_rows(*record.epur)) : Json::array()},
          {"epur", record.epur ? epur_totals(*record.epur) : Json(nullptr)},
          {"epur_figure", json_or_null(record.epur_figure)},
          {"triggers", list_json(record.triggers)},
          {"paired", json_or_null(record.paired)},
          {"predictions_sha256", hash(record.predictions_sha256)},
          {"mix", json_or_null(record.mix)},
          {"training", json_or_null(record.training)},
          {"inputs", list_json(record.inputs)},
          {"command", record.request.command},
          {"config", record.request.config},
          {"seconds", record.seconds},
          {"notes", record.notes}};
}

PurifyRecord purify_from_json(const Json& json, std::string_view object) {
  Fields fields(json, std::string(object));
  if (fields.text("schema") != kPurifySchema) {
    fields.refuse("schema", "\"" + std::string(kPurifySchema) + "\"");
  }
  PurifyRecord record;
  record.version = fields.text("version");
  record.method = fields.text("method");
  record.rho = fields.number("rho", 0, 1);
  for (Fields& point : fields.objects("rho_curve", kMostItems)) {
    record.rho_curve.push_back(read_point(std::move(point)));
  }
  record.suspect_accuracy = read_rate_or_null(fields, "suspect_accuracy");
  record.seed = fields.count("seed");
  record.before = read_evaluation(fields.object("before"));
  record.after = read_evaluation(fields.object("after"));
  std::vector<Fields> rows = fields.objects("epur_rows", kMostItems);
  if (!fields.is_null("epur")) record.epur = read_epur(fields.object("epur"), std::move(rows));
  if (!fields.is_null("epur_figure")) {
    record.epur_figure = read_epur_figure(fields.object("epur_figure"));
  }
  for (Fields& trigger : fields.objects("triggers", kMostItems)) {
    record.triggers.push_back(read_trigger(std::move(trigger)));
  }
  if (!fields.is_null("paired")) {
    Fields paired = fields.object("paired");
    record.paired = {paired.count("before_only"), paired.count("after_only")};
    paired.end();
  }
  if (!fields.is_null("predictions_sha256")) {
    record.predictions_sha256 = fields.text("predictions_sha256");
  }
  if (!fields.is_null("mix")) record.mix = read_mix(fields.object("mix"));
  if (!fields.is_null("training")) record.training = read_training(fields.object("training"));
  for (Fields& input : fields.objects("inputs", kMostItems)) {
    record.inputs.push_back(read_input(std::move(input)));
  }
  record.request = {fields.text("command"), fields.any("config")};
  record.seconds = read_seconds(fields.object("seconds"), json["seconds"]);
  record.notes = fields.texts("notes", kMostItems);
  fields.end();
  return record;
}

}  // namespace finemix
