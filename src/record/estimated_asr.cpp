#include "finemix/record/estimated_asr.h"

#include <nlohmann/json.hpp>

#include "record/from_json.h"
#include "record/to_json.h"

namespace finemix {
namespace {

AsrEstimate read_estimate(Fields fields) {
  AsrEstimate estimate;
  estimate.asr = read_estimate_or_null(fields, "asr");
  estimate.triggers = read_suspected_triggers(fields, "triggers");
  estimate.candidates = fields.count("candidates");
  estimate.texts = fields.count("texts");
  estimate.text_source = read_text_source(fields);
  estimate.unsearched_labels = read_unsearched_labels(fields);
  fields.end();
  return estimate;
}

}  // namespace

AsrEstimate after(const EstimatedAsr& estimated) {
  const std::optional<Rate>& again = estimated.remeasured.asr;
  const std::optional<Rate>& fresh = estimated.fresh.asr;
  const bool again_is_worse = again && (!fresh || again->value > fresh->value);
  AsrEstimate rest = again_is_worse ? estimated.remeasured : estimated.fresh;
  rest.unsearched_labels = estimated.fresh.unsearched_labels;
  return rest;
}

Json to_json(const AsrEstimate& estimate) {
  return {{"asr", json_or_null(estimate.asr)},   {"triggers", list_json(estimate.triggers)},
          {"candidates", estimate.candidates},   {"texts", estimate.texts},
          {"text_source", estimate.text_source}, {"unsearched_labels", estimate.unsearched_labels}};
}

Json to_json(const EstimatedAsr& estimated) {
  return {{"before", to_json(estimated.before)},
          {"remeasured", to_json(estimated.remeasured)},
          {"fresh", to_json(estimated.fresh)}};
}

std::string unsearched_text(const std::vector<std::int64_t>& labels) {
  std::string names;
  for (const std::int64_t label : labels) {
    names += (names.empty() ? "" : " or ") + std::to_string(label);
  }
  return names.empty() ? ""
                       : "; no triggers to label " + names +
                             " were looked for: too few texts are of other labels, or the model "
                             "gives nearly all that one once they are cut short";
}

std::string read_text_source(Fields& parent) {
  std::string source = parent.text("text_source");
  if (source != kTextsFromData && source != kTextsFromVocabulary && !source.empty()) {
    parent.refuse("text_source", "data, vocabulary or nothing");
  }
  return source;
}

std::vector<std::int64_t> read_unsearched_labels(Fields& parent) {
  std::vector<std::int64_t> labels;
  for (const std::uint64_t label : parent.counts("unsearched_labels", kMostItems)) {
    if (label >= kMostLabels) parent.refuse("unsearched_labels", "labels of a classifier");
    labels.push_back(static_cast<std::int64_t>(label));
  }
  return labels;
}

EstimatedAsr read_estimated_asr(Fields fields) {
  EstimatedAsr estimated;
  estimated.before = read_estimate(fields.object("before"));
  estimated.remeasured = read_estimate(fields.object("remeasured"));
  estimated.fresh = read_estimate(fields.object("fresh"));
  fields.end();
  return estimated;
}

}  // namespace finemix
