#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "finemix/core/quote.h"
#include "finemix/report/figures/axis.h"
#include "finemix/report/figures/contour.h"
#include "finemix/report/figures/plots.h"
#include "finemix/report/text.h"

namespace finemix {
namespace {

constexpr double kWidth = 440;
constexpr double kLeft = 46, kRight = 372, kTop = 24;
constexpr double kUnder = 40;
constexpr double kLowest = 180, kHighest = 360;  // of the map's height
constexpr double kBarLeft = 386, kBarWidth = 12;
constexpr std::size_t kFine = 4;     // parts that each side of a grid's cell is drawn in
constexpr std::size_t kShades = 48;  // colours that are told apart
constexpr std::array<int, 5> kLevels = {10, 25, 50, 75, 90};
constexpr std::size_t kNameColumns = 24;

// From dark to light, each step lighter than the one before, so that it also reads without hues.
constexpr std::array<std::array<double, 3>, 6> kRamp = {
    {{43, 20, 92}, {50, 72, 141}, {37, 118, 142}, {42, 160, 126}, {128, 199, 79}, {247, 228, 76}}};

std::string ramp_color(double share) {
  const double place = std::clamp(share, 0.0, 1.0) * (kRamp.size() - 1);
  const auto below = std::min(static_cast<std::size_t>(place), kRamp.size() - 2);
  const double part = place - static_cast<double>(below);
  std::array<int, 3> color{};
  for (std::size_t i = 0; i < color.size(); ++i) {
    color[i] = static_cast<int>(
        std::lround(kRamp[below][i] + part * (kRamp[below + 1][i] - kRamp[below][i])));
  }
  std::array<char, 8> text{};
  std::snprintf(text.data(), text.size(), "#%02x%02x%02x", static_cast<unsigned>(color[0]),
                static_cast<unsigned>(color[1]), static_cast<unsigned>(color[2]));
  return text.data();
}

struct Range {
  double low;
  double high;
};

Range accuracy_range(const LandscapeRecord& record) {
  const auto [low, high] = std::ranges::minmax(record.accuracy);
  constexpr double kStep = 0.05;
  Range range{std::floor(low / kStep) * kStep, std::ceil(high / kStep) * kStep};
  if (range.high <= range.low) range.high = range.low + kStep;
  return range;
}

std::size_t shade_of(double accuracy, const Range& range) {
  const double share = (accuracy - range.low) / (range.high - range.low);
  return static_cast<std::size_t>(std::lround(std::clamp(share, 0.0, 1.0) * (kShades - 1)));
}

// Between the grid's points the colour is interpolated, as the contours are; equal neighbours in a
// row are one rectangle.
void draw_map(Svg& svg, const LandscapeRecord& record, const Scale& x, const Scale& y,
              const Range& range) {
  const std::size_t columns = record.x.size();
  const auto value = [&](std::size_t i, std::size_t j) { return record.accuracy[j * columns + i]; };
  const auto between = [](const std::vector<double>& at, std::size_t cell, double part) {
    return at[cell] + part * (at[cell + 1] - at[cell]);
  };
  const std::size_t wide = (columns - 1) * kFine, tall = (record.y.size() - 1) * kFine;
  const auto start = [&](const std::vector<double>& at, std::size_t fine) {
    return fine == (at.size() - 1) * kFine
               ? at.back()
               : between(at, fine / kFine, static_cast<double>(fine % kFine) / kFine);
  };
  for (std::size_t j = 0; j < tall; ++j) {
    const double top = y.at(start(record.y, j + 1)), bottom = y.at(start(record.y, j));
    const double v = (static_cast<double>(j % kFine) + 0.5) / kFine;
    std::size_t begin = 0, shade = kShades;
    for (std::size_t i = 0; i <= wide; ++i) {
      std::size_t next = kShades;
      if (i < wide) {
        const double u = (static_cast<double>(i % kFine) + 0.5) / kFine;
        const std::size_t a = i / kFine, b = j / kFine;
        next = shade_of((1 - v) * ((1 - u) * value(a, b) + u * value(a + 1, b)) +
                            v * ((1 - u) * value(a, b + 1) + u * value(a + 1, b + 1)),
                        range);
      }
      if (next == shade) continue;
      if (shade != kShades) {
        const double left = x.at(start(record.x, begin)), right = x.at(start(record.x, i));
        svg.filled_rect(left, top, right - left, bottom - top,
                        ramp_color(static_cast<double>(shade) / (kShades - 1)));
      }
      begin = i;
      shade = next;
    }
  }
}

void draw_contours(Svg& svg, const LandscapeRecord& record, const Scale& x, const Scale& y,
                   LabelPlacer& labels) {
  struct Label {
    Point base;
    std::string text;
  };
  std::vector<Label> placed;
  for (const int level : kLevels) {
    auto lines = contour_lines(record.x, record.y, record.attack_success_rate, level / 100.0);
    std::ranges::stable_sort(lines, std::greater<>(), [](const auto& line) { return line.size(); });
    const std::string name = std::to_string(level) + " %";
    bool named = false;
    for (std::vector<Point>& line : lines) {
      for (Point& point : line) point = {x.at(point.x), y.at(point.y)};
      svg.polyline(line, "contour-edge");
      svg.polyline(line, "contour", "attack success " + name);
      // Somewhere on the line, from its middle outwards.
      for (std::size_t i = 0; i < line.size() && !named; ++i) {
        const std::size_t half = line.size() / 2;
        const std::size_t at = i % 2 == 0 ? half + i / 2 : half - (i + 1) / 2;
        if (at >= line.size()) continue;
        const std::optional<Point> base = labels.place_on(line[at], text_width(name));
        if (base) placed.push_back({*base, name});
        named = base.has_value();
      }
    }
  }
  for (const Label& label : placed) svg.text(label.base, label.text, "maptext");
}

// Invisible, and each tells what was measured there.
void draw_measured(Svg& svg, const LandscapeRecord& record, const Scale& x, const Scale& y) {
  const auto bounds = [](const std::vector<double>& at, std::size_t i) {
    return Range{i == 0 ? at.front() : (at[i - 1] + at[i]) / 2,
                 i + 1 == at.size() ? at.back() : (at[i] + at[i + 1]) / 2};
  };
  for (std::size_t j = 0; j < record.y.size(); ++j) {
    const Range rows = bounds(record.y, j);
    for (std::size_t i = 0; i < record.x.size(); ++i) {
      const Range columns = bounds(record.x, i);
      const std::size_t at = j * record.x.size() + i;
      svg.rect(x.at(columns.low), y.at(rows.high), x.at(columns.high) - x.at(columns.low),
               y.at(rows.low) - y.at(rows.high), "hit",
               "(" + fixed(record.x[i], 2) + ", " + fixed(record.y[j], 2) + "): accuracy " +
                   percent(record.accuracy[at]) + " %, attack success " +
                   percent(record.attack_success_rate[at]) + " %");
    }
  }
}

void draw_color_bar(Svg& svg, const Range& range, double top, double bottom) {
  const Scale y{range.low, range.high, bottom, top};
  const double height = (bottom - top) / kShades;
  for (std::size_t i = 0; i < kShades; ++i) {
    svg.filled_rect(kBarLeft, bottom - static_cast<double>(i + 1) * height, kBarWidth, height,
                    ramp_color(static_cast<double>(i) / (kShades - 1)));
  }
  for (const AxisTick& tick : axis_ticks(round_ticks(100 * range.low, 100 * range.high, 5), 100)) {
    svg.text({kBarLeft + kBarWidth + 5, y.at(tick.value) + kTextHeight / 3}, tick.text, "soft");
  }
  svg.text({kBarLeft, top - 8}, "ACC, %", "heading");
}

}  // namespace

Figure landscape_figure(const LandscapeRecord& record) {
  const double width = record.x.back() - record.x.front();
  const double height = record.y.back() - record.y.front();
  const double tall = std::clamp((kRight - kLeft) * height / width, kLowest, kHighest);
  const double bottom = kTop + tall;
  Svg svg(kWidth, bottom + kUnder);
  const Scale x{record.x.front(), record.x.back(), kLeft, kRight};
  const Scale y{record.y.front(), record.y.back(), bottom, kTop};
  draw_axes(svg, x, axis_ticks(round_ticks(x.low, x.high, 6)),
            "distance in weights; from Init to backdoored is 1", y,
            axis_ticks(round_ticks(y.low, y.high, 5)), "");
  const Range range = accuracy_range(record);
  draw_map(svg, record, x, y, range);
  LabelPlacer labels(kLeft, kTop, kRight, bottom);
  struct Name {
    Point base;
    std::string text;
  };
  std::vector<Name> names;
  const auto on_map = [&](const LandscapePoint& point) {
    return point.x >= x.low && point.x <= x.high && point.y >= y.low && point.y <= y.high;
  };
  for (const LandscapePoint& point : record.points) {
    if (on_map(point))
      labels.take(x.at(point.x) - 5, y.at(point.y) - 5, x.at(point.x) + 5, y.at(point.y) + 5);
  }
  for (const LandscapePoint& point : record.points) {
    if (!on_map(point)) continue;
    const std::string text = fit(printable(point.name), kNameColumns);
    // Bold, and so wider.
    const std::optional<Point> base =
        labels.place({x.at(point.x), y.at(point.y)}, 1.15 * text_width(text));
    if (base) names.push_back({*base, text});
  }
  draw_contours(svg, record, x, y, labels);
  draw_measured(svg, record, x, y);
  for (const LandscapePoint& point : record.points) {
    if (!on_map(point)) continue;
    svg.circle({x.at(point.x), y.at(point.y)}, 4.2, "place",
               point.name + ": accuracy " + percent(point.accuracy) + " %, attack success " +
                   percent(point.attack_success_rate) + " %");
  }
  for (const Name& name : names) svg.text(name.base, name.text, "maptext");
  draw_color_bar(svg, range, kTop, bottom);
  return {subject_name(record.task, record.attack) + ".landscape." + name_part(record.method),
          "The plane through the pre-trained, the backdoored and the purified weights (" +
              record.task + ", " + record.attack + ", " + record.method +
              "). Colour: accuracy; lines: attack success.",
          std::move(svg)};
}

}  // namespace finemix
