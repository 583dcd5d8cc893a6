#include "finemix/report/figures/contour.h"

#include <array>
#include <cstddef>
#include <map>
#include <utility>

namespace finemix {
namespace {

// An edge of the grid that a line crosses. Its number is the same from both of its cells, so that
// segments meet exactly.
using Edge = std::size_t;
using Segment = std::pair<Edge, Edge>;

class Marching {
 public:
  Marching(std::span<const double> x, std::span<const double> y, std::span<const double> values,
           double level)
      : x_(x), y_(y), values_(values), level_(level) {}

  std::vector<std::vector<Point>> lines() {
    for (std::size_t j = 0; j + 1 < y_.size(); ++j) {
      for (std::size_t i = 0; i + 1 < x_.size(); ++i) add_cell(i, j);
    }
    std::vector<bool> used(segments_.size(), false);
    std::vector<std::vector<Point>> lines;
    // Open lines from their ends first; what is left are closed ones.
    for (const auto& [edge, owners] : at_edge_) {
      if (owners.size() == 1 && !used[owners.front()]) lines.push_back(follow(edge, used));
    }
    for (const auto& [edge, owners] : at_edge_) {
      if (!used[owners.front()]) lines.push_back(follow(edge, used));
    }
    return lines;
  }

 private:
  bool inside(std::size_t i, std::size_t j) const { return value(i, j) >= level_; }
  double value(std::size_t i, std::size_t j) const { return values_[j * x_.size() + i]; }
  Edge along(std::size_t i, std::size_t j) const { return 2 * (j * x_.size() + i); }
  Edge across(std::size_t i, std::size_t j) const { return along(i, j) + 1; }

  void add(Edge from, Edge to) {
    at_edge_[from].push_back(segments_.size());
    at_edge_[to].push_back(segments_.size());
    segments_.emplace_back(from, to);
  }

  void add_cell(std::size_t i, std::size_t j) {
    const std::array<bool, 4> in = {inside(i, j), inside(i + 1, j), inside(i + 1, j + 1),
                                    inside(i, j + 1)};
    const std::array<Edge, 4> edges = {along(i, j), across(i + 1, j), along(i, j + 1),
                                       across(i, j)};  // bottom, right, top, left
    std::vector<Edge> crossed;
    for (std::size_t k = 0; k < 4; ++k) {
      if (in[k] != in[(k + 1) % 4]) crossed.push_back(edges[k]);
    }
    if (crossed.size() == 2) add(crossed[0], crossed[1]);
    if (crossed.size() != 4) return;
    const double middle =
        (value(i, j) + value(i + 1, j) + value(i + 1, j + 1) + value(i, j + 1)) / 4;
    // Where the middle is as the first corner is, that corner and its opposite are joined.
    if ((middle >= level_) == in[0]) {
      add(edges[0], edges[1]);
      add(edges[2], edges[3]);
    } else {
      add(edges[0], edges[3]);
      add(edges[1], edges[2]);
    }
  }

  Point crossing(Edge edge) const {
    const std::size_t i = edge / 2 % x_.size(), j = edge / 2 / x_.size();
    const std::size_t right = i + (edge % 2 == 0 ? 1 : 0), above = j + edge % 2;
    const double here = value(i, j), there = value(right, above);
    const double share = (level_ - here) / (there - here);
    return {x_[i] + share * (x_[right] - x_[i]), y_[j] + share * (y_[above] - y_[j])};
  }

  std::vector<Point> follow(Edge edge, std::vector<bool>& used) const {
    std::vector<Point> line = {crossing(edge)};
    for (bool more = true; more;) {
      more = false;
      for (const std::size_t next : at_edge_.at(edge)) {
        if (used[next]) continue;
        used[next] = true;
        edge = segments_[next].first == edge ? segments_[next].second : segments_[next].first;
        line.push_back(crossing(edge));
        more = true;
        break;
      }
    }
    return line;
  }

  std::span<const double> x_, y_, values_;
  double level_;
  std::vector<Segment> segments_;
  std::map<Edge, std::vector<std::size_t>> at_edge_;
};

}  // namespace

std::vector<std::vector<Point>> contour_lines(std::span<const double> x, std::span<const double> y,
                                              std::span<const double> values, double level) {
  return Marching(x, y, values, level).lines();
}

}  // namespace finemix
