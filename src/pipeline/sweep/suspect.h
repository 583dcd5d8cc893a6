#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "finemix/core/progress.h"
#include "finemix/pipeline/purify_inputs.h"
#include "pipeline/sweep/plan.h"

namespace finemix {

// A model to purify, with all that its cells have in common.
struct Suspect {
  std::string task;
  std::string attack;
  PurifyOptions base;  // files, attack, clean reference, E-PUR's frequencies and running
  AttackRecord made;
};

// Makes the records of one suspect's cells, on inputs that they share.
class SweepSuspect {
 public:
  // `first` is any of its cells. Throws what PurifyInputs does.
  SweepSuspect(Suspect suspect, const PlannedCell& first, Progress& progress);

  SubjectRecord subject() const;
  // Of the suspect's files, as the subject's record has it.
  std::string sha256() const;
  CellRecord cell(const PlannedCell& planned) const;
  LandscapeRecord landscape(const PlannedCell& planned, const SweepLandscape& how,
                            Progress& progress) const;

 private:
  PurifyOptions options_of(const PlannedCell& planned) const;
  std::vector<std::int64_t> trigger_pieces() const;
  std::optional<bool> trigger_reset(const EpurRecord& epur) const;

  Suspect suspect_;
  PurifyOptions first_;
  PurifyInputs inputs_;
};

}  // namespace finemix
