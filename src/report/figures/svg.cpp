#include "finemix/report/figures/svg.h"

#include <cmath>

#include "finemix/core/number.h"
#include "finemix/core/quote.h"
#include "finemix/report/figures/figure_style.h"
#include "finemix/report/text.h"

namespace finemix {
namespace {

// Two decimals: a hundredth of a pixel or so.
std::string number(double value) {
  const double rounded = std::round(value * 100) / 100;
  return plain_number(rounded == 0 ? 0 : rounded);
}

std::string attribute(std::string_view name, std::string_view value) {
  return " " + std::string(name) + "=\"" + std::string(value) + "\"";
}

std::string attribute(std::string_view name, double value) {
  return attribute(name, number(value));
}

std::string rect_attributes(double x, double y, double width, double height) {
  return attribute("x", x) + attribute("y", y) + attribute("width", width) +
         attribute("height", height);
}

std::string point_list(const std::vector<Point>& points) {
  std::string text;
  for (const Point& point : points) {
    if (!text.empty()) text += ' ';
    text += number(point.x) + "," + number(point.y);
  }
  return attribute("points", text);
}

const char* anchor_name(Anchor anchor) {
  return anchor == Anchor::kStart ? "start" : anchor == Anchor::kMiddle ? "middle" : "end";
}

}  // namespace

std::string markup_escaped(std::string_view text) {
  std::string escaped;
  for (const char c : printable(text, text.size())) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\'':
        escaped += "&#39;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

void Svg::shape(std::string_view tag, const std::string& attributes, std::string_view classes,
                std::string_view hover) {
  body_ += "<" + std::string(tag) + attributes;
  if (!classes.empty()) body_ += attribute("class", classes);
  if (hover.empty()) {
    body_ += "/>\n";
  } else {
    body_ += "><title>" + markup_escaped(hover) + "</title></" + std::string(tag) + ">\n";
  }
}

void Svg::rect(double x, double y, double width, double height, std::string_view classes,
               std::string_view hover) {
  shape("rect", rect_attributes(x, y, width, height), classes, hover);
}

void Svg::filled_rect(double x, double y, double width, double height, std::string_view color) {
  shape("rect", rect_attributes(x, y, width, height) + attribute("fill", color), "cell", "");
}

void Svg::shaded_rect(double x, double y, double width, double height, std::string_view classes,
                      double opacity, std::string_view hover) {
  shape("rect", rect_attributes(x, y, width, height) + attribute("fill-opacity", opacity), classes,
        hover);
}

void Svg::line(Point from, Point to, std::string_view classes, std::string_view hover) {
  shape("line",
        attribute("x1", from.x) + attribute("y1", from.y) + attribute("x2", to.x) +
            attribute("y2", to.y),
        classes, hover);
}

void Svg::polyline(const std::vector<Point>& points, std::string_view classes,
                   std::string_view hover) {
  shape("polyline", point_list(points), classes, hover);
}

void Svg::polygon(const std::vector<Point>& points, std::string_view classes,
                  std::string_view hover) {
  shape("polygon", point_list(points), classes, hover);
}

void Svg::circle(Point center, double radius, std::string_view classes, std::string_view hover) {
  shape("circle", attribute("cx", center.x) + attribute("cy", center.y) + attribute("r", radius),
        classes, hover);
}

void Svg::text(Point base, std::string_view text, std::string_view classes, Anchor anchor) {
  body_ += "<text" + attribute("x", base.x) + attribute("y", base.y) + attribute("class", classes);
  if (anchor != Anchor::kStart) body_ += attribute("text-anchor", anchor_name(anchor));
  body_ += ">" + markup_escaped(text) + "</text>\n";
}

std::string Svg::element(std::string_view label, std::string_view style) const {
  return "<svg" + attribute("xmlns", "http://www.w3.org/2000/svg") +
         attribute("viewBox", "0 0 " + number(width_) + " " + number(height_)) +
         attribute("width", width_) + attribute("height", height_) + attribute("class", "figure") +
         attribute("role", "img") + attribute("aria-label", markup_escaped(label)) + ">\n" +
         std::string(style) + body_ + "</svg>\n";
}

std::string Svg::element(std::string_view label) const { return element(label, ""); }

std::string Svg::document(std::string_view label) const {
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" +
         element(label, "<style>\n" + std::string(figure_style()) +
                            "</style>\n<rect class=\"paper\" width=\"100%\" height=\"100%\"/>\n");
}

double text_width(std::string_view text) {
  constexpr double kColumn = 6.4;  // of a sans-serif at 10.5 units, rather too wide than too narrow
  return kColumn * static_cast<double>(display_width(text));
}

}  // namespace finemix
