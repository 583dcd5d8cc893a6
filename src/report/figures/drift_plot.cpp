#include <algorithm>
#include <string>
#include <string_view>

#include "finemix/core/quote.h"
#include "finemix/record/tensor_layer.h"
#include "finemix/report/figures/axis.h"
#include "finemix/report/figures/plots.h"
#include "finemix/report/text.h"

namespace finemix {
namespace {

constexpr double kWidth = 440;
constexpr double kLeft = 92, kRight = 428, kTop = 22, kUnder = 40;
constexpr double kBar = 15;  // height of one, with the room between
constexpr std::size_t kMostParts = 64;

// A part of the model: a layer, what comes before the layers, or what comes after.
struct Part {
  std::string name;
  double relative = 0;  // of the tensor that moved furthest
  std::string tensor;   // which that is
};

// "encoder.layer.3.output" → "layer 3"
std::string part_name(const std::string& tensor) {
  if (const std::string_view digits = layer_digits(tensor); !digits.empty()) {
    return "layer " + fit(std::string(digits), 6);
  }
  return tensor.find("embedding") != std::string::npos ? "embeddings" : "head";
}

// In the order in which they first come.
std::vector<Part> parts_of(const std::vector<TensorDrift>& drift) {
  std::vector<Part> parts;
  for (const TensorDrift& tensor : drift) {
    const std::string name = part_name(tensor.name);
    auto part = std::ranges::find(parts, name, &Part::name);
    if (part == parts.end()) {
      if (parts.size() == kMostParts) continue;
      part = parts.insert(parts.end(), {name, -1, ""});
    }
    if (tensor.relative > part->relative) *part = {name, tensor.relative, tensor.name};
  }
  return parts;
}

}  // namespace

Figure drift_profile(const std::string& name, const std::vector<TensorDrift>& drift) {
  const std::vector<Part> parts = parts_of(drift);
  const double bottom = kTop + kBar * static_cast<double>(parts.size());
  Svg svg(kWidth, bottom + kUnder);
  double most = 0;
  for (const Part& part : parts) most = std::max(most, part.relative);
  const Scale x{0, most > 0 ? 100 * most * 1.05 : 1, kLeft, kRight};
  draw_axes(svg, x, axis_ticks(round_ticks(0, x.high, 5)), "moved by, %", {0, 1, bottom, kTop}, {},
            "");
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const double top = kTop + kBar * static_cast<double>(i);
    svg.rect(kLeft, top + 2, x.at(100 * parts[i].relative) - kLeft, kBar - 4, "density",
             printable(parts[i].tensor) + ": " + percent(parts[i].relative) + " %");
    svg.text({kLeft - 6, top + kBar - 4}, parts[i].name, "soft", Anchor::kEnd);
  }
  return {name,
          "How far fine-tuning moved each part of the model: of its tensors the one that moved "
          "furthest, against its length.",
          std::move(svg)};
}

}  // namespace finemix
