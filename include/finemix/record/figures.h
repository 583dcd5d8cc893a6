#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "finemix/io/json.h"
#include "finemix/record/records.h"

namespace finemix {

// What figures are drawn from, where that is more than the tables hold.

// How far fine-tuning moved the word embeddings (figure 1): ‖δ‖₂ against log(f + 2), counted in
// cells, with single rows where they matter, and the distribution of the score.
struct EpurFigure {
  double x_high = 0;  // of log(f + 2); the axes begin at 0
  double y_high = 0;  // of ‖δ‖₂
  std::int64_t columns = 0;
  std::int64_t rows = 0;
  std::vector<std::uint64_t> counts;  // (rows, columns), lowest ‖δ‖₂ first; without `marked`
  std::vector<EpurRow> marked;        // the highest scores, and the triggers' pieces
  std::vector<std::int64_t> triggers;  // ids of the triggers' pieces, where a trigger is known
  double score_high = 0;               // the axis of the score begins at 0
  std::vector<std::uint64_t> scores;   // rows in each of the equal parts of 0 … score_high
};

// From all rows of an E-PUR record.
EpurFigure epur_figure(const EpurRecord& record, std::span<const std::int64_t> trigger_ids);

// A model on the plane of a landscape.
struct LandscapePoint {
  std::string name;  // "Init", "backdoored", "purified"
  double x = 0;
  double y = 0;
  double accuracy = 0;
  double attack_success_rate = 0;
};

// Accuracy and attack success on the plane through three models (figures 3 and 5). Its axes are
// orthonormal in the space of weights; 1 is the distance of the pre-trained from the suspect model.
struct LandscapeRecord {
  std::string task;
  std::string attack;
  std::string method;
  std::vector<double> x;  // ascending
  std::vector<double> y;
  std::vector<double> accuracy;             // (y, x)
  std::vector<double> attack_success_rate;  // (y, x)
  std::vector<LandscapePoint> points;
};

Json to_json(const EpurFigure& figure);
Json to_json(const LandscapeRecord& record);
EpurFigure epur_figure_from_json(const Json& json, std::string_view object);
LandscapeRecord landscape_from_json(const Json& json, std::string_view object);

}  // namespace finemix
