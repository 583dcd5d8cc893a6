#include <algorithm>
#include <cmath>
#include <functional>

#include "finemix/core/number.h"
#include "finemix/core/quote.h"
#include "finemix/report/figures/axis.h"
#include "finemix/report/figures/plots.h"
#include "finemix/report/sweep_tables.h"
#include "finemix/report/text.h"

namespace finemix {
namespace {

constexpr double kWidth = 440;
constexpr double kLeft = 46, kRight = 428;
constexpr double kPanelHeight = 150;
constexpr double kFirstTop = 24, kGap = 50, kFoot = 40;
constexpr double kKeyLine = 16, kKeyMark = 24;
constexpr std::size_t kHues = 8;
constexpr std::size_t kLabelColumns = 60;

struct CurvePoint {
  double x = 0;
  std::optional<Spread> accuracy;
  std::optional<Spread> success;
};

struct Curve {
  std::string label;   // with E-PUR or not
  std::string method;  // without it
  std::size_t hue = 0;
  bool epur = false;
  std::vector<CurvePoint> points;
};

// What is drawn against what.
struct Plot {
  std::string title;  // of the x axis
  std::vector<AxisTick> ticks;
  Scale x;
  std::vector<Curve> curves;
};

// Groups that differ in nothing but the x value make one curve; `rest` is their variant without it.
// Methods have a hue each, with and without E-PUR.
std::vector<Curve> curves_of(const SubjectRecord& subject, const std::vector<SeedGroup>& groups,
                             const std::function<std::optional<double>(const Variant&)>& x,
                             const std::function<Variant(Variant)>& rest, bool with_rho) {
  std::vector<std::pair<Variant, Curve>> curves;
  for (const SeedGroup& group : groups) {
    const std::optional<double> at = x(group.variant);
    if (group.subject != &subject || !at) continue;
    const Variant key = rest(group.variant);
    auto curve = std::ranges::find(curves, key, &std::pair<Variant, Curve>::first);
    if (curve == curves.end()) {
      curve = curves.insert(curve, {key, {variant_name(key, with_rho), "", 0, key.epur, {}}});
    }
    curve->second.points.push_back({*at, group.accuracy, group.attack_success_rate});
  }
  std::vector<Curve> result;
  std::vector<Variant> hues;
  for (auto& [key, curve] : curves) {
    if (curve.points.size() < 2) continue;
    std::ranges::sort(curve.points, {}, &CurvePoint::x);
    Variant plain = key;
    plain.epur = false;
    const auto place = std::ranges::find(hues, plain);
    curve.method = variant_name(plain, with_rho);
    curve.hue = static_cast<std::size_t>(place - hues.begin()) % kHues;
    if (place == hues.end()) hues.push_back(plain);
    result.push_back(std::move(curve));
  }
  return result;
}

void draw_point(Svg& svg, const Curve& curve, Point at, const Scale& y, const Spread& value,
                const std::string& hover) {
  const std::string hue = std::to_string(curve.hue);
  if (value.deviation && *value.deviation > 0) {
    svg.line({at.x, y.at(value.mean - *value.deviation)},
             {at.x, y.at(value.mean + *value.deviation)}, "whisker l" + hue);
  }
  svg.circle(at, 2.8, curve.epur ? "f" + hue : "hollow l" + hue, hover);
}

std::string curve_class(std::size_t hue, bool epur) {
  return "curve l" + std::to_string(hue) + (epur ? "" : " plain");
}

void draw_curves(Svg& svg, const Plot& plot, const Scale& y,
                 std::optional<Spread> CurvePoint::*value, const char* what) {
  for (const Curve& curve : plot.curves) {
    std::vector<Point> line;
    for (const CurvePoint& point : curve.points) {
      if (point.*value) line.push_back({plot.x.at(point.x), y.at((point.*value)->mean)});
    }
    if (line.size() > 1) svg.polyline(line, curve_class(curve.hue, curve.epur));
  }
  for (const Curve& curve : plot.curves) {
    for (const CurvePoint& point : curve.points) {
      if (!(point.*value)) continue;
      const Point at{plot.x.at(point.x), y.at((point.*value)->mean)};
      draw_point(svg, curve, at, y, *(point.*value),
                 curve.label + ", " + plot.title + " " + plain_number(point.x) + ": " + what + " " +
                     percent_spread(point.*value) + " %");
    }
  }
}

// Low enough for every value, in steps of ten points: accuracy seldom needs all of 0 to 100.
double lowest(const std::vector<Curve>& curves, std::optional<double> reference) {
  double low = reference.value_or(1);
  for (const Curve& curve : curves) {
    for (const CurvePoint& point : curve.points) {
      if (point.accuracy) {
        low = std::min(low, point.accuracy->mean - point.accuracy->deviation.value_or(0));
      }
    }
  }
  return std::clamp(std::floor(low * 10) / 10, 0.0, 0.9);
}

// Entries side by side as far as they fit, one for each hue, and one for what dashes mean; the
// height that they took.
double draw_key(Svg* svg, const std::vector<Curve>& curves, double top) {
  struct Entry {
    std::string label;
    std::size_t hue;
    bool dashed;
  };
  std::vector<Entry> entries;
  bool with = false, without = false;
  for (const Curve& curve : curves) {
    (curve.epur ? with : without) = true;
    if (std::ranges::find(entries, curve.method, &Entry::label) == entries.end()) {
      entries.push_back({curve.method, curve.hue, false});
    }
  }
  if (without) entries.push_back({with ? "dashed: without E-PUR" : "without E-PUR", 7, true});
  double x = kLeft, y = top;
  for (const Entry& entry : entries) {
    const std::string label = fit(printable(entry.label), kLabelColumns);
    const double width = kKeyMark + text_width(label) + 14;
    if (x > kLeft && x + width > kRight) {
      x = kLeft;
      y += kKeyLine;
    }
    if (svg != nullptr) {
      const std::string hue = std::to_string(entry.hue);
      svg->line({x, y - 3.5}, {x + 18, y - 3.5}, curve_class(entry.hue, !entry.dashed));
      svg->circle({x + 9, y - 3.5}, 2.8, entry.dashed ? "hollow l" + hue : "f" + hue);
      svg->text({x + kKeyMark, y}, label, "soft");
    }
    x += width;
  }
  return y - top + kKeyLine;
}

Figure draw(const std::string& name, const std::string& caption, const SubjectRecord& subject,
            Plot plot) {
  const double under = kFirstTop + 2 * kPanelHeight + kGap + kFoot + 10;
  Svg svg(kWidth, under + draw_key(nullptr, plot.curves, 0));
  plot.x.from = kLeft;
  plot.x.to = kRight;
  const auto panel = [&](double top, double low, const char* title, const std::string& x_title,
                         std::optional<Spread> CurvePoint::*value,
                         const std::optional<Rate>& reference, const char* reference_name) {
    const Scale y{low, 1, top + kPanelHeight, top};
    draw_axes(svg, plot.x, plot.ticks, x_title, y,
              axis_ticks(round_ticks(100 * low, 100, low < 0.5 ? 5 : 4), 100), title);
    if (reference) {
      const double at = y.at(reference->value);
      const std::string text = std::string(reference_name) + " " + percent(reference->value);
      svg.line({kLeft, at}, {kRight, at}, "floor", text + " %");
      svg.text({kRight, top - 8}, "- - " + text, "soft", Anchor::kEnd);
    }
    draw_curves(svg, plot, y, value, title);
  };
  const std::optional<Rate>& accuracy = subject.before.accuracy;
  panel(kFirstTop, lowest(plot.curves, accuracy ? std::optional(accuracy->value) : std::nullopt),
        "Accuracy, %", "", &CurvePoint::accuracy, accuracy, "before:");
  panel(kFirstTop + kPanelHeight + kGap, 0, "Attack success, %", plot.title, &CurvePoint::success,
        subject.before.floor, "a clean model:");
  draw_key(&svg, plot.curves, under);
  return {subject_name(subject.task, subject.attack) + "." + name, caption, std::move(svg)};
}

}  // namespace

std::optional<Figure> rho_curves(const SubjectRecord& subject,
                                 const std::vector<SeedGroup>& groups) {
  const std::int64_t size = compared_size(groups, subject.task);
  Plot plot{"reserve ratio ρ", axis_ticks(round_ticks(0, 1, 5)), {}, {}};
  plot.curves = curves_of(
      subject, groups,
      [size](const Variant& variant) {
        return variant.clean_size == size ? variant.rho : std::nullopt;
      },
      [](Variant variant) {
        variant.rho.reset();
        return variant;
      },
      false);
  if (plot.curves.empty()) return std::nullopt;
  return draw("rho",
              "Accuracy and attack success against the share ρ of the suspect’s weights that is "
              "kept (" +
                  subject.task + ", " + subject.attack + "). Bars: one standard deviation.",
              subject, std::move(plot));
}

std::optional<Figure> size_curves(const SubjectRecord& subject,
                                  const std::vector<SeedGroup>& groups) {
  Plot plot{"clean texts", {}, {}, {}};
  plot.curves = curves_of(
      subject, groups,
      [](const Variant& variant) -> std::optional<double> {
        // 0 stands for all texts, and how many these are is not in the record.
        if (variant.clean_size == 0) return std::nullopt;
        return static_cast<double>(variant.clean_size);
      },
      [](Variant variant) {
        variant.clean_size = 0;
        return variant;
      },
      true);
  if (plot.curves.empty()) return std::nullopt;
  std::vector<double> sizes;
  for (const Curve& curve : plot.curves) {
    for (const CurvePoint& point : curve.points) sizes.push_back(point.x);
  }
  std::ranges::sort(sizes);
  const auto repeated = std::ranges::unique(sizes);
  sizes.erase(repeated.begin(), repeated.end());
  plot.x = {sizes.front() * 0.9, sizes.back() * 1.1, 0, 0, true};
  for (const double size : sizes) {
    plot.ticks.push_back({size, grouped(static_cast<std::uint64_t>(size))});
  }
  return draw("clean-size",
              "Accuracy and attack success against the number of clean texts, on a logarithmic "
              "axis (" +
                  subject.task + ", " + subject.attack + "). Bars: one standard deviation.",
              subject, std::move(plot));
}

}  // namespace finemix
