#include "finemix/model/lineage.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <span>
#include <string_view>

#include "finemix/core/error.h"

namespace finemix {
namespace {

constexpr std::uint64_t kStretch = 4096;  // elements: the cosine of unrelated ones is 0 ± 0.02

// No fine-tuning that was seen comes near it: after ten epochs at 1e-3 on a tiny model it is 0.9.
constexpr double kLeastCosine = 0.5;

constexpr std::size_t kShown = 3;

std::vector<float> stretch(const StoredModel& model, std::string_view name) {
  const std::uint64_t elements = model.info(name).elements();
  const std::uint64_t length = std::min(kStretch, elements);
  std::vector<float> values(length);
  std::vector<std::byte> buffer;
  model.read_as(DType::kF32, name, (elements - length) / 2,
                std::as_writable_bytes(std::span(values)), buffer);
  return values;
}

std::string three_digits(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3f", value);
  return text;
}

}  // namespace

Lineage lineage(const StoredModel& pretrained, const StoredModel& backdoored) {
  Lineage result;
  std::vector<double> cosines;
  for (const auto& [name, place] : backdoored.places()) {
    const bool is_matrix = backdoored.info(name).shape.size() == 2;
    if (!is_matrix || !name.starts_with("bert.encoder.") || !pretrained.contains(name)) continue;
    const std::vector<float> base = stretch(pretrained, name);
    const std::vector<float> suspect = stretch(backdoored, name);
    double dot = 0;
    double base_squares = 0;
    double suspect_squares = 0;
    double change_squares = 0;
    for (std::size_t i = 0; i < base.size(); ++i) {
      const double a = base[i];
      const double b = suspect[i];
      dot += a * b;
      base_squares += a * a;
      suspect_squares += b * b;
      change_squares += (b - a) * (b - a);
    }
    const double cosine = dot / std::sqrt(base_squares * suspect_squares);
    if (base_squares == 0 || suspect_squares == 0) continue;
    if (!std::isfinite(cosine)) {  // not a number in one of them: no evidence that they belong
      result.matrices.push_back({place.name, 0, 0});
      cosines.push_back(0);
      continue;
    }
    result.matrices.push_back({place.name, cosine, std::sqrt(change_squares / base_squares)});
    cosines.push_back(cosine);
  }
  if (!cosines.empty()) {
    const auto middle = cosines.begin() + static_cast<std::ptrdiff_t>(cosines.size() / 2);
    std::ranges::nth_element(cosines, middle);
    result.cosine = *middle;
  }
  return result;
}

std::string lineage_problem(const StoredModel& pretrained, const StoredModel& backdoored) {
  const Lineage found = lineage(pretrained, backdoored);
  if (found.cosine >= kLeastCosine) return "";
  std::string evidence;
  for (const TensorLineage& tensor :
       std::span(found.matrices).first(std::min(kShown, found.matrices.size()))) {
    evidence += (evidence.empty() ? "" : ", ") + tensor.name + " " + three_digits(tensor.cosine) +
                " at distance " + three_digits(tensor.distance);
  }
  return backdoored.directory().string() + " was not fine-tuned from " +
         pretrained.directory().string() + ": the median cosine between their weight matrices is " +
         three_digits(found.cosine) + " (" + evidence + "), expected near 1";
}

}  // namespace finemix
