#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "finemix/record/figures.h"
#include "finemix/record/mcnemar.h"
#include "finemix/record/records.h"
#include "finemix/record/run_request.h"
#include "finemix/record/version.h"

namespace finemix {

// The attack name of a model that nobody attacked: the control of every comparison.
inline constexpr const char* kCleanControl = "clean";

// A model to purify, as it came: one task under one attack.
struct SubjectRecord {
  std::string task;
  std::string attack;       // its name in the grid; kCleanControl: no attack
  AttackRecord made;        // kind, triggers, target label, …; kind "none" of a clean control
  EvaluationRecord before;  // the suspect on the test texts, clean and triggered
  std::string sha256;       // of the suspect's weights
  std::optional<EpurFigure> epur;
};

// What names one unit of work.
struct CellKey {
  std::string task;
  std::string attack;
  std::string method;         // its name in the grid
  std::optional<double> rho;  // null for methods that have none
  bool epur = false;
  std::int64_t clean_size = 0;  // 0: all
  std::uint64_t seed = 0;

  bool operator==(const CellKey&) const = default;
};

struct CellRecord {
  CellKey key;
  double rho = 0;  // as used: given or chosen
  EvaluationRecord after;
  McNemarRecord mcnemar;              // accuracy before and after
  std::uint64_t reset_rows = 0;       // by E-PUR
  std::optional<bool> trigger_reset;  // whether all of the trigger's pieces were; null: not known
  std::uint64_t steps = 0;            // of training
  std::string predictions_sha256;     // over the logits of the test texts, clean, then triggered
};

inline constexpr std::string_view kSweepSchema = "finemix.sweep/1";

// A whole grid. Nothing in it depends on when, where or in how many pieces it was run, so that its
// JSON is the same bytes however it was come by.
struct SweepRecord {
  std::string version{kVersion};
  std::string title;
  RunRequest request;  // that makes it anew
  std::vector<InputRecord> inputs;
  std::vector<SubjectRecord> subjects;  // in the order of the grid, as cells
  std::vector<std::string> planned;     // cell_name of every cell of the grid, there or missing
  std::vector<CellRecord> cells;
  std::vector<LandscapeRecord> landscapes;
};

// (ASR_before − ASR) / ASR_before · ACC / ACC_before, as NIST's TrojAI programme scores
// mitigations; null where a rate is not to be had, or one of those before is 0.
std::optional<double> fidelity(const EvaluationRecord& before, const EvaluationRecord& after);

// A name from a grid as one part of a file's name, dots being what parts are joined with: what may
// mean something to a file system is written as %XX.
std::string name_part(const std::string& name);

// "sst2.word": the name of a model to purify, which begins those of its cells.
std::string subject_name(const std::string& task, const std::string& attack);

// A name for files and tables, e.g. "sst2.word.fine-mixing.rho-0.4.epur.n-64.seed-1". Different
// keys have different names.
std::string cell_name(const CellKey& key);

Json to_json(const SubjectRecord& record);
Json to_json(const CellRecord& record);
Json to_json(const SweepRecord& record);  // schema finemix.sweep/1

// Read what to_json wrote. Throw kMalformed, naming `object`, the key, and what was expected.
SubjectRecord subject_from_json(const Json& json, std::string_view object);
CellRecord cell_from_json(const Json& json, std::string_view object);
SweepRecord sweep_from_json(const Json& json, std::string_view object);

}  // namespace finemix
