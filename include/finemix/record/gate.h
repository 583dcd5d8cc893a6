#pragma once

#include <optional>
#include <string>
#include <vector>

#include "finemix/io/json.h"

namespace finemix {

// A bound that a model has to keep.
struct Gate {
  std::string name;             // of its flag: "min-acc", "max-acc-drop", "max-asr"
  double bound = 0;             // as given: rates 0 … 1, drops in points
  std::optional<double> found;  // null: it could not be measured, so it is not kept
  bool passed = false;
  std::string says;  // in words
};

bool all_passed(const std::vector<Gate>& gates);

Json to_json(const Gate& gate);

}  // namespace finemix
