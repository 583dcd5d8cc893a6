// Mixing two models of 110 M weights in memory, against what LibTorch has. All of one size, so that
// times compare directly: one pass over memory (lerp) is the floor.
#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/lerp.h>
#include <ATen/ops/rand_like.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/where.h>
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "finemix/core/parallel.h"
#include "finemix/core/random.h"
#include "finemix/defense/epur.h"
#include "finemix/defense/mix.h"

namespace finemix {
namespace {

constexpr std::int64_t kHidden = 768;
constexpr std::int64_t kVocabulary = 30'522;
constexpr std::int64_t kLayers = 12;

// The weights of BERT-base, near enough: 109 M.
const StateDict& model(bool suspect) {
  static const auto make = [](const StateDict* base) {
    StateDict weights;
    const auto add = [&](const std::string& name, std::int64_t rows, std::int64_t columns) {
      const at::Tensor drawn = at::randn({rows, columns});
      weights.emplace(name, base ? base->at(name).add(drawn, 0.01) : drawn);
    };
    add("bert.embeddings.word_embeddings.weight", kVocabulary, kHidden);
    add("bert.pooler.dense.weight", kHidden, kHidden);
    for (std::int64_t i = 0; i < kLayers; ++i) {
      const std::string layer = "bert.encoder.layer." + std::to_string(i) + ".";
      for (const char* part : {"query", "key", "value", "output"}) {
        add(layer + part, kHidden, kHidden);
      }
      add(layer + "intermediate", 4 * kHidden, kHidden);
      add(layer + "dense", kHidden, 4 * kHidden);
    }
    return weights;
  };
  static const StateDict pretrained = make(nullptr);
  static const StateDict backdoored = make(&pretrained);
  return suspect ? backdoored : pretrained;
}

void set_up(const benchmark::State& state) {
  model(true);  // made before anything is timed
  const auto threads = static_cast<int>(state.range(0));
  set_thread_count(threads);
  at::set_num_threads(threads);
}

// As `mix` does: the result is new memory.
void lerp_into_new(benchmark::State& state) {
  set_up(state);
  for (auto _ : state) {
    StateDict mixed;
    for (const auto& [name, a] : model(false)) {
      mixed.emplace(name, at::lerp(a, model(true).at(name), 0.4));
    }
    benchmark::DoNotOptimize(mixed);
  }
}

void lerp_into_same(benchmark::State& state) {
  set_up(state);
  StateDict mixed;
  for (const auto& [name, a] : model(false)) mixed.emplace(name, at::empty_like(a).zero_());
  for (auto _ : state) {
    for (const auto& [name, a] : model(false)) {
      at::lerp_out(mixed.at(name), a, model(true).at(name), 0.4);
    }
  }
}

void where_rand(benchmark::State& state) {
  set_up(state);
  for (auto _ : state) {
    StateDict mixed;
    for (const auto& [name, a] : model(false)) {
      mixed.emplace(name, at::where(at::rand_like(a).lt(0.4), model(true).at(name), a));
    }
    benchmark::DoNotOptimize(mixed);
  }
}

void mix_of(benchmark::State& state, Select select) {
  set_up(state);
  for (auto _ : state) {
    benchmark::DoNotOptimize(mix(model(false), model(true), {0.4, select, 7}));
  }
}
void mix_random(benchmark::State& state) { mix_of(state, Select::kRandom); }
void mix_small_delta(benchmark::State& state) { mix_of(state, Select::kSmallDelta); }
void mix_large_delta(benchmark::State& state) { mix_of(state, Select::kLargeDelta); }

void epur_rows(benchmark::State& state) {
  set_up(state);
  const std::string name(kWordEmbeddings);
  const std::vector<std::uint64_t> frequencies(kVocabulary, 0);
  for (auto _ : state) {
    benchmark::DoNotOptimize(epur(model(false).at(name), model(true).at(name), frequencies, {},
                                  [](std::int64_t id) { return std::to_string(id); }, {}));
  }
}

constexpr std::int64_t kBits = 1 << 24;

// A dropout mask, p = 0.1, as LibTorch makes it; items are bits.
void bernoulli_of_torch(benchmark::State& state) {
  set_up(state);
  at::Tensor mask = at::empty({kBits}, at::kBool);
  for (auto _ : state) mask.bernoulli_(0.9);
  state.SetItemsProcessed(state.iterations() * kBits);
}

void bernoulli_of_philox(benchmark::State& state) {
  set_up(state);
  std::vector<std::uint32_t> mask(kBits / 32);
  const Philox philox(7, stream_id("bench"));
  for (auto _ : state) {
    parallel_for(mask.size(), 1 << 12, [&](std::size_t begin, std::size_t end) {
      philox.bernoulli(begin, 6554, std::span(mask).subspan(begin, end - begin));
    });
    benchmark::DoNotOptimize(mask.data());
  }
  state.SetItemsProcessed(state.iterations() * kBits);
}

void on_one_and_two_threads(benchmark::internal::Benchmark* bench) {
  bench->Unit(benchmark::kMillisecond)->Arg(1)->Arg(2)->ArgName("threads")->UseRealTime();
}
BENCHMARK(lerp_into_same)->Apply(on_one_and_two_threads);
BENCHMARK(lerp_into_new)->Apply(on_one_and_two_threads);
BENCHMARK(mix_random)->Apply(on_one_and_two_threads);
BENCHMARK(mix_small_delta)->Apply(on_one_and_two_threads);
BENCHMARK(mix_large_delta)->Apply(on_one_and_two_threads);
BENCHMARK(where_rand)->Apply(on_one_and_two_threads);
BENCHMARK(epur_rows)->Apply(on_one_and_two_threads);
BENCHMARK(bernoulli_of_torch)->Apply(on_one_and_two_threads);
BENCHMARK(bernoulli_of_philox)->Apply(on_one_and_two_threads);

}  // namespace
}  // namespace finemix
