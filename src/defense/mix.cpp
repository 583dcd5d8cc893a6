#include "finemix/defense/mix.h"

#include <array>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "defense/blend.h"
#include "defense/mask.h"
#include "defense/mix_mask.h"
#include "finemix/core/error.h"
#include "finemix/model/memory.h"

namespace finemix {

Select parse_select(std::string_view name) {
  for (const Select select : {Select::kRandom, Select::kSmallDelta, Select::kLargeDelta}) {
    if (name == select_name(select)) return select;
  }
  throw Error(ErrorKind::kUsage, "--select is '" + std::string(name) +
                                     "', expected random, small-delta or large-delta");
}

std::string_view select_name(Select select) {
  switch (select) {
    case Select::kRandom:
      return "random";
    case Select::kSmallDelta:
      return "small-delta";
    case Select::kLargeDelta:
      return "large-delta";
  }
  throw Error(ErrorKind::kInternal, "select_name: a selection without a name");
}

void check_rho(double rho) {
  if (rho >= 0 && rho <= 1) return;
  throw Error(ErrorKind::kUsage,
              "--rho is " + std::to_string(rho) + ", expected a share from 0 to 1");
}

std::unique_ptr<Mask> make_mask(std::span<const MaskedTensor> tensors, const MixOptions& options,
                                const SelectedMask::Keys& keys, MixRecord& record) {
  record.rho = options.rho;
  record.select = select_name(options.select);
  record.total = 0;
  for (const MaskedTensor& tensor : tensors) {
    record.total += tensor.elements;
    record.tensors.push_back({tensor.name, 0, tensor.elements});
  }
  record.kept =
      static_cast<std::uint64_t>(std::llround(options.rho * static_cast<double>(record.total)));
  if (options.select == Select::kRandom) {
    return std::make_unique<RandomMask>(tensors, record.kept, options.seed);
  }
  return std::make_unique<SelectedMask>(tensors, record.kept, options.select == Select::kLargeDelta,
                                        keys);
}

namespace {

constexpr std::size_t kStretch = 1 << 14;  // elements: two inputs and a mask stay in the L2 cache

struct Pair {
  const float* pretrained;
  const float* backdoored;
  float* mixed;
};

// Writes the mix of every pair; returns how many elements each keeps.
std::vector<std::uint64_t> apply(std::span<const MaskedTensor> tensors, std::span<const Pair> pairs,
                                 const Mask& mask) {
  std::vector<std::atomic<std::uint64_t>> kept(tensors.size());
  for_stretches(tensors, kStretch, [&](std::size_t index, std::uint64_t begin, std::size_t length) {
    const Pair& pair = pairs[index];
    std::array<std::uint32_t, mask_words(kStretch)> words;
    std::array<std::uint32_t, kStretch> key_buffer;
    const std::span bits = std::span(words).first(mask_words(length));
    const std::span keys = std::span(key_buffer).first(mask.needs_keys() ? length : 0);
    delta_keys(pair.pretrained + begin, pair.backdoored + begin, keys);
    mask.bits(index, begin, length, keys, bits);
    blend(bits, reinterpret_cast<const std::byte*>(pair.pretrained + begin),
          reinterpret_cast<const std::byte*>(pair.backdoored + begin),
          reinterpret_cast<std::byte*>(pair.mixed + begin), length, sizeof(float), Store::kMemory);
    kept[index] += count_ones(bits);
  });
  return {kept.begin(), kept.end()};
}

}  // namespace

MixResult mix(const StateDict& pretrained, const StateDict& backdoored, const MixOptions& options) {
  check_rho(options.rho);
  const auto start = std::chrono::steady_clock::now();
  MixResult result;
  MixRecord& record = result.record;
  std::vector<MaskedTensor> tensors;
  std::vector<Pair> pairs;
  for (const auto& [name, tensor] : backdoored) {
    const auto twin = pretrained.find(name);
    if (!is_backbone(name) || twin == pretrained.end()) {
      result.weights.emplace(name, tensor.clone());
      record.kept_whole.push_back(name);
      continue;
    }
    if (twin->second.sizes() != tensor.sizes()) {
      throw Error(ErrorKind::kMismatch, "mix: tensor '" + name +
                                            "' has another shape in the pre-trained model; give "
                                            "the one that the suspect was fine-tuned from");
    }
    at::Tensor& mixed =
        result.weights.emplace(name, empty_block(tensor.sizes(), tensor.options())).first->second;
    tensors.push_back({name, static_cast<std::uint64_t>(tensor.numel())});
    pairs.push_back({twin->second.const_data_ptr<float>(), tensor.const_data_ptr<float>(),
                     mixed.data_ptr<float>()});
  }
  const auto keys = [&](std::size_t index, std::uint64_t begin, std::span<std::uint32_t> out) {
    delta_keys(pairs[index].pretrained + begin, pairs[index].backdoored + begin, out);
  };
  const std::unique_ptr<Mask> mask = make_mask(tensors, options, keys, record);
  const std::vector<std::uint64_t> kept = apply(tensors, pairs, *mask);
  for (std::size_t i = 0; i < kept.size(); ++i) record.tensors[i].kept = kept[i];
  record.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return result;
}

}  // namespace finemix
