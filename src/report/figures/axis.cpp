#include "finemix/report/figures/axis.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

#include "finemix/report/text.h"

namespace finemix {
namespace {

constexpr double kTickGap = 5;  // between a number and the axis
constexpr double kTitleGap = 30;
constexpr double kTitleRise = 8;
constexpr double kDescent = 3;    // of letters below their base
constexpr double kNumberGap = 6;  // between two numbers

}  // namespace

Ticks round_ticks(double low, double high, int wanted) {
  Ticks ticks;
  const double range = high - low;
  if (!(range > 0) || !std::isfinite(range) || wanted < 1) return ticks;
  const double rough = range / wanted;
  const double power = std::floor(std::log10(rough));
  const double unit = std::pow(10, power);
  const double share = rough / unit;
  const double step = unit * (share < 1.5 ? 1 : share < 3.5 ? 2 : share < 7.5 ? 5 : 10);
  ticks.decimals = std::max(0, -static_cast<int>(std::floor(std::log10(step) + 1e-9)));
  constexpr double kRounding = 1e-9;
  const double first = std::ceil(low / step - kRounding);
  const double last = std::floor(high / step + kRounding);
  // Beyond this a step is lost in rounding, and neighbours could not be told apart.
  constexpr double kFarthest = 1e12;
  if (!(std::abs(first) <= kFarthest && std::abs(last) <= kFarthest)) return {};
  const auto most =
      std::min<std::int64_t>(2 * std::int64_t{wanted}, static_cast<std::int64_t>(last - first));
  for (std::int64_t i = 0; i <= most; ++i) {
    ticks.values.push_back((first + static_cast<double>(i)) * step);
  }
  return ticks;
}

double Scale::at(double value) const {
  const double clamped = std::clamp(value, low, high);
  const double share =
      logarithmic ? std::log(clamped / low) / std::log(high / low) : (clamped - low) / (high - low);
  return from + share * (to - from);
}

std::vector<AxisTick> axis_ticks(const Ticks& ticks, double factor) {
  std::vector<AxisTick> result;
  for (const double value : ticks.values) {
    // No "-0".
    result.push_back({value / factor, fixed(value == 0 ? 0 : value, ticks.decimals)});
  }
  return result;
}

void draw_axes(Svg& svg, const Scale& x, const std::vector<AxisTick>& x_ticks,
               const std::string& x_title, const Scale& y, const std::vector<AxisTick>& y_ticks,
               const std::string& y_title) {
  double free_from = -1e9;
  for (const AxisTick& tick : x_ticks) {
    const double place = x.at(tick.value);
    svg.line({place, y.from}, {place, y.to}, "grid");
    const double half = text_width(tick.text) / 2;
    if (place - half < free_from) continue;
    free_from = place + half + kNumberGap;
    svg.text({place, y.from + kTickGap + kTextHeight}, tick.text, "soft", Anchor::kMiddle);
  }
  for (const AxisTick& tick : y_ticks) {
    const double place = y.at(tick.value);
    svg.line({x.from, place}, {x.to, place}, "grid");
    svg.text({x.from - kTickGap, place + kTextHeight / 3}, tick.text, "soft", Anchor::kEnd);
  }
  svg.line({x.from, y.from}, {x.to, y.from}, "axis");
  if (!x_title.empty()) {
    svg.text({(x.from + x.to) / 2, y.from + kTitleGap}, x_title, "soft", Anchor::kMiddle);
  }
  if (!y_title.empty()) svg.text({x.from, y.to - kTitleRise}, y_title, "heading");
}

void LabelPlacer::take(double left, double top, double right, double bottom) {
  taken_.push_back({left, top, right, bottom});
}

bool LabelPlacer::is_free(const Box& box) const {
  if (box.left < left_ || box.right > right_ || box.top < top_ || box.bottom > bottom_) {
    return false;
  }
  return std::ranges::none_of(taken_, [&](const Box& other) {
    return box.left < other.right && other.left < box.right && box.top < other.bottom &&
           other.top < box.bottom;
  });
}

std::optional<Point> LabelPlacer::first_free(std::span<const Point> bases, double width) {
  for (const Point& base : bases) {
    const Box box{base.x, base.y - kTextHeight + kDescent, base.x + width, base.y + kDescent};
    if (!is_free(box)) continue;
    taken_.push_back(box);
    return base;
  }
  return std::nullopt;
}

std::optional<Point> LabelPlacer::place(Point point, double width) {
  constexpr double kAway = 6;
  const double left = point.x - kAway - width, right = point.x + kAway;
  const double beside = point.y + kTextHeight / 3;
  const double above = point.y - kTextHeight, below = point.y + 1.6 * kTextHeight;
  // Right, left, above, below, then the corners.
  const std::array<Point, 8> bases = {
      {{right, beside},
       {left, beside},
       {point.x - width / 2, point.y - kAway},
       {point.x - width / 2, point.y + kAway + kTextHeight - kDescent},
       {right, above},
       {left, above},
       {right, below},
       {left, below}}};
  return first_free(bases, width);
}

std::optional<Point> LabelPlacer::place_on(Point point, double width) {
  const std::array<Point, 1> base = {{{point.x - width / 2, point.y + kTextHeight / 3}}};
  return first_free(base, width);
}

}  // namespace finemix
