#include "finemix/record/figures.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <nlohmann/json.hpp>
#include <numeric>
#include <string>
#include <vector>

#include "finemix/core/error.h"

namespace finemix {
namespace {

// 100 rows, highest score first; row i has id i.
EpurRecord hundred_rows() {
  EpurRecord record;
  for (std::int64_t id = 0; id < 100; ++id) {
    const double norm = 10.0 - 0.1 * static_cast<double>(id);
    record.rows.push_back({"t" + std::to_string(id), id, norm / std::log(20.0), norm, 5, false});
  }
  return record;
}

std::uint64_t sum(const std::vector<std::uint64_t>& counts) {
  return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
}

TEST(EpurFigure, MarksTheHighestScoresAndTheTriggersAndCountsTheRest) {
  const EpurFigure figure = epur_figure(hundred_rows(), std::vector<std::int64_t>{3, 95});
  ASSERT_EQ(figure.marked.size(), 41u);
  EXPECT_EQ(figure.marked.front().token, "t0");
  EXPECT_EQ(figure.marked.back().token, "t95");
  EXPECT_EQ(figure.triggers, (std::vector<std::int64_t>{3, 95}));
  EXPECT_EQ(sum(figure.counts), 59u);
  EXPECT_EQ(sum(figure.scores), 100u);
}

TEST(EpurFigure, PutsARowIntoTheCellThatHoldsIt) {
  EpurRecord record = hundred_rows();
  record.rows.back() = {"last", 99, 0.05, 0.15, 998, false};  // ‖δ‖₂ 0.15, log(1000)
  const EpurFigure figure = epur_figure(record, {});
  EXPECT_DOUBLE_EQ(figure.x_high, std::log(1000.0));
  EXPECT_DOUBLE_EQ(figure.y_high, 10);
  // The row with the most frequency is in the last column, and 0.15 of 10 in the lowest row.
  EXPECT_EQ(figure.counts[static_cast<std::size_t>(figure.columns) - 1], 1u);
  EXPECT_EQ(figure.scores.back(), 1u);
}

TEST(EpurFigure, HasAxesWhenNothingMoved) {
  EpurRecord record;
  record.rows = {{"a", 0, 0, 0, 0, false}, {"b", 1, 0, 0, 0, false}};
  const EpurFigure figure = epur_figure(record, {});
  EXPECT_EQ(figure.y_high, 1);
  EXPECT_EQ(figure.score_high, 1);
  EXPECT_EQ(figure.scores.front(), 2u);
  EXPECT_NO_THROW(epur_figure_from_json(to_json(figure), "f"));
  EXPECT_NO_THROW(epur_figure_from_json(to_json(epur_figure({}, {})), "f"));
}

std::string refusal(const std::function<void(Json&)>& change) {
  Json json = to_json(epur_figure(hundred_rows(), {}));
  change(json);
  try {
    epur_figure_from_json(json, "figure");
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kMalformed);
    return error.what();
  }
  return "nothing";
}

TEST(EpurFigure, IsRefusedWhenItCouldNotBeDrawn) {
  EXPECT_EQ(refusal([](Json&) {}), "nothing");
  EXPECT_EQ(refusal([](Json& json) { json["columns"] = 257; }),
            "figure: 'columns' is 257, expected an integer from 1 to 256");
  EXPECT_EQ(refusal([](Json& json) { json["counts"].erase(0); }),
            "figure: 'counts' is an array, expected rows × columns counts");
  EXPECT_EQ(refusal([](Json& json) { json["x_high"] = 0; }),
            "figure: 'x_high' is 0, expected a number from 1e-12 to 1000000000000.0");
  EXPECT_EQ(refusal([](Json& json) { json["y_high"] = nullptr; }),
            "figure: 'y_high' is null, expected a number");
  EXPECT_EQ(refusal([](Json& json) { json["scores"] = Json::array(); }),
            "figure: 'scores' is an array, expected 1 or more counts");
  EXPECT_EQ(refusal([](Json& json) { json["counts"][5] = -1; }),
            "figure: 'counts' is an array, expected integers from 0 in it, not -1");
  EXPECT_EQ(refusal([](Json& json) { json["counts"][5] = 18446744073709551615u; }),
            "figure: 'counts' is an array, expected integers from 0 in it, not "
            "18446744073709551615");
  EXPECT_EQ(refusal([](Json& json) { json["marked"][2].erase("reset"); }),
            "figure, marked[2]: 'reset' is missing, expected true or false");
}

LandscapeRecord landscape() {
  return {"sst2",
          "word",
          "fine-mixing",
          {0, 1, 2},
          {0, 1},
          {0.1, 0.2, 0.3, 0.4, 0.5, 0.6},
          {0.6, 0.5, 0.4, 0.3, 0.2, 0.1},
          {{"Init", 0, 0.5, 0.5, 0.1}}};
}

std::string landscape_refusal(const std::function<void(Json&)>& change) {
  Json json = to_json(landscape());
  change(json);
  try {
    landscape_from_json(json, "plane");
  } catch (const Error& error) {
    return error.what();
  }
  return "nothing";
}

TEST(Landscape, ComesBackAsTheSameBytes) {
  const Json json = to_json(landscape());
  EXPECT_EQ(to_json(landscape_from_json(json, "plane")).dump(), json.dump());
}

TEST(Landscape, IsRefusedWhenItCouldNotBeDrawn) {
  EXPECT_EQ(landscape_refusal([](Json& json) { json["x"][1] = 2; }),
            "plane: 'x' is an array, expected 2 or more numbers, each at least 1e-6 above the one "
            "before");
  EXPECT_EQ(landscape_refusal([](Json& json) {
              json["x"] = {0, 999999.9999999999, 1000000};
            }),
            "plane: 'x' is an array, expected 2 or more numbers, each at least 1e-6 above the one "
            "before");
  EXPECT_EQ(landscape_refusal([](Json& json) { json["x"] = {0, 1e-5, 2e-5}; }), "nothing");
  EXPECT_EQ(landscape_refusal([](Json& json) { json["y"] = {0}; }),
            "plane: 'y' is an array, expected 2 or more numbers, each at least 1e-6 above the one "
            "before");
  EXPECT_EQ(landscape_refusal([](Json& json) { json["accuracy"].erase(0); }),
            "plane: 'accuracy' is an array, expected y × x numbers");
  EXPECT_EQ(landscape_refusal([](Json& json) { json["accuracy"].push_back(0.5); }),
            "plane: 'accuracy' is an array, expected an array of numbers, at most 6");
  EXPECT_EQ(landscape_refusal([](Json& json) { json["attack_success_rate"][0] = 1.5; }),
            "plane: 'attack_success_rate' is an array, expected numbers from 0.0 to 1.0 in it, not "
            "1.5");
  EXPECT_EQ(landscape_refusal([](Json& json) { json["points"][0]["x"] = 1e7; }),
            "plane, points[0]: 'x' is 10000000.0, expected a number from -1000000.0 to 1000000.0");
}

}  // namespace
}  // namespace finemix
