#pragma once

#include <optional>
#include <string>
#include <vector>

#include "finemix/record/figures.h"
#include "finemix/record/purify_record.h"
#include "finemix/record/scan_record.h"
#include "finemix/report/aggregate.h"
#include "finemix/report/figures/svg.h"

namespace finemix {

// The figures of a sweep, of a purification and of a scan. Each is 440 units wide, so that its text
// can be read on a page of 400 pixels; numbers are in the texts that a pointer brings up.

struct Figure {
  std::string name;     // for a file: "sst2.word.landscape.fine-mixing"
  std::string caption;  // what it shows, in a sentence or two
  Svg svg;
};

// ‖δ‖₂ against log(f + 2) of the word embeddings, and how the score is distributed. `where` says of
// which model, in the caption.
Figure epur_scatter(const std::string& name, const std::string& where, const EpurFigure& figure);
Figure epur_density(const std::string& name, const std::string& where, const EpurFigure& figure);

// How far fine-tuning moved the parts of a model.
Figure drift_profile(const std::string& name, const std::vector<TensorDrift>& drift);

// Accuracy and attack success of the methods, with and without E-PUR.
struct MethodBar {
  std::string label;
  std::optional<Spread> accuracy;
  std::optional<Spread> epur_accuracy;
  std::optional<Spread> attack_success_rate;
  std::optional<Spread> epur_attack_success_rate;
};
struct MethodBars {
  std::vector<MethodBar> bars;
  std::optional<double> accuracy_before;
  std::optional<double> floor;
};
// One subject's methods, of the variants that are compared.
MethodBars subject_bars(const SubjectRecord& subject, const std::vector<SeedGroup>& groups,
                        const std::vector<Standing>& standings);
// Means over all attacks of the standings' task.
MethodBars task_bars(const SweepRecord& sweep, const std::vector<Standing>& standings);
Figure method_bars(const std::string& name, const std::string& caption, const MethodBars& bars);

// Accuracy and attack success against ρ, and against the number of clean texts. Null where no
// method has two values of it.
std::optional<Figure> rho_curves(const SubjectRecord& subject,
                                 const std::vector<SeedGroup>& groups);
std::optional<Figure> size_curves(const SubjectRecord& subject,
                                  const std::vector<SeedGroup>& groups);

Figure landscape_figure(const LandscapeRecord& record);

// The methods over all attacks of the standings' task; null where there are none to show.
std::optional<Figure> task_figure(const SweepRecord& sweep, const std::vector<Standing>& standings);

// Attack success against the accuracy that it costs. Null for less than two methods.
std::optional<Figure> tradeoff_figure(const std::vector<Standing>& standings);

// What there is of the two.
std::vector<Figure> task_figures(const SweepRecord& sweep, const std::vector<Standing>& standings);

// All that a sweep's data allow for one subject, in the order of the paper.
std::vector<Figure> subject_figures(const SweepRecord& sweep, const SubjectRecord& subject,
                                    const std::vector<SeedGroup>& groups,
                                    const std::vector<Standing>& standings);

// All figures of a record.
std::vector<Figure> all_figures(const SweepRecord& sweep);
std::vector<Figure> all_figures(const PurifyRecord& record);
std::vector<Figure> all_figures(const ScanRecord& record);

}  // namespace finemix
