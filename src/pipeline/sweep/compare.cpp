#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "finemix/attack/attack.h"
#include "finemix/core/error.h"
#include "finemix/io/output_guard.h"
#include "finemix/pipeline/purify_inputs.h"
#include "finemix/pipeline/sweep.h"
#include "pipeline/inputs.h"
#include "pipeline/probe.h"
#include "pipeline/sweep/loop.h"
#include "pipeline/sweep/plan.h"
#include "pipeline/sweep/store.h"

namespace finemix {
namespace {

// What is known of the attack on the model that was given.
AttackRecord attack_of(const ProbeOptions& probe) {
  AttackRecord record;
  if (!probe.attack.empty()) {
    record = read_attack(probe.attack).attack;
    parse_attack_kind(record.kind);  // it becomes a name in tables and of files
    return record;
  }
  record.kind = "unknown";
  record.target_label = probe.target();
  if (const std::optional<MeasuredAttack> attack = measured_attack(probe)) {
    record.kind = attack->trigger_kind == kTextsOfAFile ? "poisoned-data" : attack->trigger_kind;
    record.triggers = attack->triggers;
  }
  return record;
}

void check(const CompareOptions& options) {
  const PurifyOptions& base = options.base;
  require_option(base.pretrained, "--pretrained");
  require_option(base.backdoored, "--backdoored");
  require_option(base.clean_data, "--clean-data");
  require_option(base.test_data, "--test-data");
  require_option(base.output, "--output");
  check_name("task", options.task);
  check_reference(base.reference, base.probe);
  check_apart(base.output, input_paths(base));
}

}  // namespace

SweepRecord run_compare(const CompareOptions& options, Progress& progress) {
  check(options);
  Suspect suspect;
  suspect.task = options.task;
  suspect.base = options.base;
  suspect.base.probe.seed = options.base.run.seed;
  suspect.made = attack_of(options.base.probe);
  suspect.attack = suspect.made.kind;
  const auto planned = [&](const std::string& attack) {
    return plan_subject(options.grid, options.base.frequency.given(), options.task, attack);
  };
  std::vector<PlannedSubject> grid = {planned(suspect.attack)};
  Suspect control = suspect;
  control.attack = kCleanControl;
  control.made.kind = kNone;
  control.base.backdoored = options.base.reference;
  if (!options.base.reference.empty()) grid.push_back(planned(kCleanControl));

  const SweepRecord head =
      grid_head("Mitigations side by side", options.base.run, input_records(options.base), grid);
  SweepStore store(options.base.output, head, options.resume);
  const MakeSuspect make = [&](const PlannedSubject& subject) {
    return subject.attack == kCleanControl ? control : suspect;
  };
  return run_grid(store, grid, options.shard, {}, make, progress);
}

}  // namespace finemix
