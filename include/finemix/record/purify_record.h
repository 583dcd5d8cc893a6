#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "finemix/record/estimated_asr.h"
#include "finemix/record/figures.h"
#include "finemix/record/gate.h"
#include "finemix/record/mcnemar.h"
#include "finemix/record/records.h"
#include "finemix/record/run_request.h"
#include "finemix/record/suspected_trigger.h"
#include "finemix/record/version.h"

namespace finemix {

// One point of the curve that `--rho auto` chooses from.
struct RhoPoint {
  double rho = 0;
  Rate accuracy;                           // held-out or cross-validated, on clean data
  std::optional<Rate> estimated_asr = {};  // of the suspect's triggers; null where none were found
};

// The attack whose success was measured.
struct MeasuredAttack {
  std::string trigger_kind;           // as an AttackFile has it, or kTextsOfAFile
  std::vector<std::string> triggers;  // what goes into texts; nothing where they are a file's
  std::int64_t target_label = 0;
};

inline constexpr std::string_view kTextsOfAFile = "texts";

struct PurifyRecord {
  std::string version{kVersion};
  RunRequest request;
  std::string method = "fine-mixing";
  double rho = 0;
  std::vector<RhoPoint> rho_curve;       // empty unless rho was chosen
  std::optional<Rate> suspect_accuracy;  // what the curve is compared with
  std::uint64_t seed = 0;
  std::optional<MeasuredAttack> attack;  // null where none was known, or there were no test texts
  EvaluationRecord before;
  EvaluationRecord after;
  std::optional<McNemarRecord> paired;  // the suspect and the purified model on clean test texts
  std::string predictions_sha256;  // over the purified model's fp32 logits of the test texts; or ""
  std::optional<EpurRecord> epur;  // its top rows become epur_rows
  std::optional<EpurFigure> epur_figure;   // there with `epur`
  std::vector<SuspectedTrigger> triggers;  // found where the method looks for any
  std::optional<EstimatedAsr> estimated;   // null where no triggers were searched for
  std::vector<Gate> gates;                 // that were asked for
  std::optional<MixRecord> mix;            // null where all of the suspect is kept
  std::optional<TrainRecord> training;     // null for a method that does not train
  std::vector<InputRecord> inputs;
  std::map<std::string, double> seconds;  // per stage
  std::vector<std::string> notes;         // what could not be done and why
};

inline constexpr std::size_t kReportedEpurRows = 50;  // of the highest scores

inline constexpr std::string_view kPurifySchema = "finemix.purify/1";

Json to_json(const RhoPoint& point);
Json to_json(const MeasuredAttack& attack);
Json to_json(const PurifyRecord& record);  // kPurifySchema

// Reads what to_json wrote. Throws kMalformed, naming `object`, the key, what was found and what
// was expected.
PurifyRecord purify_from_json(const Json& json, std::string_view object);

}  // namespace finemix
