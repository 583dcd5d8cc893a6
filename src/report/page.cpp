#include "finemix/report/page.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "finemix/report/figures/figure_style.h"
#include "finemix/report/page_style.h"
#include "finemix/report/text.h"

namespace finemix {
namespace {

const char* style_class(Style style) {
  switch (style) {
    case Style::kPlain:
      return "";
    case Style::kBold:
      return "strong";
    case Style::kDim:
      return "dim";
    case Style::kGreen:
      return "good";
    case Style::kRed:
      return "bad";
    case Style::kYellow:
      return "bad";
  }
  return "";
}

constexpr std::size_t kShortName = 40;  // columns that a name may take without a break

// The colour of a cell that holds a percentage.
std::string heat_style(const Cell& cell, Heat heat) {
  double value = 0;
  const char* end = cell.text.data() + cell.text.size();
  if (heat == Heat::kNone || std::from_chars(cell.text.data(), end, value).ptr != end) return "";
  return " style=\"--share:" + fixed(value / 100, 3) + "\"";
}

std::string cell_element(const Cell& cell, const Table::Column& column, bool header, bool named,
                         Heat heat) {
  std::string classes = column.align == Align::kRight ? "right" : "";
  const auto add = [&](const std::string& name) {
    if (!name.empty()) classes += (classes.empty() ? "" : " ") + name;
  };
  add(style_class(cell.style));
  if (named) add(display_width(cell.text) > kShortName ? "name long" : "name");
  const std::string style = named ? "" : heat_style(cell, heat);
  if (!style.empty()) add("heat");
  const std::string tag = header ? "th scope=\"col\"" : named ? "th scope=\"row\"" : "td";
  return "<" + tag + (classes.empty() ? "" : " class=\"" + classes + "\"") + style + ">" +
         markup_escaped(cell.text) + "</" + tag.substr(0, 2) + ">";
}

// A line's end is no character to be shown as such.
std::string escaped_lines(const std::string& text) {
  std::string result;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = text.find('\n', begin);
    result += markup_escaped(text.substr(begin, end - begin)) + "\n";
    begin = end + 1;
  }
  return result;
}

}  // namespace

std::string element(const std::string& tag, const std::string& markup) {
  return "<" + tag + ">" + markup + "</" + tag.substr(0, tag.find(' ')) + ">\n";
}

std::string heading_element(const std::string& text) { return element("h2", markup_escaped(text)); }

std::string table_element(const Table& table, const std::string& label, Heat heat) {
  // What names a row is its first column that is there for words.
  const auto& columns = table.columns();
  const auto named = static_cast<std::size_t>(
      std::ranges::find(columns, Align::kLeft, &Table::Column::align) - columns.begin());
  std::string text = "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"" +
                     markup_escaped(label) + "\"><table>\n<thead><tr>";
  for (const Table::Column& column : columns) {
    text += cell_element({column.title}, column, true, false, Heat::kNone);
  }
  text += "</tr></thead>\n<tbody>\n";
  for (const auto& row : table.rows()) {
    text += "<tr>";
    for (std::size_t i = 0; i < columns.size(); ++i) {
      text += cell_element(i < row.size() ? row[i] : Cell{}, columns[i], false, i == named, heat);
    }
    text += "</tr>\n";
  }
  return text + "</tbody></table></div>\n";
}

std::string note_element(const std::string& text) {
  return element("p class=\"note\"", markup_escaped(text));
}

std::string folded(const std::string& summary, const std::string& markup) {
  return "<details>" + element("summary", markup_escaped(summary)) + markup + "</details>\n";
}

std::string PageFigures::elements_of(const std::vector<Figure>& figures) {
  std::string drawn;
  for (const Figure& figure : figures) {
    drawn += "<figure>\n" + figure.svg.element(figure.caption) + "<figcaption><b>Figure " +
             std::to_string(++count_) + ".</b> " + markup_escaped(figure.caption) +
             "</figcaption></figure>\n";
  }
  return drawn.empty() ? "" : element("div class=\"figures\"", drawn);
}

std::string findings_elements(const std::vector<std::string>& sentences) {
  if (sentences.empty()) return "";
  std::string text = element("p class=\"lead\"", markup_escaped(sentences.front()));
  if (sentences.size() == 1) return text;
  std::string items;
  for (std::size_t i = 1; i < sentences.size(); ++i) {
    items += element("li", markup_escaped(sentences[i]));
  }
  return text + element("ul class=\"findings\"", items);
}

std::string how_to_repeat(const RunRequest& request, const std::vector<InputRecord>& used,
                          const std::string& version, const std::string& closing) {
  std::string text = "<h2 id=\"again\">To make this again</h2>\n";
  if (!request.command.empty()) {
    text += "<pre class=\"command\">" + markup_escaped(request.command) + "</pre>\n" +
            folded("Configuration", "<pre>" + escaped_lines(json_text(request.config)) + "</pre>");
  }
  if (!used.empty()) {
    Table inputs({{"input"}, {"path"}, {"SHA-256"}});
    for (const InputRecord& input : used) {
      inputs.add_row({{input.name}, {input.path}, {input.sha256}});
    }
    text += table_element(inputs, "Inputs");
  }
  return text + note_element("Written by finemix " + version + ". " + closing);
}

std::string page_document(const Page& parts) {
  const std::string title = markup_escaped(parts.title);
  return "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
         "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
         "<meta name=\"generator\" content=\"finemix\"/>\n<title>" +
         title + "</title>\n<style>\n" + std::string(page_style()) + std::string(figure_style()) +
         "</style>\n</head>\n<body>\n" +
         element("header class=\"masthead\"",
                 element("p class=\"kicker\"", markup_escaped(parts.kicker)) +
                     element("h1", title) + parts.head) +
         element("main", parts.body) + element("footer class=\"colophon\"", parts.foot) +
         "</body>\n</html>\n";
}

}  // namespace finemix
