#include "finemix/report/markdown.h"

#include "finemix/report/aggregate.h"
#include "finemix/report/findings.h"
#include "finemix/report/sweep_tables.h"
#include "report/markdown_text.h"

namespace finemix {
std::string markdown(const SweepRecord& sweep) {
  const std::vector<SeedGroup> groups = seed_groups(sweep);
  std::string text =
      "# " + (sweep.title.empty() ? "A comparison of mitigations" : markdown_escaped(sweep.title)) +
      "\n\n";
  const std::string missing = missing_cells(sweep);
  if (!missing.empty()) text += "**" + markdown_escaped(missing) + "**\n\n";
  for (const std::string& task : tasks(sweep)) {
    const std::vector<Standing> standing = standings(groups, task);
    text += "## " + markdown_escaped(task) + "\n\n";
    for (const std::string& sentence : findings(standing))
      text += markdown_escaped(sentence) + "\n\n";
    text += markdown_table(standing_table(standing, Detail::kFull));
    if (const auto matrix = success_table(standing, groups, sweep)) {
      text += "### " + markdown_escaped(task + ", attack success that is left, in %") + "\n\n" +
              markdown_table(*matrix) + markdown_escaped(kSuccessLegend) + "\n\n";
    }
    for (const SubjectRecord& subject : sweep.subjects) {
      if (subject.task != task) continue;
      text += "### " + markdown_escaped(task + ", " + subject.attack) + "\n\n" +
              markdown_table(subject_table(subject, groups, Detail::kFull));
    }
  }
  return text + markdown_escaped(kTableLegend) + " " + markdown_escaped(kLabelLegend) + " " +
         markdown_escaped(kFullLegend) + "\n\nMade by finemix " + markdown_escaped(sweep.version) +
         " with " + markdown_escaped(sweep.request.command) + "\n";
}

}  // namespace finemix
