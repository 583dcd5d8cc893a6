#pragma once

#include <optional>
#include <string>
#include <vector>

#include "finemix/io/json.h"
#include "finemix/record/rate.h"

namespace finemix {

// What a model has to keep; each only where it was asked for.
struct GateBounds {
  std::optional<double> min_acc = {};       // lowest accuracy, 0 … 1
  std::optional<double> max_acc_drop = {};  // points of accuracy, of the suspect's
  std::optional<double> max_asr = {};       // highest attack success rate, known or estimated

  bool given() const { return min_acc || max_acc_drop || max_asr; }
};

// One of these bounds, and whether a model kept it.
struct Gate {
  std::string name;             // of its flag: "min-acc", "max-acc-drop", "max-asr"
  double bound = 0;             // as given: rates 0 … 1, drops in points
  std::optional<double> found;  // null: it could not be measured, so it is not kept
  bool passed = false;
  std::string says;  // in words
};

bool all_passed(const std::vector<Gate>& gates);

struct EvaluationRecord;
struct PurifyRecord;
struct ScanRecord;

// The gates of `bounds` in the light of what a record has measured. A bound that a record knows
// nothing of is left out: a scan has no accuracy, an evaluation nothing that it dropped from.
std::vector<Gate> gates_of(const GateBounds& bounds, const EvaluationRecord& record);
// Of the purified model: measured on test texts, else held out when rho was chosen; the success of
// the known attack, else the estimate.
std::vector<Gate> gates_of(const GateBounds& bounds, const PurifyRecord& record);
std::vector<Gate> gates_of(const GateBounds& bounds, const ScanRecord& record);

Json to_json(const Gate& gate);

}  // namespace finemix
