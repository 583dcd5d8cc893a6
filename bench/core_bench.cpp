// What runs over every weight, and needs no LibTorch.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <vector>

#include "finemix/core/random.h"

namespace finemix {
namespace {

void philox_fill(benchmark::State& state) {
  std::vector<std::uint32_t> words(1 << 20);
  const Philox philox(7, stream_id("bench"));
  std::uint64_t block = 0;
  for (auto _ : state) {
    philox.fill(block, words);
    block += words.size() / 4;
    benchmark::DoNotOptimize(words.data());
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(words.size() * 4));
}
BENCHMARK(philox_fill);

// Bits of a dropout mask, p = 0.1; items are bits.
void philox_bernoulli(benchmark::State& state) {
  std::vector<std::uint32_t> words(1 << 15);
  const Philox philox(7, stream_id("bench"));
  std::uint64_t word = 0;
  for (auto _ : state) {
    philox.bernoulli(word, 6554, words);
    word += words.size();
    benchmark::DoNotOptimize(words.data());
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(words.size() * 32));
}
BENCHMARK(philox_bernoulli);

}  // namespace
}  // namespace finemix
