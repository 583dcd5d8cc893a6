#include <algorithm>

#include "finemix/core/quote.h"
#include "finemix/report/figures/axis.h"
#include "finemix/report/figures/plots.h"
#include "finemix/report/sweep_tables.h"
#include "finemix/report/text.h"

namespace finemix {
namespace {

constexpr double kWidth = 440;
constexpr double kHead = 46;  // legend and titles
constexpr double kRowHeight = 42;
constexpr double kNameHeight = 15;
constexpr double kBarHeight = 9;
constexpr double kBarPitch = 12;
constexpr double kFoot = 20;
constexpr double kPanel = 160;  // the width of 0 to 100 %
constexpr double kFirst = 12, kSecond = 232;
constexpr double kValueRoom = 46;  // right of a panel
constexpr std::size_t kNameColumns = 68;

std::string hover(const std::string& label, const char* what, const Spread& spread) {
  return label + ": " + what + " " + percent_spread(spread) + " %" +
         (spread.count > 1 ? " (" + std::to_string(spread.count) + " seeds)" : "");
}

void draw_bar(Svg& svg, const Scale& scale, double top, const std::optional<Spread>& value,
              const std::string& classes, const std::string& text) {
  if (!value) return;
  const double end = scale.at(value->mean);
  svg.rect(scale.from, top, std::max(end - scale.from, 0.8), kBarHeight, classes, text);
  if (value->deviation && *value->deviation > 0) {
    const double middle = top + kBarHeight / 2;
    const double low = scale.at(value->mean - *value->deviation);
    const double high = scale.at(value->mean + *value->deviation);
    svg.line({low, middle}, {high, middle}, "whisker");
    svg.line({low, middle - 2.5}, {low, middle + 2.5}, "whisker");
    svg.line({high, middle - 2.5}, {high, middle + 2.5}, "whisker");
  }
  svg.text({scale.to + kValueRoom - 8, top + kBarHeight - 0.5}, percent(value->mean), "value",
           Anchor::kEnd);
}

void draw_panel(Svg& svg, const Scale& scale, double bottom, const char* title,
                const std::optional<double>& line, const std::string& line_hover) {
  svg.text({scale.from, kHead - 10}, title, "heading");
  for (int share = 0; share <= 100; share += 25) {
    const double at = scale.at(share / 100.0);
    svg.line({at, kHead}, {at, bottom}, "grid");
    svg.text({at, bottom + kTextHeight + 3}, std::to_string(share), "soft", Anchor::kMiddle);
  }
  if (line)
    svg.line({scale.at(*line), kHead - 2}, {scale.at(*line), bottom + 2}, "floor", line_hover);
}

// The bar of a variant with and without E-PUR.
class BarList {
 public:
  explicit BarList(bool with_rho) : with_rho_(with_rho) {}

  void add(const Variant& variant, const std::optional<Spread>& accuracy,
           const std::optional<Spread>& success) {
    Variant plain = variant;
    plain.epur = false;
    const auto place = std::ranges::find(seen_, plain) - seen_.begin();
    if (place == std::ssize(seen_)) {
      seen_.push_back(plain);
      bars_.push_back({variant_name(plain, with_rho_), {}, {}, {}, {}});
    }
    MethodBar& bar = bars_[static_cast<std::size_t>(place)];
    (variant.epur ? bar.epur_accuracy : bar.accuracy) = accuracy;
    (variant.epur ? bar.epur_attack_success_rate : bar.attack_success_rate) = success;
  }

  std::vector<MethodBar> take() { return std::move(bars_); }

 private:
  bool with_rho_;
  std::vector<Variant> seen_;
  std::vector<MethodBar> bars_;
};

double draw_key(Svg& svg, double x, const char* classes, const char* classes2, const char* text) {
  svg.rect(x, 5, 9, 9, classes);
  svg.rect(x + 11, 5, 9, 9, classes2);
  svg.text({x + 25, 13}, text, "soft");
  return x + 25 + text_width(text) + 16;
}

}  // namespace

MethodBars subject_bars(const SubjectRecord& subject, const std::vector<SeedGroup>& groups,
                        const std::vector<Standing>& standings) {
  MethodBars result;
  if (subject.before.accuracy) result.accuracy_before = subject.before.accuracy->value;
  if (subject.before.floor) result.floor = subject.before.floor->value;
  BarList list(needs_rho(standings));
  for (const SeedGroup& group : groups) {
    if (group.subject == &subject &&
        std::ranges::find(standings, group.variant, &Standing::variant) != standings.end()) {
      list.add(group.variant, group.accuracy, group.attack_success_rate);
    }
  }
  result.bars = list.take();
  return result;
}

MethodBars task_bars(const SweepRecord& sweep, const std::vector<Standing>& standings) {
  MethodBars result;
  std::vector<std::optional<double>> before, floors;
  for (const SubjectRecord& subject : sweep.subjects) {
    if (is_control(subject) || standings.empty() || subject.task != standings.front().task) {
      continue;
    }
    if (subject.before.accuracy) before.emplace_back(subject.before.accuracy->value);
    if (subject.before.floor) floors.emplace_back(subject.before.floor->value);
  }
  if (const auto mean = spread(before)) result.accuracy_before = mean->mean;
  if (const auto mean = spread(floors)) result.floor = mean->mean;
  BarList list(needs_rho(standings));
  for (const Standing& one : standings) {
    if (one.ranked) list.add(one.variant, one.accuracy, one.attack_success_rate);
  }
  result.bars = list.take();
  return result;
}

Figure method_bars(const std::string& name, const std::string& caption, const MethodBars& bars) {
  const double bottom = kHead + kRowHeight * static_cast<double>(bars.bars.size());
  Svg svg(kWidth, bottom + kFoot);
  const Scale accuracy{0, 1, kFirst, kFirst + kPanel};
  const Scale success{0, 1, kSecond, kSecond + kPanel};
  double x = draw_key(svg, kFirst, "bar-acc-plain", "bar-asr-plain", "without E-PUR");
  x = draw_key(svg, x, "bar-acc", "bar-asr", "with E-PUR");
  svg.line({x, 9.5}, {x + 20, 9.5}, "floor");
  svg.text({x + 25, 13}, "before · clean model", "soft");
  draw_panel(svg, accuracy, bottom, "Accuracy, %", bars.accuracy_before,
             bars.accuracy_before ? "before: " + percent(*bars.accuracy_before) + " %" : "");
  draw_panel(svg, success, bottom, "Attack success, %", bars.floor,
             bars.floor ? "a clean model: " + percent(*bars.floor) + " %" : "");
  double top = kHead;
  for (const MethodBar& bar : bars.bars) {
    const std::string label = printable(bar.label);
    svg.text({kFirst, top + kNameHeight - 2}, fit(label, kNameColumns), "heading halo");
    const double first = top + kNameHeight + 1, second = first + kBarPitch;
    const auto draw = [&](const Scale& scale, double at, const std::optional<Spread>& value,
                          const char* classes, const char* what) {
      if (value) draw_bar(svg, scale, at, value, classes, hover(label, what, *value));
    };
    draw(accuracy, first, bar.accuracy, "bar-acc-plain", "accuracy without E-PUR");
    draw(accuracy, second, bar.epur_accuracy, "bar-acc", "accuracy with E-PUR");
    draw(success, first, bar.attack_success_rate, "bar-asr-plain", "attack success without E-PUR");
    draw(success, second, bar.epur_attack_success_rate, "bar-asr", "attack success with E-PUR");
    top += kRowHeight;
  }
  return {name, caption, std::move(svg)};
}

}  // namespace finemix
