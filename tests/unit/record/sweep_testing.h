#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "finemix/record/sweep_record.h"

namespace finemix {

// An evaluation of 200 texts, half of which the attack is tried on.
inline EvaluationRecord sample_evaluation(std::uint64_t correct, std::uint64_t fooled,
                                          double effect) {
  EvaluationRecord record;
  record.accuracy = wilson_rate(correct, 200);
  record.attack_success_rate = wilson_rate(fooled, 100);
  record.trigger_effect = effect;
  record.label_accuracy = {{0, wilson_rate(correct / 2, 100)},
                           {1, wilson_rate(correct - correct / 2, 100)}};
  record.seconds = 1.5;
  return record;
}

inline SubjectRecord sample_subject(const std::string& task, const std::string& attack) {
  SubjectRecord subject;
  subject.task = task;
  subject.attack = attack;
  subject.made.kind = attack == kCleanControl ? "none" : "word";
  if (attack != kCleanControl) subject.made.triggers = {"cf"};
  subject.made.target_label = 1;
  subject.made.seconds = 3;
  subject.before = attack == kCleanControl ? sample_evaluation(180, 10, -0.02)
                                           : sample_evaluation(180, 100, 0.88);
  subject.before.floor = wilson_rate(10, 100);
  subject.sha256 = std::string(64, 'a');
  return subject;
}

inline CellRecord sample_cell(const std::string& attack, const std::string& method, bool epur,
                              std::uint64_t seed, const EvaluationRecord& after) {
  CellRecord cell;
  cell.key = {"sst2", attack, method, 0.4, epur, 64, seed};
  cell.rho = 0.4;
  cell.after = after;
  cell.mcnemar = mcnemar(9, 3);
  cell.steps = 48;
  cell.predictions_sha256 = std::string(64, 'b');
  return cell;
}

// Two methods on one attacked model and on the clean control, two seeds each.
inline SweepRecord sample_sweep() {
  SweepRecord sweep;
  sweep.title = "a small grid";
  sweep.request.command = "finemix sweep --config grid.json";
  sweep.request.config = {{"methods", {"fine-mixing", "fine-tuning"}}, {"rho", 0.4}};
  sweep.inputs = {{"pretrained", "bert", std::string(64, 'c')}};
  sweep.subjects = {sample_subject("sst2", "word"), sample_subject("sst2", kCleanControl)};
  for (const std::uint64_t seed : {1, 2}) {
    const std::uint64_t more = seed == 1 ? 0 : 4;
    for (const char* attack : {"word", kCleanControl}) {
      const bool clean = attack == std::string(kCleanControl);
      sweep.cells.push_back(sample_cell(attack, "fine-mixing", true, seed,
                                        sample_evaluation(174 + more, clean ? 10 : 14 + more, 0)));
      sweep.cells.push_back(sample_cell(attack, "fine-tuning", false, seed,
                                        clean ? sample_evaluation(178 + more, 9, 0)
                                              : sample_evaluation(178 + more, 90 + more, 0.7)));
      sweep.cells.back().key.rho.reset();
      sweep.cells.back().rho = 1;
    }
  }
  return sweep;
}

// The same with a second attack, on which everything is as on the first.
inline SweepRecord sample_sweep_of_two_attacks() {
  SweepRecord sweep = sample_sweep();
  SubjectRecord sentence = sweep.subjects.front();
  sentence.attack = "sentence";
  sweep.subjects.push_back(sentence);
  const std::vector<CellRecord> cells = sweep.cells;
  for (CellRecord cell : cells) {
    if (cell.key.attack == kCleanControl) continue;
    cell.key.attack = "sentence";
    sweep.cells.push_back(cell);
  }
  return sweep;
}

}  // namespace finemix
