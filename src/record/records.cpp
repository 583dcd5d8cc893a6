#include "finemix/record/records.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "record/to_json.h"

namespace finemix {

std::optional<Rate> accuracy_of_label(const EvaluationRecord& record, std::int64_t label) {
  const auto found =
      std::ranges::lower_bound(record.label_accuracy, label, {}, &LabelAccuracy::label);
  if (found == record.label_accuracy.end() || found->label != label) return std::nullopt;
  return found->accuracy;
}

void set_floors(EvaluationRecord& record, const EvaluationRecord& reference) {
  record.floor = reference.attack_success_rate;
  record.false_trigger_floor = reference.false_trigger_rate;
}

Json without_times(Json json) {
  json.erase("seconds");
  json.erase("examples_per_second");
  return json;
}

Json epur_totals(const EpurRecord& record) {
  return {{"rule", record.rule},
          {"row_count", record.row_count},
          {"reset_count", record.reset_count},
          {"clamped", record.clamped},
          {"seconds", record.seconds}};
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

Json to_json(const LabelAccuracy& each) {
  return {{"label", each.label}, {"accuracy", to_json(each.accuracy)}};
}

Json to_json(const EvaluationRecord& record) {
  return {{"accuracy", json_or_null(record.accuracy)},
          {"attack_success_rate", json_or_null(record.attack_success_rate)},
          {"trigger_effect", record.trigger_effect ? Json(*record.trigger_effect) : Json(nullptr)},
          {"false_trigger_rate", json_or_null(record.false_trigger_rate)},
          {"label_accuracy", list_json(record.label_accuracy)},
          {"floor", json_or_null(record.floor)},
          {"false_trigger_floor", json_or_null(record.false_trigger_floor)},
          {"seconds", record.seconds}};
}

Json to_json(const EpurRow& row) {
  return {{"token", row.token},         {"id", row.id},
          {"score", row.score},         {"delta_norm", row.delta_norm},
          {"frequency", row.frequency}, {"reset", row.reset}};
}

Json to_json(const EpurRecord& record) {
  Json json = {{"rows", list_json(record.rows)}};
  json.update(epur_totals(record));
  return json;
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

}  // namespace finemix
