#include <algorithm>
#include <cmath>

#include "finemix/core/quote.h"
#include "finemix/report/figures/axis.h"
#include "finemix/report/figures/plots.h"
#include "finemix/report/text.h"

namespace finemix {
namespace {

constexpr double kWidth = 440;
constexpr double kScatterHeight = 300;
constexpr double kDensityHeight = 210;
constexpr double kLeft = 46, kRight = 428, kTop = 22, kUnder = 40;
constexpr std::size_t kTokenWidth = 20;
constexpr std::size_t kNamedRows = 6;  // of the highest scores that are no trigger
constexpr std::size_t kNamedTriggers = 12;

bool is_trigger(const EpurFigure& figure, const EpurRow& row) {
  return std::ranges::find(figure.triggers, row.id) != figure.triggers.end();
}

std::string token_text(const EpurRow& row) { return fit(printable(row.token), kTokenWidth); }

std::string row_hover(const EpurRow& row) {
  return row.token + ": score " + fixed(row.score, 3) + ", ‖δ‖ " + fixed(row.delta_norm, 3) +
         ", frequency " + grouped(row.frequency) + (row.reset ? ", reset" : "");
}

double log_frequency(const EpurRow& row) {
  return std::log(static_cast<double>(row.frequency) + 2);
}

// Triggers first: they are to have their labels before others take the room.
std::vector<const EpurRow*> by_importance(const EpurFigure& figure) {
  std::vector<const EpurRow*> rows;
  for (const EpurRow& row : figure.marked) rows.push_back(&row);
  std::ranges::stable_partition(rows, [&](const EpurRow* row) { return is_trigger(figure, *row); });
  return rows;
}

void draw_cells(Svg& svg, const EpurFigure& figure, const Scale& x, const Scale& y) {
  const std::uint64_t most = *std::ranges::max_element(figure.counts);
  if (most == 0) return;
  const auto columns = static_cast<std::size_t>(figure.columns);
  const double width = (x.to - x.from) / static_cast<double>(figure.columns);
  const double height = (y.from - y.to) / static_cast<double>(figure.rows);
  for (std::size_t i = 0; i < figure.counts.size(); ++i) {
    if (figure.counts[i] == 0) continue;
    const auto column = static_cast<double>(i % columns);
    const auto row = static_cast<double>(i / columns);
    const double share =
        std::log1p(static_cast<double>(figure.counts[i])) / std::log1p(static_cast<double>(most));
    svg.shaded_rect(x.from + column * width, y.from - (row + 1) * height, width, height, "density",
                    0.15 + 0.85 * share,
                    grouped(figure.counts[i]) + (figure.counts[i] == 1 ? " row" : " rows"));
  }
}

}  // namespace

Figure epur_scatter(const std::string& name, const std::string& where, const EpurFigure& figure) {
  Svg svg(kWidth, kScatterHeight);
  const Scale x{0, figure.x_high * 1.03, kLeft, kRight};
  const Scale y{0, figure.y_high * 1.06, kScatterHeight - kUnder, kTop};
  draw_axes(svg, x, axis_ticks(round_ticks(0, x.high, 6)), "log(frequency + 2)", y,
            axis_ticks(round_ticks(0, y.high, 5)), "‖δ‖₂");
  // Cells were counted up to the highest values, the axes go a little farther.
  draw_cells(svg, figure, {0, figure.x_high, x.from, x.at(figure.x_high)},
             {0, figure.y_high, y.from, y.at(figure.y_high)});
  LabelPlacer labels(kLeft + 2, kTop - 10, kRight + 10, kScatterHeight - kUnder);
  const std::vector<const EpurRow*> rows = by_importance(figure);
  for (const EpurRow* row : rows) {
    const Point at{x.at(log_frequency(*row)), y.at(row->delta_norm)};
    labels.take(at.x - 3, at.y - 3, at.x + 3, at.y + 3);
  }
  std::size_t named = 0, named_triggers = 0;
  std::vector<const EpurRow*> back_to_front(rows.rbegin(), rows.rend());
  for (const EpurRow* row : back_to_front) {
    const Point at{x.at(log_frequency(*row)), y.at(row->delta_norm)};
    const bool trigger = is_trigger(figure, *row);
    svg.circle(at, trigger ? 4 : 2.2, trigger ? "mark" : "dot", row_hover(*row));
  }
  for (const EpurRow* row : rows) {
    const bool trigger = is_trigger(figure, *row);
    std::size_t& count = trigger ? named_triggers : named;
    if (count >= (trigger ? kNamedTriggers : kNamedRows)) continue;
    const Point at{x.at(log_frequency(*row)), y.at(row->delta_norm)};
    const std::string token = token_text(*row);
    const std::optional<Point> base = labels.place(at, text_width(token));
    if (!base) continue;
    ++count;
    svg.text(*base, token, trigger ? "marktext halo" : "soft halo");
  }
  return {name,
          "How far fine-tuning moved each word embedding, against how often the word occurs" +
              where + ". Shading counts rows, rings are the highest scores" +
              (figure.triggers.empty() ? "." : ", the trigger is red."),
          std::move(svg)};
}

Figure epur_density(const std::string& name, const std::string& where, const EpurFigure& figure) {
  Svg svg(kWidth, kDensityHeight);
  std::uint64_t total = 0;
  for (const std::uint64_t count : figure.scores) total += count;
  const std::uint64_t most = *std::ranges::max_element(figure.scores);
  const Scale x{0, figure.score_high * 1.03, kLeft, kRight};
  // log(1 + rows): one row is to be seen beside ten thousand.
  const Scale y{0, std::log10(1.0 + static_cast<double>(most)) * 1.05 + 1e-9,
                kDensityHeight - kUnder, kTop + 20};
  std::vector<AxisTick> y_ticks;
  for (std::uint64_t tick = 1; tick <= most && tick <= 1'000'000'000; tick *= 10) {
    y_ticks.push_back({std::log10(1.0 + static_cast<double>(tick)), grouped(tick)});
  }
  draw_axes(svg, x, axis_ticks(round_ticks(0, x.high, 6)), "score ‖δ‖₂ / log max(frequency, 20)", y,
            y_ticks, "");
  svg.text({6, kTop - 8}, "rows", "heading");
  const double part = figure.score_high / static_cast<double>(figure.scores.size());
  for (std::size_t i = 0; i < figure.scores.size(); ++i) {
    if (figure.scores[i] == 0) continue;
    const double low = static_cast<double>(i) * part;
    const double top = y.at(std::log10(1.0 + static_cast<double>(figure.scores[i])));
    const double share = static_cast<double>(figure.scores[i]) / static_cast<double>(total);
    svg.rect(x.at(low), top, x.at(low + part) - x.at(low), y.from - top, "density",
             "score " + fixed(low, 3) + " to " + fixed(low + part, 3) + ": " +
                 grouped(figure.scores[i]) + " rows, " + fixed(100 * share, 2) + " %");
  }
  LabelPlacer labels(kLeft, 0, kRight + 10, kTop + 20);
  for (const EpurRow* row : by_importance(figure)) {
    if (!is_trigger(figure, *row)) continue;
    const double at = x.at(row->score);
    svg.line({at, y.from}, {at, kTop + 10}, "leader", row_hover(*row));
    svg.polygon({{at - 4, kTop + 6}, {at + 4, kTop + 6}, {at, kTop + 13}}, "mark", row_hover(*row));
    const std::string token = token_text(*row);
    const std::optional<Point> base = labels.place({at, kTop + 6}, text_width(token));
    if (base) svg.text(*base, token, "marktext");
  }
  return {name,
          "How many word embeddings have which score" + where + ", on a logarithmic axis" +
              (figure.triggers.empty() ? "." : "; the trigger is red."),
          std::move(svg)};
}

}  // namespace finemix
