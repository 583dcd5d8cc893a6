#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "finemix/report/figures/svg.h"

namespace finemix {

// Round numbers (1, 2 or 5 times a power of ten apart) from `low` to `high`, about `wanted` of
// them, and the decimals that tell them apart.
struct Ticks {
  std::vector<double> values;
  int decimals = 0;
};
Ticks round_ticks(double low, double high, int wanted);

// Maps values to places in a drawing. A logarithmic scale needs a positive `low`.
struct Scale {
  double low = 0;
  double high = 1;
  double from = 0;
  double to = 1;
  bool logarithmic = false;

  // Values outside are put at the nearer end.
  double at(double value) const;
};

// One axis of a plot: where its numbers stand.
struct AxisTick {
  double value = 0;
  std::string text;
};
std::vector<AxisTick> axis_ticks(const Ticks& ticks, double factor = 1);

// A frame with grid lines and numbers. `x.from` < `x.to` are its left and right, `y.from` > `y.to`
// its bottom and top; the title of y stands above it. Numbers that would touch the one before are
// left out.
void draw_axes(Svg& svg, const Scale& x, const std::vector<AxisTick>& x_ticks,
               const std::string& x_title, const Scale& y, const std::vector<AxisTick>& y_ticks,
               const std::string& y_title);

// Places labels so that none covers another, or leaves the frame.
class LabelPlacer {
 public:
  LabelPlacer(double left, double top, double right, double bottom)
      : left_(left), top_(top), right_(right), bottom_(bottom) {}

  // Marks a place as taken.
  void take(double left, double top, double right, double bottom);
  // The base point, for text that starts there, of a label of `width` beside `point`; taken from
  // then on. Null when no place is free.
  std::optional<Point> place(Point point, double width);
  // The same of a label whose middle is to be at `point`.
  std::optional<Point> place_on(Point point, double width);

 private:
  struct Box {
    double left, top, right, bottom;
  };
  bool is_free(const Box& box) const;
  std::optional<Point> first_free(std::span<const Point> bases, double width);

  double left_, top_, right_, bottom_;
  std::vector<Box> taken_;
};

}  // namespace finemix
