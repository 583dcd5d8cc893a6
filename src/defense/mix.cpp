#include "finemix/defense/mix.h"

#include <array>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>

#include "defense/mix_mask.h"
#include "defense/shared_tensors.h"
#include "finemix/core/error.h"

namespace finemix {
namespace {

constexpr std::array<std::pair<Select, std::string_view>, 6> kSelectNames = {{
    {Select::kRandom, "random"},
    {Select::kSmallDelta, "small-delta"},
    {Select::kLargeDelta, "large-delta"},
    {Select::kTrimmed, "ties"},
    {Select::kRescaled, "dare"},
    {Select::kAverage, "weight-average"},
}};

}  // namespace

Select parse_select(std::string_view name) {
  std::string expected;
  for (const auto& [select, known] : kSelectNames) {
    if (name == known) return select;
    expected += (expected.empty() ? "" : ", ") + std::string(known);
  }
  throw Error(ErrorKind::kUsage,
              "--select is '" + std::string(name) + "', expected one of " + expected);
}

std::string_view select_name(Select select) {
  for (const auto& [known, name] : kSelectNames) {
    if (select == known) return name;
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
  const double rho = options.rho;
  record.rho = rho;
  record.select = select_name(options.select);
  record.total = 0;
  const bool all = options.select == Select::kAverage && rho > 0;
  for (const MaskedTensor& tensor : tensors) {
    record.total += tensor.elements;
    record.tensors.push_back({tensor.name, all ? tensor.elements : 0, tensor.elements});
  }
  record.kept = static_cast<std::uint64_t>(std::llround(rho * static_cast<double>(record.total)));
  switch (options.select) {
    case Select::kRandom:
    case Select::kRescaled:
      return std::make_unique<RandomMask>(tensors, record.kept, options.seed);
    case Select::kSmallDelta:
    case Select::kLargeDelta:
      return std::make_unique<SelectedMask>(tensors, record.kept,
                                            options.select == Select::kLargeDelta, keys);
    case Select::kTrimmed: {
      auto mask = std::make_unique<TrimmedMask>(tensors, rho, keys);
      record.kept = mask->kept();
      return mask;
    }
    case Select::kAverage:
      record.kept = all ? record.total : 0;
      return nullptr;
  }
  throw Error(ErrorKind::kInternal, "make_mask: an unknown selection");
}

bool makes_values(const MixOptions& options) {
  return options.select == Select::kRescaled || options.select == Select::kAverage;
}

void mix_values(const MixOptions& options, std::span<const std::uint32_t> bits,
                const float* pretrained, const float* backdoored, std::span<float> mixed,
                Store store) {
  const auto rho = static_cast<float>(options.rho);
  if (options.select == Select::kAverage) {
    return average(pretrained, backdoored, rho, mixed);
  }
  const bool rescaled = options.select == Select::kRescaled && rho > 0 && rho < 1;
  blend(bits, reinterpret_cast<const std::byte*>(pretrained),
        reinterpret_cast<const std::byte*>(backdoored), reinterpret_cast<std::byte*>(mixed.data()),
        mixed.size(), sizeof(float), rescaled ? Store::kCache : store);
  if (rescaled) rescale(pretrained, rho, mixed);
}

MixResult mix(const StateDict& pretrained, const StateDict& backdoored, const MixOptions& options) {
  check_rho(options.rho);
  const auto start = std::chrono::steady_clock::now();
  MixResult result;
  const SharedTensors shared = find_shared(pretrained, backdoored, result);
  const auto keys = [&](std::size_t index, std::uint64_t begin, std::span<std::uint32_t> out) {
    const SharedTensors::Pair& pair = shared.pairs[index];
    delta_keys(pair.pretrained + begin, pair.backdoored + begin, out);
  };
  const std::unique_ptr<Mask> mask = make_mask(shared.tensors, options, keys, result.record);
  write_mix(shared, mask.get(), keys, options, result.record);
  result.record.seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return result;
}

}  // namespace finemix
