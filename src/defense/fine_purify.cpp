#include "finemix/defense/fine_purify.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros_like.h>

#include <bit>
#include <chrono>
#include <cmath>
#include <string>
#include <vector>

#include "defense/mix_mask.h"
#include "defense/shared_tensors.h"
#include "finemix/core/stop.h"
#include "finemix/model/tensor_layout.h"

namespace finemix {
namespace {

// In place of no curvature at all. Far below any that there is, so that how sure the model is of
// the clean texts, which scales all curvatures, does not change their order.
constexpr float kLeastCurvature = 1e-20f;

constexpr const char* kName = "drift-over-curvature";

void add_squares(const ParameterBuffer& parameters, at::Tensor& sums) {
  for (const auto* part : {&parameters.matrices(), &parameters.tables(), &parameters.vectors()}) {
    sums.narrow(0, part->start, part->gradients.numel()).addcmul_(part->gradients, part->gradients);
  }
  const at::Tensor& words = parameters[kWordEmbeddings];
  const at::Tensor of_words =
      sums.narrow(0, words.storage_offset(), words.numel()).view(words.sizes());
  const RowGradients& gradients = parameters.word_gradients();
  const at::Tensor squares = gradients.values.square();
  if (gradients.values.is_cpu()) {
    of_words.index_add_(0, at::tensor(gradients.rows, at::kLong), squares);
  } else {
    of_words.add_(squares);
  }
}

}  // namespace

StateDict fisher_diagonal(Classifier& model, const FlatTexts& texts,
                          std::span<const std::int64_t> labels) {
  const at::NoGradGuard no_grad;
  const ParameterBuffer& parameters = model.parameters();
  at::Tensor sums = at::zeros_like(parameters.weights());
  for (std::size_t text = 0; text < labels.size(); ++text) {
    throw_if_stopped();
    const PackedBatch batch = pack(texts, std::span(&text, 1), model.device());
    at::Tensor gradient = at::softmax(model.forward(batch, std::nullopt), -1);
    gradient[0][labels[text]] -= 1.0;
    model.backward(gradient);
    add_squares(parameters, sums);
  }
  sums.div_(static_cast<double>(labels.size()));
  sums = sums.cpu();
  StateDict diagonal;
  for (const TensorSpec& spec : tensor_layout(model.config())) {
    const at::Tensor& weight = parameters[spec.name];
    diagonal.emplace(spec.name,
                     sums.narrow(0, weight.storage_offset(), weight.numel()).view(weight.sizes()));
  }
  return diagonal;
}

MixResult fine_purify(const StateDict& pretrained, const StateDict& backdoored,
                      const StateDict& curvature, double rho) {
  check_rho(rho);
  const auto start = std::chrono::steady_clock::now();
  MixResult result;
  const SharedTensors shared = find_shared(pretrained, backdoored, result);
  std::vector<const float*> curvatures;
  MixRecord& record = result.record;
  for (const MaskedTensor& tensor : shared.tensors) {
    curvatures.push_back(curvature.at(tensor.name).const_data_ptr<float>());
    record.total += tensor.elements;
    record.tensors.push_back({tensor.name, 0, tensor.elements});
  }
  record.rho = rho;
  record.select = kName;
  record.kept = static_cast<std::uint64_t>(std::llround(rho * static_cast<double>(record.total)));
  // Bits of numbers that are not negative are ordered as the numbers are.
  const auto keys = [&](std::size_t index, std::uint64_t begin, std::span<std::uint32_t> out) {
    const float* const before = shared.pairs[index].pretrained + begin;
    const float* const after = shared.pairs[index].backdoored + begin;
    const float* const curved = curvatures[index] + begin;
    for (std::size_t i = 0; i < out.size(); ++i) {
      const float drift = after[i] - before[i];
      out[i] = std::bit_cast<std::uint32_t>(drift * drift / (curved[i] + kLeastCurvature));
    }
  };
  const SelectedMask mask(shared.tensors, record.kept, false, keys);
  write_mix(shared, &mask, keys, {rho, Select::kSmallDelta, 0}, record);
  record.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return result;
}

}  // namespace finemix
