#include "finemix/defense/prune.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/argsort.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>
#include <string>

#include "defense/mix_mask.h"
#include "finemix/core/stop.h"

namespace finemix {
namespace {

constexpr const char* kName = "activity";
constexpr std::size_t kTexts = 32;  // of a batch

}  // namespace

std::vector<at::Tensor> unit_activity(Classifier& model, const FlatTexts& texts) {
  const at::NoGradGuard no_grad;
  const EncoderConfig& config = model.config();
  const auto layers = static_cast<std::size_t>(config.stored_layers());
  std::vector<at::Tensor> sums(layers);
  std::vector<std::int64_t> rows(layers);
  for (at::Tensor& sum : sums) sum = at::zeros({config.intermediate_size}, at::kDouble);
  const std::size_t count = texts.offsets.size() - 1;
  for (std::size_t begin = 0; begin < count; begin += kTexts) {
    throw_if_stopped();
    std::vector<std::size_t> batch(std::min(kTexts, count - begin));
    std::iota(batch.begin(), batch.end(), begin);
    model.forward(pack(texts, batch, model.device()), std::nullopt);
    for (std::int64_t i = 0; i < config.depth(); ++i) {
      const at::Tensor active = model.activations(static_cast<std::size_t>(i));
      const auto layer = static_cast<std::size_t>(config.stored_layer(i));
      sums[layer] += active.to(at::kDouble).abs().sum(0).cpu();
      rows[layer] += active.size(0);
    }
  }
  for (std::size_t layer = 0; layer < layers; ++layer) {
    sums[layer] /= static_cast<double>(rows[layer]);
  }
  return sums;
}

MixResult prune_units(const StateDict& weights, const std::vector<at::Tensor>& activity, double rho,
                      Prune prune) {
  check_rho(rho);
  const at::NoGradGuard no_grad;
  const auto start = std::chrono::steady_clock::now();
  MixResult result{weights, {}};
  MixRecord& record = result.record;
  record.rho = rho;
  record.select = kName;
  for (std::size_t layer = 0; layer < activity.size(); ++layer) {
    const std::int64_t units = activity[layer].numel();
    const std::int64_t kept = std::llround(rho * static_cast<double>(units));
    const at::Tensor pruned =
        at::argsort(activity[layer], /*stable=*/true, 0, /*descending=*/true).slice(0, kept);
    const auto clear = [&](const std::string& name, std::int64_t dimension) {
      at::Tensor& tensor = result.weights.at(name);
      tensor = tensor.clone();
      tensor.index_fill_(dimension, pruned, 0.0);
      const auto of_unit = static_cast<std::uint64_t>(tensor.numel() / units);
      record.tensors.push_back({name, static_cast<std::uint64_t>(kept) * of_unit,
                                static_cast<std::uint64_t>(tensor.numel())});
      record.kept += record.tensors.back().kept;
      record.total += record.tensors.back().total;
    };
    const std::string name = "bert.encoder.layer." + std::to_string(layer) + ".";
    if (prune == Prune::kWhole) {
      clear(name + "intermediate.dense.weight", 0);
      clear(name + "intermediate.dense.bias", 0);
    }
    clear(name + "output.dense.weight", 1);
  }
  record.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return result;
}

}  // namespace finemix
