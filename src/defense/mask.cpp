#include "defense/mask.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <mutex>
#include <utility>

#include "defense/blend.h"
#include "finemix/core/parallel.h"
#include "finemix/core/stop.h"

namespace finemix {
namespace {

static_assert(std::endian::native == std::endian::little,
              "two 16-bit numbers are taken from a word as they lie in memory");

constexpr std::size_t kStretch = 1 << 16;  // elements that are searched at a time
constexpr std::uint32_t kNumbers = 1 << 16;
constexpr std::uint32_t kMaxBand = kNumbers - 1;  // a width that is a 16-bit number itself

// What lies where: stretches of all tensors, numbered throughout.
class Stretches {
 public:
  Stretches(std::span<const MaskedTensor> tensors, std::size_t length)
      : tensors_(tensors), length_(length) {
    for (const MaskedTensor& tensor : tensors) {
      first_.push_back(count_);
      count_ += static_cast<std::size_t>((tensor.elements + length - 1) / length);
    }
  }

  std::size_t count() const { return count_; }

  template <typename Body>
  void visit(std::size_t begin, std::size_t end, const Body& body) const {
    if (begin == end) return;
    auto tensor = static_cast<std::size_t>(std::upper_bound(first_.begin(), first_.end(), begin) -
                                           first_.begin()) -
                  1;
    for (std::size_t stretch = begin; stretch < end; ++stretch) {
      throw_if_stopped();
      while (tensor + 1 < first_.size() && first_[tensor + 1] <= stretch) ++tensor;
      const std::uint64_t at = static_cast<std::uint64_t>(stretch - first_[tensor]) * length_;
      body(tensor, at,
           static_cast<std::size_t>(
               std::min<std::uint64_t>(length_, tensors_[tensor].elements - at)));
    }
  }

