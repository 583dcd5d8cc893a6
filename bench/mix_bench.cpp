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

void count_weights(benchmark::State& state) {
  std::int64_t weights = 0;
  for (const auto& [name, tensor] : model(false)) weights += tensor.numel();
  state.SetItemsProcessed(state.iterations() * weights);
}

// As `mix` does: the result is new memory.
void torch_lerp_into_new_memory(benchmark::State& state) {
  set_up(state);
  for (auto _ : state) {
    StateDict mixed;
    for (const auto& [name, a] : model(false)) {
      mixed.emplace(name, at::lerp(a, model(true).at(name), 0.4));
    }
    benchmark::DoNotOptimize(mixed);
  }
  count_weights(state);
}

void torch_lerp(benchmark::State& state) {
  set_up(state);
  StateDict mixed;
  for (const auto& [name, a] : model(false)) mixed.emplace(name, at::empty_like(a).zero_());
  for (auto _ : state) {
    for (const auto& [name, a] : model(false)) {
      at::lerp_out(mixed.at(name), a, model(true).at(name), 0.4);
    }
  }
  count_weights(state);
}

void torch_where_rand(benchmark::State& state) {
  set_up(state);
  for (auto _ : state) {
    StateDict mixed;
    for (const auto& [name, a] : model(false)) {
      mixed.emplace(name, at::where(at::rand_like(a).lt(0.4), model(true).at(name), a));
    }
    benchmark::DoNotOptimize(mixed);
  }
  count_weights(state);
}

void mix_of(benchmark::State& state, Select select) {
  set_up(state);
  for (auto _ : state) {
    benchmark::DoNotOptimize(mix(model(false), model(true), {0.4, select, 7}));
  }
  count_weights(state);
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

void on_one_and_two_threads(benchmark::internal::Benchmark* bench) {
  bench->Unit(benchmark::kMillisecond)->Arg(1)->Arg(2)->ArgName("threads")->UseRealTime();
}
BENCHMARK(torch_lerp)->Apply(on_one_and_two_threads);
BENCHMARK(torch_lerp_into_new_memory)->Apply(on_one_and_two_threads);
BENCHMARK(mix_random)->Apply(on_one_and_two_threads);
BENCHMARK(mix_small_delta)->Apply(on_one_and_two_threads);
BENCHMARK(mix_large_delta)->Apply(on_one_and_two_threads);
BENCHMARK(torch_where_rand)->Apply(on_one_and_two_threads);
BENCHMARK(epur_rows)->Apply(on_one_and_two_threads);

}  // namespace
}  // namespace finemix
