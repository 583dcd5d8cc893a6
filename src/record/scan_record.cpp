#include "finemix/record/scan_record.h"

#include <cstddef>
#include <nlohmann/json.hpp>
#include <utility>

#include "finemix/record/tensor_layer.h"
#include "record/from_json.h"
#include "record/to_json.h"

namespace finemix {
namespace {

constexpr std::size_t kMostEvidence = 64;
constexpr double kLargestDrift = 1e300;
constexpr std::string_view kClean = "clean";
constexpr std::string_view kSuspicious = "suspicious";

Evidence read_evidence(Fields fields) {
  Evidence evidence;
  evidence.name = fields.text("name");
  evidence.score = fields.number("score", 0, 1);
  evidence.threshold = fields.number("threshold", 0, 1);
  evidence.suspicious = fields.boolean("suspicious");
  evidence.findings = fields.texts("findings", kMostItems);
  fields.end();
  if (evidence.suspicious != (evidence.score >= evidence.threshold)) {
    fields.refuse("suspicious", "what 'score' and 'threshold' say");
  }
  return evidence;
}

TensorDrift read_drift(Fields fields) {
  TensorDrift drift;
  drift.name = fields.text("name");
  drift.relative = fields.number("relative", 0, kLargestDrift);
  drift.changed = fields.number("changed", 0, 1);
  fields.end();
  return drift;
}

bool read_verdict(Fields& fields) {
  const std::string text = fields.text("verdict");
  if (text != kClean && text != kSuspicious) fields.refuse("verdict", "clean or suspicious");
  return text == kSuspicious;
}

}  // namespace

std::string_view verdict(const ScanRecord& record) {
  return record.suspicious ? kSuspicious : kClean;
}

const TensorDrift* moved_too_far(const std::vector<TensorDrift>& drift) {
  const TensorDrift* furthest = nullptr;
  for (const TensorDrift& tensor : drift) {
    const std::string_view name = tensor.name;
    const bool body = !layer_digits(name).empty() || name.ends_with("pooler.dense.weight");
    if (!body || !name.ends_with(".weight")) continue;
    if (tensor.relative > (furthest == nullptr ? 1 : furthest->relative)) furthest = &tensor;
  }
  return furthest;
}

Json to_json(const Evidence& evidence) {
  return {{"name", evidence.name},
          {"score", evidence.score},
          {"threshold", evidence.threshold},
          {"suspicious", evidence.suspicious},
          {"findings", evidence.findings}};
}

Json to_json(const TensorDrift& drift) {
  return {{"name", drift.name}, {"relative", drift.relative}, {"changed", drift.changed}};
}

Json to_json(const ScanRecord& record) {
  return {{"schema", kScanSchema},
          {"version", record.version},
          {"verdict", verdict(record)},
          {"score", record.score},
          {"threshold", record.threshold},
          {"triggers", list_json(record.triggers)},
          {"estimated_asr", json_or_null(record.estimated_asr)},
          {"candidates", record.candidates},
          {"texts", record.texts},
          {"text_source", record.text_source},
          {"unsearched_labels", record.unsearched_labels},
          {"evidence", list_json(record.evidence)},
          {"epur_rows", list_json(record.rows)},
          {"epur_figure", json_or_null(record.epur_figure)},
          {"drift", list_json(record.drift)},
          {"gates", list_json(record.gates)},
          {"inputs", list_json(record.inputs)},
          {"command", record.request.command},
          {"config", record.request.config},
          {"seconds", record.seconds},
          {"notes", record.notes}};
}

ScanRecord scan_from_json(const Json& json, std::string_view object) {
  Fields fields(json, std::string(object));
  if (fields.text("schema") != kScanSchema) {
    fields.refuse("schema", "\"" + std::string(kScanSchema) + "\"");
  }
  ScanRecord record;
  record.version = fields.text("version");
  record.suspicious = read_verdict(fields);
  record.score = fields.number("score", 0, 1);
  record.threshold = fields.number("threshold", 0, 1);
  if (record.suspicious != (record.score >= record.threshold)) {
    fields.refuse("verdict", "what 'score' and 'threshold' say");
  }
  record.triggers = read_suspected_triggers(fields, "triggers");
  record.estimated_asr = read_estimate_or_null(fields, "estimated_asr");
  record.candidates = fields.count("candidates");
  record.texts = fields.count("texts");
  record.text_source = read_text_source(fields);
  record.unsearched_labels = read_unsearched_labels(fields);
  for (Fields& evidence : fields.objects("evidence", kMostEvidence)) {
    record.evidence.push_back(read_evidence(std::move(evidence)));
  }
  for (Fields& row : fields.objects("epur_rows", kMostItems)) {
    record.rows.push_back(read_epur_row(std::move(row)));
  }
  if (!fields.is_null("epur_figure")) {
    record.epur_figure = read_epur_figure(fields.object("epur_figure"));
  }
  for (Fields& tensor : fields.objects("drift", kMostItems)) {
    record.drift.push_back(read_drift(std::move(tensor)));
  }
  record.gates = read_gates(fields, "gates");
  RunEnd end = read_run_end(fields);
  record.inputs = std::move(end.inputs);
  record.request = std::move(end.request);
  record.seconds = std::move(end.seconds);
  record.notes = std::move(end.notes);
  fields.end();
  return record;
}

}  // namespace finemix
