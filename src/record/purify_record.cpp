#include "finemix/record/purify_record.h"

#include <algorithm>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <utility>

#include "record/from_json.h"
#include "record/to_json.h"

namespace finemix {
namespace {

std::vector<EpurRow> top_rows(const EpurRecord& record) {
  const auto count = static_cast<std::ptrdiff_t>(std::min(record.rows.size(), kReportedEpurRows));
  return {record.rows.begin(), record.rows.begin() + count};
}

RhoPoint read_point(Fields fields) {
  RhoPoint point{fields.number("rho", 0, 1), read_rate(fields.object("accuracy")), {}};
  point.estimated_asr = read_estimate_or_null(fields, "estimated_asr");
  fields.end();
  return point;
}

MeasuredAttack read_measured_attack(Fields fields) {
  MeasuredAttack attack;
  attack.trigger_kind = fields.text("trigger_kind");
  if (attack.trigger_kind != kTextsOfAFile) attack.trigger_kind = read_trigger_kind(fields);
  attack.triggers = fields.texts("triggers", kMostItems);
  attack.target_label = fields.integer("target_label", 0, kMostLabels);
  fields.end();
  return attack;
}

// What E-PUR did, if anything: its totals, the highest rows and the figure's data go together.
void read_epur(Fields& fields, PurifyRecord& purify) {
  std::vector<Fields> rows = fields.objects("epur_rows", kReportedEpurRows);
  const bool none = fields.is_null("epur");
  if (none != fields.is_null("epur_figure")) {
    fields.refuse("epur_figure", "null if and only if 'epur' is");
  }
  if (none) {
    if (!rows.empty()) fields.refuse("epur_rows", "none, since 'epur' is null");
    return;
  }
  Fields totals = fields.object("epur");
  EpurRecord& record = purify.epur.emplace();
  record.rule = totals.text("rule");
  record.row_count = totals.count("row_count");
  record.reset_count = totals.count("reset_count");
  record.clamped = totals.count("clamped");
  record.seconds = totals.number("seconds", 0, kMostSeconds);
  totals.end();
  if (std::max({record.reset_count, record.clamped, std::uint64_t{rows.size()}}) >
      record.row_count) {
    totals.refuse("row_count", "as many rows as were reset, clamped and listed, or more");
  }
  for (Fields& row : rows) record.rows.push_back(read_epur_row(std::move(row)));
  purify.epur_figure = read_epur_figure(fields.object("epur_figure"));
}

MixRecord read_mix(Fields fields) {
  MixRecord record;
  record.rho = fields.number("rho", 0, 1);
  record.select = fields.text("select");
  record.kept = fields.count("kept");
  record.total = fields.count("total");
  if (record.kept > record.total) fields.refuse("kept", "at most 'total'");
  for (Fields& tensor : fields.objects("tensors", kMostItems)) {
    MixTensorRecord& one = record.tensors.emplace_back(
        MixTensorRecord{tensor.text("name"), tensor.count("kept"), tensor.count("total")});
    if (one.kept > one.total) tensor.refuse("kept", "at most 'total'");
    tensor.end();
  }
  record.kept_whole = fields.texts("kept_whole", kMostItems);
  record.seconds = fields.number("seconds", 0, kMostSeconds);
  fields.end();
  return record;
}

// Both models were run on the same texts, so what one gets right and the other wrong is what their
// accuracies differ by.
void read_paired(Fields& fields, PurifyRecord& record) {
  if (fields.is_null("paired")) return;
  const McNemarRecord paired = read_mcnemar(fields.object("paired"));
  const std::optional<Rate>& before = record.before.accuracy;
  const std::optional<Rate>& after = record.after.accuracy;
  const bool possible = before && after && before->total == after->total &&
                        paired.before_only <= before->correct &&
                        paired.after_only <= after->correct &&
                        before->correct - paired.before_only == after->correct - paired.after_only;
  if (!possible) fields.refuse("paired", "counts that explain the two accuracies");
  record.paired = paired;
}

}  // namespace

Json to_json(const RhoPoint& point) {
  return {{"rho", point.rho},
          {"accuracy", to_json(point.accuracy)},
          {"estimated_asr", json_or_null(point.estimated_asr)}};
}

Json to_json(const MeasuredAttack& attack) {
  return {{"trigger_kind", attack.trigger_kind},
          {"triggers", attack.triggers},
          {"target_label", attack.target_label}};
}

Json to_json(const PurifyRecord& record) {
  const std::string& hash = record.predictions_sha256;
  return {{"schema", kPurifySchema},
          {"version", record.version},
          {"method", record.method},
          {"rho", record.rho},
          {"rho_curve", list_json(record.rho_curve)},
          {"suspect_accuracy", json_or_null(record.suspect_accuracy)},
          {"seed", record.seed},
          {"attack", json_or_null(record.attack)},
          {"before", without_times(to_json(record.before))},
          {"after", without_times(to_json(record.after))},
          {"epur_rows", record.epur ? list_json(top_rows(*record.epur)) : Json::array()},
          {"epur", record.epur ? epur_totals(*record.epur) : Json(nullptr)},
          {"epur_figure", json_or_null(record.epur_figure)},
          {"triggers", list_json(record.triggers)},
          {"estimated", json_or_null(record.estimated)},
          {"gates", list_json(record.gates)},
          {"paired", json_or_null(record.paired)},
          {"predictions_sha256", hash.empty() ? Json(nullptr) : Json(hash)},
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
  if (!fields.is_null("attack")) record.attack = read_measured_attack(fields.object("attack"));
  record.before = read_evaluation(fields.object("before"));
  record.after = read_evaluation(fields.object("after"));
  read_epur(fields, record);
  record.triggers = read_suspected_triggers(fields, "triggers");
  if (!fields.is_null("estimated")) {
    record.estimated = read_estimated_asr(fields.object("estimated"));
  }
  record.gates = read_gates(fields, "gates");
  read_paired(fields, record);
  if (!fields.is_null("predictions_sha256")) {
    record.predictions_sha256 = fields.text("predictions_sha256");
  }
  if (!fields.is_null("mix")) record.mix = read_mix(fields.object("mix"));
  if (!fields.is_null("training")) record.training = read_timed_training(fields.object("training"));
  RunEnd end = read_run_end(fields);
  record.inputs = std::move(end.inputs);
  record.request = std::move(end.request);
  record.seconds = std::move(end.seconds);
  record.notes = std::move(end.notes);
  fields.end();
  return record;
}

}  // namespace finemix
