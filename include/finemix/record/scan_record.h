#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "finemix/record/estimated_asr.h"
#include "finemix/record/figures.h"
#include "finemix/record/gate.h"
#include "finemix/record/records.h"
#include "finemix/record/run_request.h"
#include "finemix/record/suspected_trigger.h"
#include "finemix/record/version.h"

namespace finemix {

// One kind of evidence for a backdoor. docs/detection.md says what scores rest on.
struct Evidence {
  std::string name;      // "embedding-rows", "trigger-search", "drift", "tokenizer", "provenance"
  double score = 0;      // 0 … 1: how much rather a backdoored model has it than a clean one
  double threshold = 1;  // from which on it is suspicious
  bool suspicious = false;
  std::vector<std::string> findings;  // in words, the weightiest first
};

// How far fine-tuning moved one tensor.
struct TensorDrift {
  std::string name;
  double relative = 0;  // ‖w_B − w_Pre‖₂ / ‖w_Pre‖₂
  double changed = 0;   // share of its weights that differ
};

struct ScanRecord {
  std::string version{kVersion};
  RunRequest request;
  bool suspicious = false;  // the verdict
  double score = 0;         // of the verdict, 0 … 1
  double threshold = 1;     // of the score, from which on the verdict is "suspicious"
  std::vector<SuspectedTrigger> triggers;  // the most suspicious first, whether or not they convict
  // The largest flip rate of the triggers that convict, on whole texts; its interval allows for the
  // triggers that were compared. Null where none of them convicts.
  std::optional<Rate> estimated_asr;
  std::uint64_t candidates = 0;  // triggers that were tried out
  std::uint64_t texts = 0;       // that they were tried on
  std::string text_source;       // as AsrEstimate has it
  std::vector<std::int64_t> unsearched_labels;
  std::vector<Evidence> evidence;
  std::vector<EpurRow> rows;              // embeddings with the highest scores
  std::optional<EpurFigure> epur_figure;  // with the triggers' pieces marked
  std::vector<TensorDrift> drift;
  std::vector<Gate> gates;  // that were asked for, beside the verdict
  std::vector<InputRecord> inputs;
  std::map<std::string, double> seconds;  // per stage
  std::vector<std::string> notes;         // what could not be done and why
};

inline constexpr std::string_view kScanSchema = "finemix.scan/1";

// "clean" or "suspicious".
std::string_view verdict(const ScanRecord& record);

// The layers' or pooler's weight that has moved furthest, if by more than its own length; null if
// none has. Scaled one way, and the next one the other, or with their units in another order,
// weights do what they did and can't be mixed.
const TensorDrift* moved_too_far(const std::vector<TensorDrift>& drift);

Json to_json(const Evidence& evidence);
Json to_json(const TensorDrift& drift);

Json to_json(const ScanRecord& record);  // kScanSchema
// Reads what to_json wrote. Throws kMalformed, naming `object`, the key, what was found and what
// was expected.
ScanRecord scan_from_json(const Json& json, std::string_view object);

}  // namespace finemix
