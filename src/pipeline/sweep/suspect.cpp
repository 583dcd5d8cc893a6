#include "pipeline/sweep/suspect.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "finemix/eval/landscape.h"
#include "finemix/pipeline/mitigations.h"
#include "pipeline/pair.h"

namespace finemix {
namespace {

PurifyOptions with_unlabelled(PurifyOptions options, const std::string& file) {
  options.unlabelled_data = file;
  return options;
}

}  // namespace

SweepSuspect::SweepSuspect(Suspect suspect, const PlannedCell& first, Progress& progress)
    : suspect_(std::move(suspect)),
      first_(options_of(first)),
      // Some cells read these texts, whether or not the first does.
      inputs_(with_unlabelled(first_, suspect_.base.unlabelled_data), progress) {}

PurifyOptions SweepSuspect::options_of(const PlannedCell& planned) const {
  const PurifyOptions& base = suspect_.base;
  PurifyOptions options = planned.options;
  options.pretrained = base.pretrained;
  options.backdoored = base.backdoored;
  options.clean_data = base.clean_data;
  options.test_data = base.test_data;
  options.reference = base.reference;
  options.checks = base.checks;
  options.epur = base.epur;
  options.frequency = base.frequency;
  options.probe = base.probe;
  options.no_estimate = true;  // takes longer than most cells
  if (find_mitigation(options.method).distils) options.unlabelled_data = base.unlabelled_data;
  options.run = base.run;
  options.run.seed = planned.key.seed;
  return options;
}

SubjectRecord SweepSuspect::subject() const {
  SubjectRecord record;
  record.task = suspect_.task;
  record.attack = suspect_.attack;
  record.made = suspect_.made;
  record.before = inputs_.before(first_, no_progress());
  if (!suspect_.base.reference.empty() && record.before.attack_success_rate) {
    set_floors(record.before, inputs_.reference(first_, no_progress()));
  }
  record.sha256 = sha256();
  record.epur = epur_figure(
      purify_embeddings(inputs_.pair(), inputs_.frequencies(first_), first_.epur).record,
      trigger_pieces());
  return record;
}

std::string SweepSuspect::sha256() const { return sha256_of(inputs_.files(first_), "backdoored"); }

CellRecord SweepSuspect::cell(const PlannedCell& planned) const {
  const PurifyRecord found = run_purify(inputs_, options_of(planned), no_progress());
  CellRecord record;
  record.key = planned.key;
  record.rho = found.rho;
  record.after = found.after;
  set_floors(record.after, {});  // the subject's record has them
  if (found.paired) record.mcnemar = *found.paired;
  record.predictions_sha256 = found.predictions_sha256;
  if (found.training) record.steps = found.training->steps;
  if (found.epur) {
    record.reset_rows = found.epur->reset_count;
    record.trigger_reset = trigger_reset(*found.epur);
  }
  return record;
}

LandscapeRecord SweepSuspect::landscape(const PlannedCell& planned, const SweepLandscape& how,
                                        Progress& progress) const {
  const PurifyOptions options = options_of(planned);
  const Model purified = purify(inputs_, options, no_progress()).model;
  const ModelPair& pair = inputs_.pair();
  LandscapeRecord record = finemix::landscape(
      pair.pretrained, pair.backdoored, purified, inputs_.test(options)->part(how.texts),
      how.options, inputs_.device(), evaluation_precision(options.run, inputs_.device()), progress);
  record.task = planned.key.task;
  record.attack = planned.key.attack;
  record.method = planned.key.method + (planned.key.epur ? " + E-PUR" : "");
  return record;
}

// Of the clean control none, though an attack is measured on it.
std::vector<std::int64_t> SweepSuspect::trigger_pieces() const {
  if (suspect_.attack == kCleanControl) return {};
  return inputs_.trigger_pieces();
}

std::optional<bool> SweepSuspect::trigger_reset(const EpurRecord& epur) const {
  const std::vector<std::int64_t> ids = trigger_pieces();
  if (ids.empty()) return std::nullopt;
  return std::ranges::all_of(ids, [&](std::int64_t id) {
    const auto row = std::ranges::find(epur.rows, id, &EpurRow::id);
    return row != epur.rows.end() && row->reset;
  });
}

}  // namespace finemix