 private:
  std::span<const MaskedTensor> tensors_;
  std::size_t length_;
  std::vector<std::size_t> first_;  // of each tensor
  std::size_t count_ = 0;
};

// The element that `number` of a stream belongs to: see Philox::bernoulli. Four blocks of eight
// numbers are those of 32 elements.
constexpr std::size_t element_of(std::size_t number) {
  const std::size_t block = number % 32 / 8, half = number % 8;
  return number / 32 * 32 + 16 * (half / 4) + 4 * block + half % 4;
}

void clear_behind(std::size_t elements, std::span<std::uint32_t> mask) {
  const std::size_t used = elements % kMaskWordBits;
  if (used != 0) mask.back() &= (1u << used) - 1;
}

}  // namespace

void for_stretches(std::span<const MaskedTensor> tensors, std::size_t length,
                   const std::function<void(std::size_t, std::uint64_t, std::size_t)>& body) {
  const Stretches stretches(tensors, length);
  parallel_for(stretches.count(), 1,
               [&](std::size_t begin, std::size_t end) { stretches.visit(begin, end, body); });
}

RandomMask::RandomMask(std::span<const MaskedTensor> tensors, std::uint64_t keep,
                       std::uint64_t seed, double band_deviations) {
  std::uint64_t total = 0;
  for (const MaskedTensor& tensor : tensors) {
    random_.emplace_back(seed, stream_id("mix/" + tensor.name));
    total += tensor.elements;
  }
  if (keep == total) {
    limit_ = kNumbers;
  } else if (keep > 0) {
    find_limit(tensors, total, keep, seed, band_deviations);
  }
}

void RandomMask::find_limit(std::span<const MaskedTensor> tensors, std::uint64_t total,
                            std::uint64_t keep, std::uint64_t seed, double band_deviations) {
  const double share = static_cast<double>(keep) / static_cast<double>(total);
  const double half =
      1 + band_deviations * kNumbers * std::sqrt(share * (1 - share) / static_cast<double>(total));
  const auto width =
      static_cast<std::uint32_t>(std::clamp(std::ceil(2 * half), 1.0, double{kMaxBand}));
  auto low = static_cast<std::uint32_t>(
      std::clamp(std::floor(share * kNumbers - half), 0.0, static_cast<double>(kNumbers - width)));
  Band band = count(tensors, low, low + width);
  while (keep <= band.below || keep > band.below + band.inside.size()) {
    low = keep <= band.below ? low - std::min(low, width) : band.high;
    band = count(tensors, low, std::min(low + width, kNumbers));
  }

  const auto rank = static_cast<std::ptrdiff_t>(keep - band.below) - 1;
  const auto by_number = [](const Candidate& a, const Candidate& b) { return a.number < b.number; };
  std::nth_element(band.inside.begin(), band.inside.begin() + rank, band.inside.end(), by_number);
  limit_ = band.inside[static_cast<std::size_t>(rank)].number;

  std::uint64_t below = band.below;
  std::vector<std::pair<std::uint64_t, Place>> ties;
  for (const Candidate& candidate : band.inside) {
    below += candidate.number < limit_;
    if (candidate.number != limit_) continue;
    const std::string& name = tensors[candidate.place.tensor].name;
    const Philox::Block further =
        Philox(seed, stream_id("mix-ties/" + name))(candidate.place.element);
    ties.emplace_back(std::uint64_t{further[0]} << 32 | further[1], candidate.place);
  }
  std::sort(ties.begin(), ties.end());
  ties.resize(static_cast<std::size_t>(keep - below));
  for (const auto& tie : ties) ties_.push_back(tie.second);
  std::sort(ties_.begin(), ties_.end());
}

RandomMask::Band RandomMask::count(std::span<const MaskedTensor> tensors, std::uint32_t low,
                                   std::uint32_t high) const {
  Band all{low, high, 0, {}};
  std::mutex mutex;
  const Stretches stretches(tensors, kStretch);
  parallel_for(stretches.count(), 1, [&](std::size_t begin, std::size_t end) {
    Band band{low, high, 0, {}};
    stretches.visit(begin, end, [&](std::size_t tensor, std::uint64_t at, std::size_t elements) {
      count_stretch(tensor, at, elements, band);
    });
    const std::lock_guard lock(mutex);
    all.below += band.below;
    all.inside.insert(all.inside.end(), band.inside.begin(), band.inside.end());
  });
  return all;
}

void RandomMask::count_stretch(std::size_t tensor, std::uint64_t begin, std::size_t elements,
                               Band& band) const {
  constexpr std::size_t kPiece = 4096;
  std::array<std::uint32_t, kPiece / 2> words;
  std::array<std::uint16_t, kPiece> numbers, places;
  const auto low = static_cast<std::uint16_t>(band.low);
  const auto width = static_cast<std::uint16_t>(band.high - band.low);
  for (std::size_t done = 0; done < elements; done += kPiece) {
    const std::size_t wanted = std::min(kPiece, elements - done);
    const std::size_t groups = mask_words(wanted);
    random_[tensor].fill((begin + done) / 8, std::span(words).first(16 * groups));
    std::memcpy(numbers.data(), words.data(), 64 * groups);
    const std::size_t whole = wanted / kMaskWordBits * kMaskWordBits;
    const BandCount counted =
        count_band(std::span(numbers).first(whole), low, width, places.data());
    band.below += counted.below;
    for (const std::size_t i : std::span(places).first(counted.inside)) {
      band.inside.push_back({{tensor, begin + done + element_of(i)}, numbers[i]});
    }
    for (std::size_t i = whole; i < kMaskWordBits * groups; ++i) {  // some of no element
      if (element_of(i) >= wanted) continue;
      band.below += numbers[i] < low;
      if (static_cast<std::uint16_t>(numbers[i] - low) >= width) continue;
      band.inside.push_back({{tensor, begin + done + element_of(i)}, numbers[i]});
    }
  }
}

void RandomMask::bits(std::size_t tensor, std::uint64_t begin, std::size_t elements,
                      std::span<const std::uint32_t>, std::span<std::uint32_t> mask) const {
  random_[tensor].bernoulli(begin / kMaskWordBits, limit_, mask);
  for (std::uint32_t& word : mask) word = ~word;
  const auto end = Place{tensor, begin + elements};
  for (auto tie = std::lower_bound(ties_.begin(), ties_.end(), Place{tensor, begin});
       tie != ties_.end() && *tie < end; ++tie) {
    const auto at = static_cast<std::size_t>(tie->element - begin);
    mask[at / kMaskWordBits] |= 1u << (at % kMaskWordBits);
  }
  clear_behind(elements, mask);
}

namespace {

constexpr std::uint32_t kKeyMask = 0x7FFFFFFF;  // of a key's 31 bits
constexpr unsigned kLowBits = 15;               // of a key; 16 remain above
constexpr std::size_t kBuckets = 1 << 16;

using Histogram = std::vector<std::uint64_t>;

}  // namespace

// Finds the limit by counting: first by the upper halves of the keys, then by the lower halves of
// those that share the limit's upper half.
class SelectedMask::Search {
 public:
  Search(std::span<const MaskedTensor> tensors, bool largest, const Keys& keys)
      : stretches_(tensors, kStretch), flip_(largest ? kKeyMask : 0), keys_(keys) {}

  void run(std::uint64_t keep, SelectedMask& mask) {
    const Histogram upper = count([](std::span<const std::uint32_t> keys, Histogram& histogram) {
      for (const std::uint32_t key : keys) ++histogram[key >> kLowBits];
    });
    std::uint64_t left = keep;
    const std::uint32_t high = bucket_of(upper, left);
    const Histogram lower =
        count([high](std::span<const std::uint32_t> keys, Histogram& histogram) {
          for (const std::uint32_t key : keys) {
            if (key >> kLowBits == high) ++histogram[key & ((1u << kLowBits) - 1)];
          }
        });
    const std::uint32_t low = bucket_of(lower, left);
    mask.limit_ = high << kLowBits | low;
    find_cut(left, lower[low], mask);
  }

 private:
  // Calls body(tensor, begin, keys) for the stretches of [begin, end).
  template <typename Body>
  void visit(std::size_t begin, std::size_t end, const Body& body) const {
    std::vector<std::uint32_t> buffer(kStretch);
    stretches_.visit(begin, end, [&](std::size_t tensor, std::uint64_t at, std::size_t elements) {
      const std::span keys = std::span(buffer).first(elements);
      keys_(tensor, at, keys);
      if (flip_ != 0) {
        for (std::uint32_t& key : keys) key ^= flip_;
      }
      body(tensor, at, keys);
    });
  }

