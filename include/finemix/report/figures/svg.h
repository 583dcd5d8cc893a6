#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace finemix {

// Text that may stand between tags and inside quoted attributes of HTML and XML. What XML has no
// character for is shown as \xNN.
std::string markup_escaped(std::string_view text);

struct Point {
  double x = 0;
  double y = 0;
};

enum class Anchor { kStart, kMiddle, kEnd };

// A drawing made of shapes whose looks are classes of figure_style(), so that they follow the light
// or dark theme of the page around them. Lengths are in units of the drawing.
class Svg {
 public:
  Svg(double width, double height) : width_(width), height_(height) {}

  double width() const { return width_; }
  double height() const { return height_; }

  // `hover`, where not empty, is shown when a pointer rests on the shape.
  void rect(double x, double y, double width, double height, std::string_view classes,
            std::string_view hover = "");
  void filled_rect(double x, double y, double width, double height, std::string_view color);
  void shaded_rect(double x, double y, double width, double height, std::string_view classes,
                   double opacity, std::string_view hover);
  void line(Point from, Point to, std::string_view classes, std::string_view hover = "");
  void polyline(const std::vector<Point>& points, std::string_view classes,
                std::string_view hover = "");
  void polygon(const std::vector<Point>& points, std::string_view classes,
               std::string_view hover = "");
  void circle(Point center, double radius, std::string_view classes, std::string_view hover = "");
  void text(Point base, std::string_view text, std::string_view classes,
            Anchor anchor = Anchor::kStart);

  // The element <svg>; `label` says in words what it shows.
  std::string element(std::string_view label) const;
  // A file of its own, with its style.
  std::string document(std::string_view label) const;

 private:
  void shape(std::string_view tag, const std::string& attributes, std::string_view classes,
             std::string_view hover);
  std::string element(std::string_view label, std::string_view style) const;

  double width_;
  double height_;
  std::string body_;
};

// The width that `text` takes at figure_style()'s size of small text, estimated: there is no font
// to measure with.
double text_width(std::string_view text);
constexpr double kTextHeight = 11;

}  // namespace finemix
