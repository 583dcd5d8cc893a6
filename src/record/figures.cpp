#include "finemix/record/figures.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "record/from_json.h"

namespace finemix {
namespace {

constexpr std::int64_t kColumns = 96;
constexpr std::int64_t kRows = 48;
constexpr std::size_t kScoreParts = 200;
constexpr std::size_t kMarked = 40;

// What a drawing may have to hold.
constexpr std::int64_t kMostCells = 256;  // along one side
constexpr std::size_t kMostScoreParts = 4096;
constexpr std::size_t kMostMarked = 4096;
constexpr std::size_t kMostPoints = 64;
constexpr double kHighest = 1e12;
constexpr double kLowestHigh = 1e-12;
constexpr double kFarthest = 1e6;
constexpr double kNearest = 1e-6;  // of neighbours along an axis, so that numbers tell them apart

double log_frequency(const EpurRow& row) {
  return std::log(static_cast<double>(row.frequency) + 2);
}

// The part of 0 … high, cut into `parts`, that `value` lies in.
std::size_t part_of(double value, double high, std::size_t parts) {
  const auto part = static_cast<std::size_t>(value / high * static_cast<double>(parts));
  return std::min(part, parts - 1);
}

// An axis needs a length, also when nothing has moved.
double axis_high(double highest) { return highest < kLowestHigh ? 1 : highest; }

void check_ascending(const Fields& fields, const char* key, const std::vector<double>& values) {
  const auto too_near = [](double a, double b) { return !(b - a >= kNearest); };
  if (values.size() < 2 || std::ranges::adjacent_find(values, too_near) != values.end()) {
    fields.refuse(key, "2 or more numbers, each at least 1e-6 above the one before");
  }
}

LandscapePoint read_point(Fields fields) {
  LandscapePoint point;
  point.name = fields.text("name");
  point.x = fields.number("x", -kFarthest, kFarthest);
  point.y = fields.number("y", -kFarthest, kFarthest);
  point.accuracy = fields.number("accuracy", 0, 1);
  point.attack_success_rate = fields.number("attack_success_rate", 0, 1);
  fields.end();
  return point;
}

}  // namespace

EpurFigure epur_figure(const EpurRecord& record, std::span<const std::int64_t> trigger_ids) {
  EpurFigure figure;
  figure.columns = kColumns;
  figure.rows = kRows;
  figure.triggers.assign(trigger_ids.begin(), trigger_ids.end());
  figure.counts.assign(static_cast<std::size_t>(kColumns * kRows), 0);
  figure.scores.assign(kScoreParts, 0);
  for (const EpurRow& row : record.rows) {
    figure.x_high = std::max(figure.x_high, log_frequency(row));
    figure.y_high = std::max(figure.y_high, row.delta_norm);
    figure.score_high = std::max(figure.score_high, row.score);
  }
  figure.x_high = axis_high(figure.x_high);
  figure.y_high = axis_high(figure.y_high);
  figure.score_high = axis_high(figure.score_high);
  for (std::size_t i = 0; i < record.rows.size(); ++i) {
    const EpurRow& row = record.rows[i];
    ++figure.scores[part_of(row.score, figure.score_high, kScoreParts)];
    if (i < kMarked || std::ranges::find(trigger_ids, row.id) != trigger_ids.end()) {
      figure.marked.push_back(row);
      continue;
    }
    const std::size_t x = part_of(log_frequency(row), figure.x_high, kColumns);
    const std::size_t y = part_of(row.delta_norm, figure.y_high, kRows);
    ++figure.counts[y * kColumns + x];
  }
  return figure;
}

Json to_json(const EpurFigure& figure) {
  Json marked = Json::array();
  for (const EpurRow& row : figure.marked) marked.push_back(to_json(row));
  return {{"x_high", figure.x_high},     {"y_high", figure.y_high},
          {"columns", figure.columns},   {"rows", figure.rows},
          {"counts", figure.counts},     {"marked", std::move(marked)},
          {"triggers", figure.triggers}, {"score_high", figure.score_high},
          {"scores", figure.scores}};
}

Json to_json(const LandscapeRecord& record) {
  Json points = Json::array();
  for (const LandscapePoint& point : record.points) {
    points.push_back({{"name", point.name},
                      {"x", point.x},
                      {"y", point.y},
                      {"accuracy", point.accuracy},
                      {"attack_success_rate", point.attack_success_rate}});
  }
  return {{"task", record.task},
          {"attack", record.attack},
          {"method", record.method},
          {"x", record.x},
          {"y", record.y},
          {"accuracy", record.accuracy},
          {"attack_success_rate", record.attack_success_rate},
          {"points", std::move(points)}};
}

EpurFigure read_epur_figure(Fields fields) {
  EpurFigure figure;
  figure.x_high = fields.number("x_high", kLowestHigh, kHighest);
  figure.y_high = fields.number("y_high", kLowestHigh, kHighest);
  figure.columns = fields.integer("columns", 1, kMostCells);
  figure.rows = fields.integer("rows", 1, kMostCells);
  const auto cells = static_cast<std::size_t>(figure.columns * figure.rows);
  figure.counts = fields.counts("counts", cells);
  if (figure.counts.size() != cells) fields.refuse("counts", "rows × columns counts");
  for (Fields& row : fields.objects("marked", kMostMarked)) {
    figure.marked.push_back(read_epur_row(std::move(row)));
  }
  for (const std::uint64_t id : fields.counts("triggers", kMostMarked)) {
    figure.triggers.push_back(static_cast<std::int64_t>(id));
  }
  figure.score_high = fields.number("score_high", kLowestHigh, kHighest);
  figure.scores = fields.counts("scores", kMostScoreParts);
  if (figure.scores.empty()) fields.refuse("scores", "1 or more counts");
  fields.end();
  return figure;
}

LandscapeRecord read_landscape(Fields fields) {
  constexpr auto kMostSide = static_cast<std::size_t>(kMostCells);
  LandscapeRecord record;
  record.task = fields.text("task");
  record.attack = fields.text("attack");
  record.method = fields.text("method");
  record.x = fields.numbers("x", -kFarthest, kFarthest, kMostSide);
  record.y = fields.numbers("y", -kFarthest, kFarthest, kMostSide);
  check_ascending(fields, "x", record.x);
  check_ascending(fields, "y", record.y);
  const std::size_t size = record.x.size() * record.y.size();
  record.accuracy = fields.numbers("accuracy", 0, 1, size);
  record.attack_success_rate = fields.numbers("attack_success_rate", 0, 1, size);
  if (record.accuracy.size() != size) fields.refuse("accuracy", "y × x numbers");
  if (record.attack_success_rate.size() != size) {
    fields.refuse("attack_success_rate", "y × x numbers");
  }
  for (Fields& point : fields.objects("points", kMostPoints)) {
    record.points.push_back(read_point(std::move(point)));
  }
  fields.end();
  return record;
}

EpurFigure epur_figure_from_json(const Json& json, std::string_view object) {
  return read_epur_figure({json, std::string(object)});
}

LandscapeRecord landscape_from_json(const Json& json, std::string_view object) {
  return read_landscape({json, std::string(object)});
}

}  // namespace finemix
