#pragma once

#include <string>
#include <vector>

#include "finemix/record/records.h"
#include "finemix/record/run_request.h"
#include "finemix/report/figures/plots.h"
#include "finemix/report/table.h"

namespace finemix {

// What pages are put together from. Whatever is called text or comes in a record is escaped here;
// what is called markup has to be already.

// `tag` may have attributes; `markup` is what the element holds.
std::string element(const std::string& tag, const std::string& markup);

std::string heading_element(const std::string& text);

enum class Heat { kNone, kPercent };  // whether cells are coloured by the percentage they hold

// In a container of its own that scrolls, since the page must not. `label` is for those who cannot
// see it.
std::string table_element(const Table& table, const std::string& label, Heat heat = Heat::kNone);

// Small print.
std::string note_element(const std::string& text);

// What is seen once `summary` is clicked, and on paper.
std::string folded(const std::string& summary, const std::string& markup);

// Figures are numbered through a page.
class PageFigures {
 public:
  // Side by side where there is room; "" for none.
  std::string elements_of(const std::vector<Figure>& figures);

 private:
  int count_ = 0;
};

// The first sentence large, the others as a list.
std::string findings_elements(const std::vector<std::string>& sentences);

// How to make the results again: the command and its configuration, where there was one, what it
// read, and a closing sentence.
std::string how_to_repeat(const RunRequest& request, const std::vector<InputRecord>& used,
                          const std::string& version, const std::string& closing);

struct Page {
  std::string title;
  std::string kicker;  // above the title
  std::string head;    // markup below the title
  std::string body;    // markup
  std::string foot;    // markup
};

// The whole document. It needs nothing beside itself: no network, no script.
std::string page_document(const Page& parts);

}  // namespace finemix
