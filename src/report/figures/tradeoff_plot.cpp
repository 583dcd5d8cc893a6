#include <algorithm>
#include <cmath>

#include "finemix/core/quote.h"
#include "finemix/report/figures/axis.h"
#include "finemix/report/figures/plots.h"
#include "finemix/report/sweep_tables.h"
#include "finemix/report/text.h"

namespace finemix {
namespace {

constexpr double kWidth = 440, kHeight = 350;
constexpr double kLeft = 40, kRight = 428, kTop = 44, kBottom = 310;
constexpr std::size_t kNameColumns = 26;

struct Place {
  const Standing* standing;
  Point at;
};

}  // namespace

std::optional<Figure> tradeoff_figure(const std::vector<Standing>& standings) {
  std::vector<Place> places;
  double low = 0, high = kAllowedDrop;
  for (const Standing& one : standings) {
    if (!one.ranked || !one.accuracy_drop) continue;
    places.push_back({&one, {}});
    low = std::min(low, one.accuracy_drop->mean);
    high = std::max(high, one.accuracy_drop->mean);
  }
  if (places.size() < 2) return std::nullopt;
  const std::string& task = standings.front().task;
  const double margin = 0.06 * (high - low);
  const Scale x{low - margin, high + margin, kLeft, kRight};
  const Scale y{0, 1, kBottom, kTop};
  Svg svg(kWidth, kHeight);
  svg.rect(kLeft, kTop, x.at(kAllowedDrop) - kLeft, kBottom - kTop, "track",
           "at most 2 points of accuracy lost");
  draw_axes(svg, x, axis_ticks(round_ticks(100 * x.low, 100 * x.high, 6), 100),
            "accuracy lost, points", y, axis_ticks(round_ticks(0, 100, 5), 100),
            "attack success, %");
  svg.circle({kLeft + 4, 9.5}, 3.4, "bar-asr");
  svg.text({kLeft + 13, 13}, "with E-PUR", "soft");
  svg.circle({kLeft + 94, 9.5}, 3.4, "hollow l1");
  svg.text({kLeft + 103, 13}, "without", "soft");
  svg.rect(kLeft + 162, 5, 9, 9, "track");
  svg.text({kLeft + 175, 13}, "at most 2 points lost", "soft");

  LabelPlacer labels(kLeft + 2, kTop, kRight + 8, kBottom);
  for (Place& place : places) {
    place.at = {x.at(place.standing->accuracy_drop->mean),
                y.at(place.standing->attack_success_rate->mean)};
    labels.take(place.at.x - 4, place.at.y - 4, place.at.x + 4, place.at.y + 4);
  }
  const bool with_rho = needs_rho(standings);
  for (const Place& place : places) {
    const Standing& one = *place.standing;
    svg.circle(place.at, 3.4, one.variant.epur ? "bar-asr" : "hollow l1",
               variant_name(one.variant, with_rho) + ": accuracy lost " +
                   points_spread(one.accuracy_drop) + " points, attack success " +
                   percent_spread(one.attack_success_rate) + " %");
  }
  // One label for each method, at its better variant; best first, so that the best have room.
  std::vector<Variant> named;
  for (const Place& place : places) {
    Variant plain = place.standing->variant;
    plain.epur = false;
    if (std::ranges::find(named, plain) != named.end()) continue;
    const std::string name = fit(printable(variant_name(plain, with_rho)), kNameColumns);
    const std::optional<Point> base = labels.place(place.at, text_width(name));
    if (!base) continue;
    named.push_back(plain);
    svg.text(*base, name, "soft halo");
  }
  return Figure{name_part(task) + ".tradeoff",
                "What the methods leave of the attacks, against what they cost, on " + task +
                    ": means over all attacks. Down and left is better.",
                std::move(svg)};
}

}  // namespace finemix
