#include "finemix/defense/mix.h"

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <cmath>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "finemix/core/error.h"
#include "finemix/core/parallel.h"
#include "finemix/core/random.h"

// Which weights are kept is decided by one 32-bit key a weight: the round(ρ·d) smallest keys over
// the whole backbone are kept, ties going to the first in tensor and element order. Random keys
// give a random mask, |δ| as a key gives a selected one. The limit is found by counting: first the
// keys' upper halves, then the lower halves of those that share the limit's upper half.

namespace finemix {
namespace {

constexpr std::size_t kChunk = 1 << 16;  // weights
constexpr std::size_t kHalves = 1 << 16;

using Histogram = std::vector<std::uint64_t>;

struct Pair {
  std::string name;
  const float* pretrained;
  const float* backdoored;
  float* mixed;
  Philox random;
};

// A piece of one pair's elements: the unit of work.
struct Chunk {
  std::size_t pair;
  std::size_t begin;
  std::size_t length;
  std::uint64_t ties = 0;  // keys equal to the limit
};

class Mixer {
 public:
  explicit Mixer(Select select) : select_(select) {}

  void add(Pair pair, std::size_t elements) {
    for (std::size_t begin = 0; begin < elements; begin += kChunk) {
      chunks_.push_back({pairs_.size(), begin, std::min(kChunk, elements - begin)});
    }
    pairs_.push_back(std::move(pair));
    total_ += elements;
  }

  std::uint64_t total() const { return total_; }

  // Writes every pair's mix, `keep` weights of all being the suspect's. Returns what each pair
  // keeps.
  std::vector<std::uint64_t> run(std::uint64_t keep) {
    find_limit(keep);
    std::uint64_t ties_left = ties_kept_;
    std::vector<std::uint64_t> tie_shares;
    for (const Chunk& chunk : chunks_) {
      tie_shares.push_back(std::min(ties_left, chunk.ties));
      ties_left -= tie_shares.back();
    }
    std::vector<std::uint64_t> kept(chunks_.size());
    for_chunks([&](std::size_t index, const Chunk& chunk, const std::uint32_t* keys) {
      kept[index] = apply(chunk, keys, tie_shares[index]);
    });
    std::vector<std::uint64_t> by_pair(pairs_.size());
    for (std::size_t i = 0; i < chunks_.size(); ++i) by_pair[chunks_[i].pair] += kept[i];
    return by_pair;
  }

 private:
  // Calls body(index, chunk, keys) for every chunk, over threads.
  template <typename Body>
  void for_chunks(const Body& body) {
    parallel_for(chunks_.size(), 1, [&](std::size_t begin, std::size_t end) {
      std::vector<std::uint32_t> keys(kChunk);
      for (std::size_t i = begin; i < end; ++i) {
        fill_keys(chunks_[i], keys);
        body(i, chunks_[i], keys.data());
      }
    });
  }

  void fill_keys(const Chunk& chunk, std::vector<std::uint32_t>& keys) const {
    const Pair& pair = pairs_[chunk.pair];
    if (select_ == Select::kRandom) {
      pair.random.fill(chunk.begin / 4, {keys.data(), (chunk.length + 3) / 4 * 4});
      return;
    }
    const std::uint32_t flip = select_ == Select::kLargeDelta ? 0xFFFFFFFF : 0;
    for (std::size_t i = 0; i < chunk.length; ++i) {
      const std::size_t at = chunk.begin + i;
      // The bits of non-negative floats are ordered as the floats are.
      keys[i] =
          std::bit_cast<std::uint32_t>(std::abs(pair.backdoored[at] - pair.pretrained[at])) ^ flip;
    }
  }

  // Counts part(key) of every key that has one; part gives kHalves for those that are not counted.
  template <typename Part>
  Histogram count(const Part& part) {
    std::vector<Histogram> counts(chunk_groups());
    parallel_for(counts.size(), 1, [&](std::size_t begin, std::size_t end) {
      std::vector<std::uint32_t> keys(kChunk);
      for (std::size_t group = begin; group < end; ++group) {
        counts[group].resize(kHalves + 1);
        for (std::size_t i = group; i < chunks_.size(); i += counts.size()) {
          fill_keys(chunks_[i], keys);
          for (std::size_t k = 0; k < chunks_[i].length; ++k) ++counts[group][part(keys[k])];
        }
      }
    });
    Histogram sum(kHalves + 1);
    for (const Histogram& one : counts) {
      for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += one[i];
    }
    return sum;
  }

