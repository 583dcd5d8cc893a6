#include "finemix/record/records.h"

#include <algorithm>
#include <cstddef>
#include <nlohmann/json.hpp>

#include "finemix/record/version.h"

namespace finemix {
namespace {

constexpr std::size_t kReportedEpurRows = 50;

template <typename T>
Json json_or_null(const std::optional<T>& value) {
  return value ? Json(to_json(*value)) : Json(nullptr);
}

Json figures(const EvaluationRecord& record) {
  Json labels = Json::array();
  for (const LabelAccuracy& each : record.label_accuracy) {
    labels.push_back({{"label", each.label}, {"accuracy", to_json(each.accuracy)}});
  }
  return {{"accuracy", json_or_null(record.accuracy)},
          {"attack_success_rate", json_or_null(record.attack_success_rate)},
          {"trigger_effect", record.trigger_effect ? Json(*record.trigger_effect) : Json(nullptr)},
          {"false_trigger_rate", json_or_null(record.false_trigger_rate)},
          {"label_accuracy", std::move(labels)},
          {"floor", json_or_null(record.floor)},
          {"false_trigger_floor", json_or_null(record.false_trigger_floor)}};
}

Json top_rows(const std::vector<EpurRow>& rows, std::size_t count) {
  Json json = Json::array();
  for (std::size_t i = 0; i < std::min(count, rows.size()); ++i) json.push_back(to_json(rows[i]));
  return json;
}

Json epur_totals(const EpurRecord& record) {
  return {{"rule", record.rule},
          {"reset_count", record.reset_count},
          {"clamped", record.clamped},
          {"seconds", record.seconds}};
}

Json curve(const std::vector<RhoPoint>& points) {
  Json json = Json::array();
  for (const RhoPoint& point : points) {
    json.push_back({{"rho", point.rho}, {"accuracy", to_json(point.accuracy)}});
  }
  return json;
}

}  // namespace

void set_floors(EvaluationRecord& record, const EvaluationRecord& reference) {
  record.floor = reference.attack_success_rate;
  record.false_trigger_floor = reference.false_trigger_rate;
}

Json to_json(const Rate& rate) {
  return {{"value", rate.value},
          {"low", rate.low},
          {"high", rate.high},
          {"correct", rate.correct},
          {"total", rate.total}};
}

Json to_json(const HeldOutRecord& record) {
  return {{"accuracy", to_json(record.accuracy)}, {"loss", record.loss}};
}

Json to_json(const EvaluationRecord& record) {
  Json json = figures(record);
  json["seconds"] = record.seconds;
  return json;
}

Json to_json(const EpurRow& row) {
  return {{"token", row.token},         {"id", row.id},
          {"score", row.score},         {"delta_norm", row.delta_norm},
          {"frequency", row.frequency}, {"reset", row.reset}};
}

Json to_json(const EpurRecord& record) {
  Json json = {{"rows", top_rows(record.rows, record.rows.size())}};
  json.update(epur_totals(record));
  return json;
}

Json to_json(const SuspectedTrigger& trigger) {
  return {{"text", trigger.text},
          {"id", trigger.id},
          {"target_label", trigger.target_label},
          {"flip_rate", to_json(trigger.flip_rate)}};
}

Json to_json(const MixRecord& record) {
  Json tensors = Json::array();
  for (const MixTensorRecord& tensor : record.tensors) {
    tensors.push_back({{"name", tensor.name}, {"kept", tensor.kept}, {"total", tensor.total}});
  }
  return {{"rho", record.rho},        {"select", record.select}, {"kept", record.kept},
          {"total", record.total},    {"tensors", tensors},      {"kept_whole", record.kept_whole},
          {"seconds", record.seconds}};
}

Json to_json(const PairedCounts& counts) {
  return {{"before_only", counts.before_only}, {"after_only", counts.after_only}};
}

Json to_json(const TrainRecord& record) {
  return {{"precision", record.precision},
          {"steps", record.steps},
          {"loss", record.loss},
          {"epoch_losses", record.epoch_losses},
          {"validation", json_or_null(record.validation)},
          {"best_step", record.best_step},
          {"examples_per_second", record.examples_per_second},
          {"seconds", record.seconds}};
}

Json to_json(const AttackRecord& record) {
  return {{"kind", record.kind},
          {"triggers", record.triggers},
          {"target_label", record.target_label},
          {"poison_rate", record.poison_rate},
          {"poisoned_examples", record.poisoned_examples},
          {"clean_examples", record.clean_examples},
          {"training", json_or_null(record.training)},
          {"seconds", record.seconds}};
}

Json to_json(const InputRecord& record) {
  return {{"name", record.name}, {"path", record.path}, {"sha256", record.sha256}};
}

Json to_json(const PurifyRecord& record, const Json& config) {
  Json json = {{"schema", "finemix.purify/1"},
               {"version", kVersion},
               {"method", record.method},
               {"rho", record.rho},
               {"rho_curve", curve(record.rho_curve)},
               {"suspect_accuracy", json_or_null(record.suspect_accuracy)},
               {"seed", record.seed},
               {"before", figures(record.before)},
               {"after", figures(record.after)}};
  json["epur_rows"] = record.epur ? top_rows(record.epur->rows, kReportedEpurRows) : Json::array();
  json["epur"] = record.epur ? epur_totals(*record.epur) : Json(nullptr);
  json["triggers"] = Json::array();
  for (const SuspectedTrigger& trigger : record.triggers)
    json["triggers"].push_back(to_json(trigger));
  json["paired"] = json_or_null(record.paired);
  json["predictions_sha256"] =
      record.predictions_sha256.empty() ? Json(nullptr) : Json(record.predictions_sha256);
  json["mix"] = json_or_null(record.mix);
  json["training"] = json_or_null(record.training);
  json["inputs"] = Json::array();
  for (const InputRecord& input : record.inputs) json["inputs"].push_back(to_json(input));
  json["config"] = config;
  json["seconds"] = record.seconds;
  json["notes"] = record.notes;
  return json;
}

}  // namespace finemix
