#include "finemix/eval/landscape.h"

#include <ATen/ops/dot.h>

#include <algorithm>
#include <vector>

#include "finemix/core/error.h"

namespace finemix {
namespace {

// How far the purified model must be from the line through the others, as a share of their
// distance.
constexpr double kFlat = 1e-3;

at::Tensor flat_weights(const Model& model, at::Device device) {
  return Classifier(model, device).parameters().weights().clone();
}

Model with_head_of(const Model& pretrained, const Model& suspect) {
  Model model = suspect;
  for (const auto& [name, tensor] : pretrained.weights) {
    if (is_backbone(name)) model.weights.insert_or_assign(name, tensor);
  }
  return model;
}

std::vector<double> axis(double low, double high, const LandscapeOptions& options) {
  const double margin = options.margin * (high - low);
  const double step = (high - low + 2 * margin) / static_cast<double>(options.points - 1);
  std::vector<double> values;
  for (std::int64_t i = 0; i < options.points; ++i) {
    values.push_back(low - margin + step * static_cast<double>(i));
  }
  return values;
}

double value_or_zero(const std::optional<Rate>& rate) { return rate ? rate->value : 0; }

}  // namespace

LandscapeRecord landscape(const Model& pretrained, const Model& backdoored, const Model& purified,
                          const EvaluationSet& set, const LandscapeOptions& options,
                          at::Device device, Precision precision, Progress& progress) {
  if (options.points < 2 || !(options.margin >= 0)) {
    throw Error(ErrorKind::kUsage,
                "a landscape needs 2 or more points along an axis, and no negative margin");
  }
  const at::Tensor init = flat_weights(with_head_of(pretrained, backdoored), device);
  const at::Tensor to_suspect = flat_weights(backdoored, device) - init;
  const at::Tensor to_purified = flat_weights(purified, device) - init;
  const double length = to_suspect.norm().item<double>();
  const double along =
      at::dot(to_purified, to_suspect).item<double>() / std::max(length * length, 1e-300);
  at::Tensor across = to_purified - to_suspect * along;
  const double off_line = across.norm().item<double>();
  if (!(length > 0) || !(off_line > kFlat * length)) {
    throw Error(
        ErrorKind::kMismatch,
        "landscape: the pre-trained, the suspect and the purified model lie on one line, so "
        "they span no plane; was the suspect purified at all?");
  }
  across.mul_(length / off_line);  // as long as to_suspect, which is the unit

  LandscapeRecord record;
  const double height = off_line / length;
  record.x = axis(std::min(0.0, along), std::max(1.0, along), options);
  record.y = axis(0, height, options);
  Classifier model(backdoored, device, precision);
  const auto evaluate = [&](double x, double y) {
    model.parameters().set_weights(init + to_suspect * x + across * y);
    return set.evaluate(model, no_progress()).record;
  };
  record.points = {
      {"Init", 0, 0, 0, 0}, {"backdoored", 1, 0, 0, 0}, {"purified", along, height, 0, 0}};
  progress.begin("landscape", record.x.size() * record.y.size() + record.points.size(), "models");
  for (LandscapePoint& point : record.points) {
    const EvaluationRecord found = evaluate(point.x, point.y);
    point.accuracy = value_or_zero(found.accuracy);
    point.attack_success_rate = value_or_zero(found.attack_success_rate);
    progress.advance(1);
  }
  for (const double y : record.y) {
    for (const double x : record.x) {
      const EvaluationRecord found = evaluate(x, y);
      record.accuracy.push_back(value_or_zero(found.accuracy));
      record.attack_success_rate.push_back(value_or_zero(found.attack_success_rate));
      progress.advance(1);
    }
  }
  progress.end();
  return record;
}

}  // namespace finemix