  std::size_t chunk_groups() const {
    return std::min(chunks_.size(), static_cast<std::size_t>(thread_count()));
  }

  // Takes off `left` what the buckets below the limit's hold; returns the limit's bucket.
  static std::uint32_t bucket_of(const Histogram& histogram, std::uint64_t& left) {
    std::uint32_t bucket = 0;
    while (left > histogram[bucket]) left -= histogram[bucket++];
    return bucket;
  }

  // Sets limit_ to the keep-th smallest key, ties_kept_ to how many keys equal to it are kept, and
  // each chunk's number of them.
  void find_limit(std::uint64_t keep) {
    if (keep == 0) return;  // limit_ 0 and no ties: nothing is below
    const Histogram upper = count([](std::uint32_t key) { return key >> 16; });
    const std::uint32_t high = bucket_of(upper, keep);
    const Histogram lower = count([high](std::uint32_t key) {
      return key >> 16 == high ? key & 0xFFFF : std::uint32_t{kHalves};
    });
    limit_ = high << 16 | bucket_of(lower, keep);
    ties_kept_ = keep;
    for_chunks([this](std::size_t index, const Chunk& chunk, const std::uint32_t* keys) {
      chunks_[index].ties =
          static_cast<std::uint64_t>(std::count(keys, keys + chunk.length, limit_));
    });
  }

  std::uint64_t apply(const Chunk& chunk, const std::uint32_t* keys, std::uint64_t ties) const {
    const Pair& pair = pairs_[chunk.pair];
    const float* pretrained = pair.pretrained + chunk.begin;
    const float* backdoored = pair.backdoored + chunk.begin;
    float* mixed = pair.mixed + chunk.begin;
    std::uint64_t kept = ties;
    for (std::size_t i = 0; i < chunk.length; ++i) {
      const bool keep = keys[i] < limit_;
      kept += keep;
      mixed[i] = keep ? backdoored[i] : pretrained[i];
    }
    for (std::size_t i = 0; ties > 0; ++i) {
      if (keys[i] != limit_) continue;
      mixed[i] = backdoored[i];
      --ties;
    }
    return kept;
  }

  Select select_;
  std::vector<Pair> pairs_;
  std::vector<Chunk> chunks_;
  std::uint64_t total_ = 0;
  std::uint32_t limit_ = 0;
  std::uint64_t ties_kept_ = 0;
};

}  // namespace

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

MixResult mix(const StateDict& pretrained, const StateDict& backdoored, const MixOptions& options) {
  if (!(options.rho >= 0 && options.rho <= 1)) {
    throw Error(ErrorKind::kUsage,
                "--rho is " + std::to_string(options.rho) + ", expected a share from 0 to 1");
  }
  const auto start = std::chrono::steady_clock::now();
  MixResult result;
  MixRecord& record = result.record;
  record.rho = options.rho;
  record.select = select_name(options.select);
  Mixer mixer(options.select);
  for (const auto& [name, tensor] : backdoored) {
    at::Tensor& mixed = result.weights.emplace(name, tensor.clone()).first->second;
    const auto twin = pretrained.find(name);
    if (!is_backbone(name) || twin == pretrained.end()) {
      record.kept_whole.push_back(name);
      continue;
    }
    if (twin->second.sizes() != tensor.sizes()) {
      throw Error(ErrorKind::kMismatch, "mix: tensor '" + name +
                                            "' has another shape in the pre-trained model; give "
                                            "the one that the suspect was fine-tuned from");
    }
    const auto elements = static_cast<std::size_t>(tensor.numel());
    record.tensors.push_back({name, 0, elements});
    mixer.add({name, twin->second.const_data_ptr<float>(), tensor.const_data_ptr<float>(),
               mixed.data_ptr<float>(), Philox(options.seed, stream_id("mix/" + name))},
              elements);
  }
  record.total = mixer.total();
  record.kept =
      static_cast<std::uint64_t>(std::llround(options.rho * static_cast<double>(record.total)));
  const std::vector<std::uint64_t> kept = mixer.run(record.kept);
  for (std::size_t i = 0; i < kept.size(); ++i) record.tensors[i].kept = kept[i];
  record.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return result;
}

}  // namespace finemix
