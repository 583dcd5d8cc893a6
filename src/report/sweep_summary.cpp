#include "finemix/report/sweep_summary.h"

#include <algorithm>
#include <vector>

#include "finemix/core/quote.h"
#include "finemix/report/aggregate.h"
#include "finemix/report/findings.h"
#include "finemix/report/sweep_tables.h"
#include "finemix/report/text.h"

namespace finemix {
namespace {

constexpr std::size_t kWidth = 100;

// Lines of at most kWidth columns, broken at blanks; of text that may hold anything.
std::string wrapped(const std::string& raw) {
  const std::string sentence = printable(raw, raw.size());
  std::string text;
  std::size_t used = 0;
  std::size_t begin = 0;
  while (begin < sentence.size()) {
    const std::size_t blank = std::min(sentence.find(' ', begin), sentence.size());
    const std::string word = sentence.substr(begin, blank - begin);
    const std::size_t width = display_width(word);
    if (used > 0 && used + 1 + width > kWidth) {
      text += "\n";
      used = 0;
    } else if (used > 0) {
      text += " ";
      ++used;
    }
    text += word;
    used += width;
    begin = blank + 1;
  }
  return text + "\n";
}

std::string heading(const SubjectRecord& subject, bool color) {
  std::string text =
      styled(fit(printable(subject.task + ": " + subject.attack), 60), Style::kBold, color);
  if (is_control(subject)) {
    text += ", a model that nobody attacked";
  } else if (!subject.made.triggers.empty()) {
    text += ", trigger “" + fit(printable(subject.made.triggers.front()), 24) + "”";
    if (subject.made.triggers.size() > 1) {
      text += " and " + std::to_string(subject.made.triggers.size() - 1) + " more";
    }
  }
  return text + "\n";
}

}  // namespace

std::string summary(const SweepRecord& sweep, bool color) {
  const std::vector<SeedGroup> groups = seed_groups(sweep);
  std::string text;
  const std::string missing = missing_cells(sweep);
  if (!missing.empty()) text += styled(wrapped(missing), Style::kYellow, color) + "\n";
  for (const std::string& task : tasks(sweep)) {
    const std::vector<Standing> standing = standings(groups, task);
    for (const SubjectRecord& subject : sweep.subjects) {
      if (subject.task != task) continue;
      text += heading(subject, color) + subject_table(subject, groups, Detail::kShort).text(color) +
              "\n";
    }
    for (const std::string& sentence : findings(standing)) text += wrapped(sentence);
    text += "\n" + standing_table(standing, Detail::kShort).text(color) + "\n";
  }
  return text + styled(wrapped(kTableLegend), Style::kDim, color);
}

}  // namespace finemix