  template <typename Add>
  Histogram count(const Add& add) const {
    Histogram all(kBuckets);
    std::mutex mutex;
    parallel_for(stretches_.count(), 1, [&](std::size_t begin, std::size_t end) {
      Histogram part(kBuckets);
      visit(begin, end, [&](std::size_t, std::uint64_t, std::span<const std::uint32_t> keys) {
        add(keys, part);
      });
      const std::lock_guard lock(mutex);
      for (std::size_t i = 0; i < kBuckets; ++i) all[i] += part[i];
    });
    return all;
  }

  // Takes off `left` what the buckets below the limit's hold; returns the limit's bucket.
  static std::uint32_t bucket_of(const Histogram& histogram, std::uint64_t& left) {
    std::uint32_t bucket = 0;
    while (left > histogram[bucket]) left -= histogram[bucket++];
    return bucket;
  }

  // The cut lies behind the `kept`-th of the `ties` elements whose key is the limit.
  void find_cut(std::uint64_t kept, std::uint64_t ties, SelectedMask& mask) const {
    mask.cut_tensor_ = static_cast<std::size_t>(-1);
    if (kept == ties) return;
    std::vector<std::uint64_t> counts(stretches_.count());
    parallel_for(counts.size(), 1, [&](std::size_t begin, std::size_t end) {
      std::size_t stretch = begin;
      visit(begin, end, [&](std::size_t, std::uint64_t, std::span<const std::uint32_t> keys) {
        counts[stretch++] =
            static_cast<std::uint64_t>(std::count(keys.begin(), keys.end(), mask.limit_));
      });
    });
    std::size_t stretch = 0;
    while (kept > counts[stretch]) kept -= counts[stretch++];
    visit(stretch, stretch + 1,
          [&](std::size_t tensor, std::uint64_t at, std::span<const std::uint32_t> keys) {
            std::size_t i = 0;
            while (kept > 0) kept -= keys[i++] == mask.limit_;
            mask.cut_tensor_ = tensor;
            mask.cut_element_ = at + i;
          });
  }

  Stretches stretches_;
  std::uint32_t flip_;
  const Keys& keys_;
};

SelectedMask::SelectedMask(std::span<const MaskedTensor> tensors, std::uint64_t keep, bool largest,
                           const Keys& keys)
    : largest_(largest) {
  if (keep > 0) Search(tensors, largest, keys).run(keep, *this);
}

void SelectedMask::bits(std::size_t tensor, std::uint64_t begin, std::size_t elements,
                        std::span<const std::uint32_t> keys, std::span<std::uint32_t> mask) const {
  std::size_t ties = 0;  // of the elements, those before the cut
  if (tensor < cut_tensor_) {
    ties = elements;
  } else if (tensor == cut_tensor_ && cut_element_ > begin) {
    ties = static_cast<std::size_t>(std::min<std::uint64_t>(elements, cut_element_ - begin));
  }
  // Turned round, "at most the limit" is "not below the limit turned round", and so on.
  const auto kept_below = [&](std::uint32_t bound, std::size_t first, std::size_t count) {
    const std::span part = mask.subspan(first / kMaskWordBits, mask_words(count));
    bits_below(keys.subspan(first, count), largest_ ? kKeyMask + 1 - bound : bound, part);
    if (largest_) {
      for (std::uint32_t& word : part) word = ~word;
      clear_behind(count, part);
    }
  };
  const std::size_t whole = ties == elements ? ties : ties / kMaskWordBits * kMaskWordBits;
  if (whole > 0) kept_below(limit_ + 1, 0, whole);
  if (whole < elements) kept_below(limit_, whole, elements - whole);
  const std::uint32_t tie = largest_ ? limit_ ^ kKeyMask : limit_;
  for (std::size_t i = whole; i < ties; ++i) {
    if (keys[i] == tie) mask[i / kMaskWordBits] |= 1u << (i % kMaskWordBits);
  }
}

TrimmedMask::TrimmedMask(std::span<const MaskedTensor> tensors, double share,
                         const SelectedMask::Keys& keys) {
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    const std::uint64_t elements = tensors[i].elements;
    auto keep = static_cast<std::uint64_t>(share * static_cast<double>(elements));
    if (share > 0 && elements > 0) keep = std::max<std::uint64_t>(keep, 1);
    of_tensors_.emplace_back(tensors.subspan(i, 1), keep, true,
                             [&keys, i](std::size_t, std::uint64_t begin,
                                        std::span<std::uint32_t> out) { keys(i, begin, out); });
    kept_ += keep;
  }
}

void TrimmedMask::bits(std::size_t tensor, std::uint64_t begin, std::size_t elements,
                       std::span<const std::uint32_t> keys, std::span<std::uint32_t> mask) const {
  of_tensors_[tensor].bits(0, begin, elements, keys, mask);
}

}  // namespace finemix
