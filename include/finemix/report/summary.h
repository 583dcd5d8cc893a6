#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "finemix/record/inspection.h"
#include "finemix/record/purify_record.h"
#include "finemix/record/records.h"
#include "finemix/record/verification.h"

namespace finemix {

// What a person reads at the end of a verb: a few lines, each ending with a newline. A figure that
// is not to be had is said to be so, with the reason. `color` asks for ANSI colours.

std::string summary(const TrainRecord& record, bool color);
std::string summary(const EvaluationRecord& record, bool color);
std::string summary(const AttackRecord& record, bool color);
std::string summary(const MixRecord& record, bool color);
std::string summary(const PurifyRecord& record, bool color);
std::string summary(const InspectionRecord& record, bool color);
std::string summary(const Verification& verification);

// The `rows` highest scores.
std::string summary(const EpurRecord& record, std::size_t rows, bool color);

// One model before and after its purification.
struct BeforeAfter {
  std::string model;
  EvaluationRecord before;
  EvaluationRecord after;
};
std::string summary(std::span<const BeforeAfter> models, bool color);

}  // namespace finemix
