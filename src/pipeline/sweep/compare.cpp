#include <nlohmann/json.hpp>
#include <utility>

#include "finemix/core/error.h"
#include "finemix/pipeline/purify_inputs.h"
#include "finemix/pipeline/sweep.h"
#include "pipeline/inputs.h"
#include "pipeline/probe.h"
#include "pipeline/sweep/loop.h"
#include "pipeline/sweep/store.h"

namespace finemix {
namespace {

// What is known of the attack on the model that was given.
AttackRecord attack_of(const ProbeOptions& probe) {
  if (!probe.attack.empty()) return read_attack(probe.attack).attack;
  AttackRecord record;
  record.kind = !probe.triggers.empty()           ? "word"
                : !probe.trigger_sentence.empty() ? "sentence"
                : !probe.poisoned_data.empty()    ? "poisoned-data"
                                                  : "unknown";
  record.triggers = probe.triggers;
  if (!probe.trigger_sentence.empty()) record.triggers = {probe.trigger_sentence};
  record.target_label = probe.target_label;
  return record;
}

}  // namespace

SweepRecord run_compare(const CompareOptions& options, const SweepRequest& request,
                        Progress& progress) {
  require_option(options.base.pretrained, "--pretrained");
  require_option(options.base.backdoored, "--backdoored");
  require_option(options.base.clean_data, "--clean-data");
  require_option(options.base.test_data, "--test-data");
  require_option(options.base.output, "--output");
  Suspect suspect;
  suspect.task = options.task;
  suspect.base = options.base;
  suspect.made = attack_of(options.base.probe);
  suspect.attack = suspect.made.kind;

  PlannedSubject subject{suspect.task, suspect.attack, {}, {}};
  subject.cells =
      plan_cells({options.methods, options.epur, options.rho, options.clean_sizes, options.seeds},
                 suspect.task, suspect.attack);
  SweepStore store(options.base.output, request.config, options.resume);
  SweepRecord record;
  record.title = "Mitigations side by side";
  record.command = request.command;
  record.config = request.config;
  record.inputs = input_records(options.base);
  return run_grid(
      store, {subject}, {}, {}, [&](const PlannedSubject&) { return suspect; }, std::move(record),
      progress);
}

}  // namespace finemix
