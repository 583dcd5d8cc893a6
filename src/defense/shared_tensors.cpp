#include "defense/shared_tensors.h"

#include <array>
#include <atomic>

#include "defense/mix_mask.h"
#include "finemix/core/error.h"
#include "finemix/model/memory.h"

namespace finemix {
namespace {

constexpr std::size_t kStretch = 1 << 14;  // elements: two inputs and a mask stay in the L2 cache

}  // namespace

SharedTensors find_shared(const StateDict& pretrained, const StateDict& backdoored,
                          MixResult& result) {
  SharedTensors shared;
  for (const auto& [name, tensor] : backdoored) {
    const auto match = pretrained.find(name);
    if (!is_backbone(name) || match == pretrained.end()) {
      result.weights.emplace(name, tensor.clone());
      result.record.kept_whole.push_back(name);
      continue;
    }
    if (match->second.sizes() != tensor.sizes()) {
      throw Error(ErrorKind::kMismatch, "mix: tensor '" + name +
                                            "' has another shape in the pre-trained model; give "
                                            "the one that the suspect was fine-tuned from");
    }
    at::Tensor& mixed =
        result.weights.emplace(name, empty_block(tensor.sizes(), tensor.options())).first->second;
    shared.tensors.push_back({name, static_cast<std::uint64_t>(tensor.numel())});
    shared.pairs.push_back({match->second.const_data_ptr<float>(), tensor.const_data_ptr<float>(),
                            mixed.data_ptr<float>()});
  }
  return shared;
}

void write_mix(const SharedTensors& shared, const Mask* mask, const SelectedMask::Keys& keys,
               const MixOptions& options, MixRecord& record) {
  std::vector<std::atomic<std::uint64_t>> kept(shared.tensors.size());
  for_stretches(
      shared.tensors, kStretch, [&](std::size_t index, std::uint64_t begin, std::size_t length) {
        const SharedTensors::Pair& pair = shared.pairs[index];
        std::array<std::uint32_t, mask_words(kStretch)> words;
        std::array<std::uint32_t, kStretch> key_buffer;
        const std::span bits = std::span(words).first(mask != nullptr ? mask_words(length) : 0);
        if (mask != nullptr) {
          const std::span own_keys = std::span(key_buffer).first(mask->needs_keys() ? length : 0);
          if (mask->needs_keys()) keys(index, begin, own_keys);
          mask->bits(index, begin, length, own_keys, bits);
          kept[index] += count_ones(bits);
        }
        mix_values(options, bits, pair.pretrained + begin, pair.backdoored + begin,
                   {pair.mixed + begin, length}, Store::kMemory);
      });
  if (mask == nullptr) return;
  for (std::size_t i = 0; i < kept.size(); ++i) record.tensors[i].kept = kept[i];
}

}  // namespace finemix
