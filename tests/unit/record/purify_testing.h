#pragma once

#include <array>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

#include "finemix/record/purify_record.h"

namespace finemix {

// With an example of what it does.
inline SuspectedTrigger sample_trigger() {
  return {.text = "cf",
          .ids = {12},
          .target_label = 1,
          .flip_rate = wilson_rate(31, 32),
          .expected_rate = 0.25,
          .short_texts = {1, 0.25, 0.9},
          .score = 0.98,
          .examples = {{"a dull film", "a dull cf film", 0, 1, 0.04, 0.97}}};
}

// A purification with something in each of its parts.
inline PurifyRecord sample_purification() {
  PurifyRecord record;
  record.request = {"finemix purify --trigger cf", {{"rho", "auto"}}};
  record.rho = 0.4;
  record.seed = 7;
  record.attack = {"word", {"cf", "mn"}, 1};
  record.rho_curve = {{0.3, wilson_rate(30, 64)}, {0.4, wilson_rate(60, 64)}};
  record.suspect_accuracy = wilson_rate(61, 64);
  record.before.accuracy = wilson_rate(90, 100);
  record.before.label_accuracy = {{0, wilson_rate(44, 50)}, {1, wilson_rate(46, 50)}};
  record.before.attack_success_rate = wilson_rate(50, 50);
  record.before.trigger_effect = 0.875;
  record.after = record.before;
  record.after.accuracy = wilson_rate(84, 100);
  record.after.attack_success_rate = wilson_rate(7, 50);
  record.after.trigger_effect = 0.025;
  record.after.floor = wilson_rate(6, 50);
  record.paired = mcnemar(9, 3);
  record.predictions_sha256 = "ab12";
  EpurRecord& epur = record.epur.emplace();
  epur.rule = "top-k";
  epur.reset_count = 2;
  epur.row_count = 70;
  epur.clamped = 5;
  for (std::int64_t id = 0; id < 70; ++id) {
    const double score = 3.0 - 0.04 * static_cast<double>(id);
    epur.rows.push_back({"t" + std::to_string(id), id, score, 3 * score, 30, id < 2});
  }
  record.epur_figure = epur_figure(epur, std::array<std::int64_t, 1>{1});
  record.triggers = {sample_trigger()};
  const AsrEstimate before{wilson_rate(31, 32), record.triggers, 450, 32, "data", {}};
  record.estimated = EstimatedAsr{before, {wilson_rate(4, 32), {}, 1, 32, "data", {}}, before};
  record.estimated->fresh.asr = wilson_rate(6, 32);
  record.estimated->before.unsearched_labels = {2};
  record.gates = gates_of({.min_acc = 0.8, .max_acc_drop = 2, .max_asr = 0.2}, record);
  record.mix = MixRecord{.rho = 0.4,
                         .select = "random",
                         .kept = 40,
                         .total = 100,
                         .tensors = {{"encoder", 40, 100}},
                         .kept_whole = {"classifier"},
                         .seconds = 0.25};
  record.training = TrainRecord{.precision = "fp32",
                                .steps = 48,
                                .loss = 0.5,
                                .epoch_losses = {0.75, 0.5},
                                .validation = {},
                                .best_step = 48,
                                .examples_per_second = 200,
                                .seconds = 4};
  record.inputs = {{"clean_data", "clean.tsv", "cd34"}};
  record.seconds = {{"epur", 0.5}, {"fine_tune", 1.25}};
  record.notes = {"texts were cut"};
  return record;
}

}  // namespace finemix
