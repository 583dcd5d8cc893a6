#include <array>
#include <atomic>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "defense/mix_mask.h"
#include "finemix/core/error.h"
#include "finemix/defense/mix.h"
#include "finemix/model/convert.h"
#include "finemix/model/streamed_model.h"

namespace finemix {
namespace {

constexpr std::size_t kCounted = 1 << 16;  // elements that count() looks at together

// What one thread needs to make a piece.
struct Scratch {
  std::vector<std::byte> pretrained, backdoored, buffer;
  std::vector<float> pretrained_values, backdoored_values, mixed_values;
  std::vector<std::uint32_t> keys, mask;
};

}  // namespace

struct StoredMix::Impl {
  Impl(const StoredModel& pretrained_model, const StoredModel& backdoored_model,
       const MixOptions& mix_options)
      : pretrained(pretrained_model), backdoored(backdoored_model), options(mix_options) {}

  // The values of both models, in scratch.
  void read_values(std::size_t index, std::uint64_t begin, std::size_t elements,
                   Scratch& scratch) const {
    const auto read = [&](const StoredModel& model, std::vector<float>& values) {
      values.resize(elements);
      model.read_as(DType::kF32, tensors[index].name, begin,
                    std::as_writable_bytes(std::span(values)), scratch.buffer);
    };
    read(pretrained, scratch.pretrained_values);
    read(backdoored, scratch.backdoored_values);
  }

  void fill_keys(std::size_t index, std::uint64_t begin, std::span<std::uint32_t> keys,
                 Scratch& scratch) const {
    read_values(index, begin, keys.size(), scratch);
    delta_keys(scratch.pretrained_values.data(), scratch.backdoored_values.data(), keys);
  }

  // The mask of a piece, in scratch.mask, which stays empty where there is none.
  void find_bits(std::size_t index, std::uint64_t begin, std::size_t elements, Scratch& scratch) {
    if (!mask) return;
    scratch.keys.resize(mask->needs_keys() ? elements : 0);
    if (mask->needs_keys()) fill_keys(index, begin, scratch.keys, scratch);
    scratch.mask.resize(mask_words(elements));
    mask->bits(index, begin, elements, scratch.keys, scratch.mask);
    kept[index] += count_ones(scratch.mask);
  }

  // A piece whose bits are those of one model or the other.
  void fill_by_bits(std::string_view name, std::uint64_t begin, std::span<std::byte> out,
                    Scratch& scratch) const {
    const DType stored = backdoored.info(name).dtype;
    const std::size_t width = dtype_size(stored);
    scratch.pretrained.resize(out.size());
    scratch.backdoored.resize(out.size());
    pretrained.read_as(stored, name, begin, scratch.pretrained, scratch.buffer);
    backdoored.read_as(stored, name, begin, scratch.backdoored, scratch.buffer);
    blend(scratch.mask, scratch.pretrained.data(), scratch.backdoored.data(), out.data(),
          out.size() / width, width, Store::kCache);
  }

  void fill_by_values(std::size_t index, std::uint64_t begin, std::span<std::byte> out,
                      Scratch& scratch) const {
    const DType stored = backdoored.info(tensors[index].name).dtype;
    const std::size_t elements = out.size() / dtype_size(stored);
    read_values(index, begin, elements, scratch);
    scratch.mixed_values.resize(elements);
    mix_values(options, scratch.mask, scratch.pretrained_values.data(),
               scratch.backdoored_values.data(), scratch.mixed_values, Store::kCache);
    convert(DType::kF32, std::as_bytes(std::span(scratch.mixed_values)), stored, out);
  }

  const StoredModel& pretrained;
  const StoredModel& backdoored;
  const MixOptions options;
  const std::chrono::steady_clock::time_point start = std::chrono::steady_clock::now();
  std::vector<MaskedTensor> tensors;
  std::map<std::string, std::size_t, std::less<>> places;  // in tensors, by name
  std::unique_ptr<Mask> mask;
  std::vector<std::atomic<std::uint64_t>> kept;
  std::vector<Scratch> of_workers = std::vector<Scratch>(streaming_workers());
  MixRecord record;
};

StoredMix::StoredMix(const StoredModel& pretrained, const StoredModel& backdoored,
                     const MixOptions& options)
    : impl_(std::make_unique<Impl>(pretrained, backdoored, options)) {
  check_rho(options.rho);
  for (const auto& entry : backdoored.places()) {
    const std::string& name = entry.first;
    if (!is_backbone(name) || !pretrained.contains(name)) {
      impl_->record.kept_whole.push_back(name);
      continue;
    }
    impl_->places.emplace(name, impl_->tensors.size());
    impl_->tensors.push_back({name, backdoored.info(name).elements()});
  }
  impl_->kept = std::vector<std::atomic<std::uint64_t>>(impl_->tensors.size());
  const auto keys = [this](std::size_t index, std::uint64_t begin, std::span<std::uint32_t> out) {
    Scratch scratch;
    impl_->fill_keys(index, begin, out, scratch);
  };
  impl_->mask = make_mask(impl_->tensors, options, keys, impl_->record);
}

StoredMix::~StoredMix() = default;

void StoredMix::fill(std::string_view name, std::uint64_t begin, std::span<std::byte> out,
                     std::size_t worker) {
  Scratch& scratch = impl_->of_workers[worker];
  const DType stored = impl_->backdoored.info(name).dtype;
  const auto found = impl_->places.find(name);
  if (found == impl_->places.end()) {
    return impl_->backdoored.read_as(stored, name, begin, out, scratch.buffer);
  }
  impl_->find_bits(found->second, begin, out.size() / dtype_size(stored), scratch);
  if (makes_values(impl_->options)) {
    impl_->fill_by_values(found->second, begin, out, scratch);
  } else {
    impl_->fill_by_bits(name, begin, out, scratch);
  }
}

void StoredMix::announce(std::string_view name, std::uint64_t begin, std::uint64_t elements) const {
  impl_->backdoored.read_ahead(name, begin, elements);
  if (impl_->places.contains(name)) impl_->pretrained.read_ahead(name, begin, elements);
}

void StoredMix::count() {
  for_stretches(impl_->tensors, kCounted,
                [this](std::size_t index, std::uint64_t begin, std::size_t elements) {
                  Scratch scratch;
                  impl_->find_bits(index, begin, elements, scratch);
                });
}

MixRecord StoredMix::record() const {
  MixRecord record = impl_->record;
  for (std::size_t i = 0; impl_->mask && i < impl_->kept.size(); ++i) {
    record.tensors[i].kept = impl_->kept[i];
  }
  record.seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - impl_->start).count();
  return record;
}

}  // namespace finemix
