#include "finemix/report/figures/plots.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "../../record/sweep_testing.h"
#include "../markup_testing.h"
#include "finemix/report/text.h"

namespace finemix {
namespace {

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

EpurFigure epur_with_triggers() {
  EpurRecord record;
  record.rows = {{"cf", 1, 2, 6, 2, true}, {"<b>", 2, 1.9, 5.8, 3, true}};
  for (std::int64_t id = 3; id < 300; ++id) {
    const double norm = 1 + 0.001 * static_cast<double>(id);
    record.rows.push_back({"w" + std::to_string(id), id, norm / 3, norm, 20, false});
  }
  return epur_figure(record, std::vector<std::int64_t>{1, 2});
}

LandscapeRecord plane() {
  LandscapeRecord record;
  record.task = "sst2";
  record.attack = "word";
  record.method = "fine-mixing";
  for (int i = 0; i < 13; ++i) {
    record.x.push_back(0.1 * i);
    record.y.push_back(0.1 * i);
  }
  for (const double b : record.y) {
    for (const double a : record.x) {
      record.accuracy.push_back(0.6 + 0.1 * a + 0.05 * b);
      record.attack_success_rate.push_back(a / 1.2);
    }
  }
  record.points = {{"Init", 0, 0, 0.6, 0},
                   {"backdoored", 1, 0, 0.7, 0.83},
                   {"purified", 0.4, 0.5, 0.66, 0.33},
                   {"far away", 100, 0, 0.7, 0.83}};
  return record;
}

// Twelve methods with long names, two seeds each, with and without E-PUR, several ρ and sizes.
SweepRecord large_sweep() {
  SweepRecord sweep = sample_sweep();
  sweep.cells.clear();
  sweep.subjects[0].epur = epur_with_triggers();
  sweep.landscapes = {plane()};
  for (int method = 0; method < 12; ++method) {
    const std::string name = "a-method-with-quite-a-long-name-" + std::to_string(method);
    for (const bool epur : {false, true}) {
      for (const std::uint64_t seed : {1, 2}) {
        const auto shift = static_cast<std::uint64_t>(method) + seed;
        CellRecord cell =
            sample_cell("word", name, epur, seed, sample_evaluation(170 + shift, 20 + shift, 0.1));
        sweep.cells.push_back(cell);
        cell.key.rho = 0.8;
        sweep.cells.push_back(cell);
        cell.key.rho = 0.4;
        cell.key.clean_size = 512;
        sweep.cells.push_back(cell);
      }
    }
  }
  return sweep;
}

struct Label {
  double left, right, base;
  std::string text;
};

// What stands in `text` between `before` and `after`, from `at` on; `at` moves behind it.
std::string between(const std::string& text, const std::string& before, const std::string& after,
                    std::size_t& at) {
  const std::size_t begin = text.find(before, at) + before.size();
  const std::size_t end = text.find(after, begin);
  at = end;
  return text.substr(begin, end - begin);
}

// Where the texts of a figure stand, as wide as they are estimated to be.
std::vector<Label> labels_of(const std::string& svg) {
  std::vector<Label> labels;
  for (std::size_t at = 0; (at = svg.find("<text ", at)) != std::string::npos;) {
    const double x = std::stod(between(svg, " x=\"", "\"", at));
    const double y = std::stod(between(svg, " y=\"", "\"", at));
    std::string rest = between(svg, " class=\"", "</text>", at);
    std::string text = rest.substr(rest.find('>') + 1);
    for (const char* reference : {"&lt;", "&gt;"}) {
      const std::size_t found = text.find(reference);
      if (found != std::string::npos) text.replace(found, 4, "<");
    }
    const double width = text_width(text);
    const bool ends = contains(rest, "text-anchor=\"end\"");
    const double left = ends ? x - width : contains(rest, "\"middle\"") ? x - width / 2 : x;
    labels.push_back({left, left + width, y, text});
  }
  return labels;
}

TEST(Plots, AreWellFormedAndKeepTheirTextsInsideAndApart) {
  const std::vector<Figure> figures = all_figures(large_sweep());
  ASSERT_EQ(figures.size(), 8u);
  for (const Figure& figure : figures) {
    const std::string text = figure.svg.document(figure.caption);
    EXPECT_EQ(markup_problem(text), "") << figure.name;
    const std::vector<Label> labels = labels_of(text);
    EXPECT_GT(labels.size(), 4u) << figure.name;
    for (const Label& label : labels) {
      // Estimates are rather too wide; a twentieth is what they are too wide by.
      EXPECT_GE(label.left, -12) << figure.name << ": " << label.text;
      EXPECT_LE(label.right, figure.svg.width() * 1.05) << figure.name << ": " << label.text;
      EXPECT_LE(label.base, figure.svg.height()) << figure.name << ": " << label.text;
    }
    for (std::size_t i = 0; i < labels.size(); ++i) {
      for (std::size_t j = 0; j < i; ++j) {
        const bool apart = labels[i].left >= labels[j].right - 4 ||
                           labels[j].left >= labels[i].right - 4 ||
                           std::abs(labels[i].base - labels[j].base) >= 8;
        EXPECT_TRUE(apart) << figure.name << ": " << labels[i].text << " on " << labels[j].text;
      }
    }
  }
}

TEST(Plots, HaveNamesOfTheirOwnThatAreSafeForFiles) {
  SweepRecord sweep = large_sweep();
  sweep.subjects[0].attack = "../word";
  for (CellRecord& cell : sweep.cells) cell.key.attack = "../word";
  sweep.landscapes[0].attack = "../word";
  std::vector<std::string> names;
  for (const Figure& figure : all_figures(sweep)) {
    EXPECT_EQ(figure.name.find('/'), std::string::npos) << figure.name;
    EXPECT_EQ(std::ranges::count(names, figure.name), 0) << figure.name;
    names.push_back(figure.name);
  }
  EXPECT_EQ(names.size(), 8u);
}

TEST(Plots, AreOnlyThoseThatTheDataAllow) {
  std::vector<std::string> names;
  for (const Figure& figure : all_figures(sample_sweep())) names.push_back(figure.name);
  EXPECT_EQ(names, (std::vector<std::string>{"sst2.methods", "sst2.tradeoff", "sst2.word.methods",
                                             "sst2.clean.methods"}));
  EXPECT_TRUE(all_figures(SweepRecord{}).empty());
}

TEST(EpurPlots, ShowTheTriggerInRedAndEscapeIt) {
  const EpurFigure figure = epur_with_triggers();
  for (const Figure& plot :
       {epur_scatter("scatter", " (sst2)", figure), epur_density("density", " (sst2)", figure)}) {
    const std::string text = plot.svg.element("");
    EXPECT_TRUE(contains(text, "class=\"marktext")) << plot.name;
    EXPECT_TRUE(contains(text, ">cf</text>")) << plot.name;
    EXPECT_TRUE(contains(text, "cf: score 2.000, ‖δ‖ 6.000, frequency 2, reset")) << plot.name;
    EXPECT_FALSE(contains(text, "<b>")) << plot.name;
    EXPECT_TRUE(contains(text, "&lt;b&gt;")) << plot.name;
  }
}

TEST(MethodBarsFigure, TellsMeansSpreadsAndTheFloor) {
  const SweepRecord sweep = sample_sweep();
  const auto groups = seed_groups(sweep);
  const MethodBars bars = subject_bars(sweep.subjects[0], groups, standings(groups, "sst2"));
  ASSERT_EQ(bars.bars.size(), 2u);
  EXPECT_EQ(bars.bars[0].label, "fine-mixing");
  EXPECT_FALSE(bars.bars[0].accuracy);
  EXPECT_DOUBLE_EQ(bars.bars[0].epur_accuracy->mean, 0.88);
  EXPECT_DOUBLE_EQ(*bars.floor, 0.1);
  EXPECT_DOUBLE_EQ(*bars.accuracy_before, 0.9);
  const std::string text = method_bars("n", "c", bars).svg.element("");
  EXPECT_TRUE(contains(text, "fine-mixing: accuracy with E-PUR 88.0 ± 1.4 % (2 seeds)")) << text;
  EXPECT_TRUE(contains(text, "a clean model: 10.0 %"));
  EXPECT_TRUE(contains(text, "class=\"whisker\""));
}

TEST(Curves, NeedTwoValues) {
  const SweepRecord small = sample_sweep(), large = large_sweep();
  EXPECT_FALSE(rho_curves(small.subjects[0], seed_groups(small)));
  EXPECT_FALSE(size_curves(small.subjects[0], seed_groups(small)));
  const auto rho = rho_curves(large.subjects[0], seed_groups(large));
  ASSERT_TRUE(rho);
  EXPECT_TRUE(contains(rho->svg.element(""), "reserve ratio ρ 0.8: Attack success, % "));
  const auto sizes = size_curves(large.subjects[0], seed_groups(large));
  ASSERT_TRUE(sizes);
  EXPECT_TRUE(contains(sizes->svg.element(""), ">512</text>"));
}

TEST(LandscapePlot, ShowsThePointsOnItAndTheLevels) {
  const std::string text = landscape_figure(plane()).svg.element("");
  EXPECT_TRUE(contains(text, ">purified</text>"));
  EXPECT_TRUE(contains(text, ">50 %</text>"));
  EXPECT_TRUE(contains(text, "attack success 50 %"));
  EXPECT_TRUE(contains(text, "(0.40, 0.50): accuracy 66.5 %, attack success 33.3 %")) << text;
  EXPECT_FALSE(contains(text, "far away"));
}

}  // namespace
}  // namespace finemix
