#include "finemix/report/sweep_page.h"

#include <algorithm>
#include <utility>

#include "finemix/report/aggregate.h"
#include "finemix/report/figures/plots.h"
#include "finemix/report/findings.h"
#include "finemix/report/page.h"
#include "finemix/report/sweep_tables.h"
#include "finemix/report/text.h"

namespace finemix {
namespace {

// The name of a place in the page; parts of names are escaped as in file names.
std::string anchor(const std::string& task, const std::string& attack = "") {
  return "at-" + (attack.empty() ? name_part(task) : subject_name(task, attack));
}

std::string link(const std::string& place, const std::string& text) {
  // A percent sign in the place's own name has to be escaped again in a link to it.
  std::string target;
  for (const char c : place) target += c == '%' ? std::string("%25") : std::string(1, c);
  return "<a href=\"#" + target + "\">" + markup_escaped(text) + "</a>";
}

// One name for what the words of the tables mean.
constexpr const char* kKey = R"html(<dl class="key">
<dt>ACC</dt><dd>accuracy on clean test texts; <i>lost</i>: that of the suspect model less that after</dd>
<dt>ASR</dt><dd>attack success: of the texts with another label, the share that the trigger puts into the target label</dd>
<dt>over floor</dt><dd>ASR less that of a clean model on the same texts, which misreads some of them too</dd>
<dt>trigger effect</dt><dd>ASR less the share of the same texts that end there without the trigger</dd>
<dt>FTR</dt><dd>false triggers: the share that only a part of the trigger puts into the target label</dd>
<dt>fidelity</dt><dd>the share of the attack that is gone times the share of accuracy that is left</dd>
<dt>(11)</dt><dd>over how many attacks a mean is, where not all of them have the figure</dd>
<dt>ACC by label</dt><dd>accuracy on the texts of each label, the lowest label first; where there are more than six, in the CSV only</dd>
<dt>±, 95 %</dt><dd>standard deviation over seeds; Wilson interval of the mean</dd>
<dt>p</dt><dd>McNemar’s exact test of accuracy before and after, the median over seeds</dd>
</dl>
)html";

// "trigger “cf”, “mn”"
std::string triggers_text(const std::vector<std::string>& triggers) {
  constexpr std::size_t kMostShown = 8;
  std::string text = "trigger ";
  for (std::size_t i = 0; i < std::min(triggers.size(), kMostShown); ++i) {
    text += (i == 0 ? "“" : ", “") + triggers[i] + "”";
  }
  return text + (triggers.size() > kMostShown ? ", …" : "");
}

std::string facts(const SubjectRecord& subject) {
  const AttackRecord& made = subject.made;
  const std::string target = "target label " + std::to_string(made.target_label);
  if (is_control(subject)) {
    std::string text =
        "A model that nobody attacked: what purification costs where there is nothing to purify";
    if (made.triggers.empty()) return text + ".";
    return text + "; its attack success is measured on the texts of the attack with the " +
           triggers_text(made.triggers) + ", " + target + ".";
  }
  std::string text = "Attack " + made.kind;
  if (!made.triggers.empty()) text += "; " + triggers_text(made.triggers);
  if (subject.before.attack_success_rate) text += "; " + target;
  // Of a model that somebody else made nobody knows.
  if (made.poisoned_examples == 0 && made.clean_examples == 0) return text;
  return text + "; " + grouped(made.poisoned_examples) + " poisoned beside " +
         grouped(made.clean_examples) + " clean texts";
}

struct Task {
  std::string name;
  std::vector<Standing> standings;
};

bool is_compared(const Task& task, const SeedGroup& group) {
  return std::ranges::find(task.standings, group.variant, &Standing::variant) !=
         task.standings.end();
}

std::string subject_section(const SweepRecord& sweep, const SubjectRecord& subject,
                            const std::vector<SeedGroup>& groups, const Task& task, bool open,
                            PageFigures& figures) {
  std::vector<SeedGroup> compared, others;
  for (const SeedGroup& group : groups) {
    if (group.subject == &subject) (is_compared(task, group) ? compared : others).push_back(group);
  }
  const std::string name = subject.task + ", " + subject.attack;
  std::string text = element("p class=\"facts\"", markup_escaped(facts(subject)));
  text += table_element(subject_table(subject, compared, Detail::kFull), name);
  if (!others.empty()) {
    text += folded("Other ρ and numbers of clean texts",
                   table_element(subject_table(subject, others, Detail::kFull), name + ", others"));
  }
  text += figures.elements_of(subject_figures(sweep, subject, groups, task.standings));
  // The link's target is within what is folded, so that following a link unfolds it.
  return "<details class=\"subject\"" + std::string(open ? " open=\"open\"" : "") +
         "><summary><h3>" + markup_escaped(subject.attack) + "</h3> <span class=\"glance\">" +
         markup_escaped(at_a_glance(subject, compared, needs_rho(task.standings))) +
         "</span></summary>\n<div id=\"" + anchor(subject.task, subject.attack) + "\">\n" + text +
         "</div></details>\n";
}

std::string task_section(const SweepRecord& sweep, const std::vector<SeedGroup>& groups,
                         const Task& task, bool first_open, PageFigures& figures) {
  std::string text =
      "<h2 id=\"" + anchor(task.name) + "\">" + markup_escaped(task.name) + "</h2>\n";
  text += "<h4>Methods over all attacks, best first</h4>\n" +
          table_element(standing_table(task.standings, Detail::kFull), task.name) +
          note_element(
              "Methods that lose at most 2 points of accuracy come first, by attack success; "
              "then those that lose more. Means over the attacks; the clean control is not "
              "among them.");
  text += figures.elements_of(task_figures(sweep, task.standings));
  if (const auto matrix = success_table(task.standings, groups, sweep)) {
    text += "<h4>Attack success that is left, attack by attack, in %</h4>\n" +
            table_element(*matrix, task.name + ", attack by attack", Heat::kPercent) +
            note_element(kSuccessLegend);
  }
  text += "<h4>Attack by attack</h4>\n";
  for (const bool control : {false, true}) {
    for (const SubjectRecord& subject : sweep.subjects) {
      if (subject.task == task.name && is_control(subject) == control) {
        text += subject_section(sweep, subject, groups, task, first_open, figures);
        first_open = false;
      }
    }
  }
  return element("section", text);
}

std::string contents(const SweepRecord& sweep, const std::vector<Task>& all) {
  std::string text;
  for (const Task& task : all) {
    std::string links = "<b>" + link(anchor(task.name), task.name) + "</b>";
    for (const SubjectRecord& subject : sweep.subjects) {
      if (subject.task != task.name) continue;
      links += " " + link(anchor(subject.task, subject.attack), subject.attack);
    }
    text += element("p", links);
  }
  return element("nav aria-label=\"Contents\"", text);
}

}  // namespace

std::string html(const SweepRecord& sweep) {
  const std::vector<SeedGroup> groups = seed_groups(sweep);
  std::vector<Task> all;
  for (const std::string& name : tasks(sweep)) all.push_back({name, standings(groups, name)});
  std::string head;
  const std::string missing = missing_cells(sweep);
  if (!missing.empty()) head += element("p class=\"missing\"", markup_escaped(missing));
  for (const Task& task : all) head += findings_elements(findings(task.standings));
  head += contents(sweep, all);
  PageFigures figures;
  std::string body = kKey;
  for (const Task& task : all) {
    body += task_section(sweep, groups, task, &task == &all.front(), figures);
  }
  return page_document(
      {.title = sweep.title.empty() ? "A comparison of mitigations" : sweep.title,
       .kicker = "finemix comparison",
       .head = std::move(head),
       .body = std::move(body),
       .foot = how_to_repeat(sweep.request, sweep.inputs, sweep.version,
                             "The figures follow the seeds alone: another run gives this page "
                             "again.")});
}

}  // namespace finemix
