#include "finemix/report/figures/plots.h"

namespace finemix {

std::optional<Figure> task_figure(const SweepRecord& sweep,
                                  const std::vector<Standing>& standings) {
  const MethodBars bars = task_bars(sweep, standings);
  if (bars.bars.empty()) return std::nullopt;
  const std::string& task = standings.front().task;
  return method_bars(name_part(task) + ".methods",
                     "Accuracy and attack success on " + task +
                         ", means over all attacks. Bars: one standard deviation over seeds.",
                     bars);
}

std::vector<Figure> task_figures(const SweepRecord& sweep, const std::vector<Standing>& standings) {
  std::vector<Figure> figures;
  if (auto figure = task_figure(sweep, standings)) figures.push_back(std::move(*figure));
  if (auto figure = tradeoff_figure(standings)) figures.push_back(std::move(*figure));
  return figures;
}

std::vector<Figure> subject_figures(const SweepRecord& sweep, const SubjectRecord& subject,
                                    const std::vector<SeedGroup>& groups,
                                    const std::vector<Standing>& standings) {
  std::vector<Figure> figures;
  const std::string name = subject_name(subject.task, subject.attack);
  const std::string where = " (" + subject.task + ", " + subject.attack + ")";
  MethodBars bars = subject_bars(subject, groups, standings);
  if (!bars.bars.empty()) {
    figures.push_back(method_bars(
        name + ".methods",
        "Accuracy and attack success of the methods" + where + ". Bars: one standard deviation.",
        bars));
  }
  if (auto figure = rho_curves(subject, groups)) figures.push_back(std::move(*figure));
  if (auto figure = size_curves(subject, groups)) figures.push_back(std::move(*figure));
  if (subject.epur) {
    figures.push_back(epur_scatter(name + ".epur-scatter", where, *subject.epur));
    figures.push_back(epur_density(name + ".epur-density", where, *subject.epur));
  }
  for (const LandscapeRecord& landscape : sweep.landscapes) {
    if (landscape.task == subject.task && landscape.attack == subject.attack) {
      figures.push_back(landscape_figure(landscape));
    }
  }
  return figures;
}

std::vector<Figure> all_figures(const SweepRecord& sweep) {
  const std::vector<SeedGroup> groups = seed_groups(sweep);
  std::vector<Figure> figures;
  for (const std::string& task : tasks(sweep)) {
    const std::vector<Standing> standing = standings(groups, task);
    for (Figure& figure : task_figures(sweep, standing)) figures.push_back(std::move(figure));
    for (const SubjectRecord& subject : sweep.subjects) {
      if (subject.task != task) continue;
      for (Figure& figure : subject_figures(sweep, subject, groups, standing)) {
        figures.push_back(std::move(figure));
      }
    }
  }
  return figures;
}

std::vector<Figure> all_figures(const PurifyRecord& record) {
  if (!record.epur_figure) return {};
  return {epur_scatter("epur-scatter", "", *record.epur_figure),
          epur_density("epur-density", "", *record.epur_figure)};
}

std::vector<Figure> all_figures(const ScanRecord& record) {
  std::vector<Figure> figures;
  if (record.epur_figure) {
    figures.push_back(epur_scatter("epur-scatter", "", *record.epur_figure));
    figures.push_back(epur_density("epur-density", "", *record.epur_figure));
  }
  if (!record.drift.empty()) figures.push_back(drift_profile("drift", record.drift));
  return figures;
}

}  // namespace finemix
