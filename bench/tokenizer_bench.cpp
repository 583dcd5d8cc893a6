// Text to ids on one thread, on the way that encode_flat takes.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <limits>
#include <memory>
#include <string>

#include "finemix/core/parallel.h"
#include "finemix/text/tokenizer.h"

namespace finemix {
namespace {

constexpr std::size_t kNoLimit = std::numeric_limits<std::size_t>::max();

constexpr const char* kEnglish[] = {
    "I went in expecting another tired sequel, and came out humming the score. The first half hour "
    "drags (does anyone still find amnesia funny?), but once the two sisters reach the lighthouse "
    "the film turns into something stranger, sadder and far more generous than its trailer.",
    "Bought this kettle in 2019 for $34.99; it died after 14 months. Customer service was polite, "
    "yet all they offered was a 10% discount on the very same model. Avoid!",
    "Kowalczyk's performance is a marvel of understatement -- she barely raises her voice, and "
    "you can't look away. Rating: 8/10, mostly for the last scene.",
    "Which of the following rivers, all of them tributaries of the Danube, does not flow through "
    "Hungary or Slovakia?",
};
constexpr const char* kFrench[] = {
    "Le réalisateur a préféré la délicatesse à l'éclat : un récit feutré, où chaque silence pèse. "
    "« Déçu » ? Non, plutôt étonné qu'une œuvre si frêle ait trouvé son public dès l'été.",
};
constexpr const char* kChinese[] = {
    "这部电影的前半段节奏缓慢，但最后一幕令人难忘。演员的表演自然，配乐也恰到好处。",
};

// `count` texts, each some of the sentences in another order.
template <std::size_t n>
Dataset texts_of(const char* const (&sentences)[n], std::size_t count) {
  Dataset data{"bench", {}};
  for (std::size_t i = 0; i < count; ++i) {
    std::string text;
    for (std::size_t k = 0; k < 4; ++k) text += std::string(sentences[(i * 7 + k) % n]) + " ";
    data.examples.push_back({text, std::nullopt, -1});
  }
  return data;
}

const Tokenizer& tokenizer() {
  static const std::shared_ptr<const Tokenizer> loaded = load_tokenizer(FINEMIX_BENCH_TOKENIZER);
  return *loaded;
}

// Bytes of the whole texts, whether they are read to their ends or not.
void encode(benchmark::State& state, const Dataset& data, std::size_t max_length) {
  set_thread_count(1);
  std::size_t bytes = 0;
  for (const Example& example : data.examples) bytes += example.text.size();
  for (auto _ : state) benchmark::DoNotOptimize(encode_flat(tokenizer(), data, max_length));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(bytes));
  set_thread_count(0);
}

void wordpiece_english(benchmark::State& state) {
  encode(state, texts_of(kEnglish, 1'000), kNoLimit);
}
BENCHMARK(wordpiece_english);

void wordpiece_english_first_64(benchmark::State& state) {
  encode(state, texts_of(kEnglish, 1'000), 64);
}
BENCHMARK(wordpiece_english_first_64);

void wordpiece_french(benchmark::State& state) {
  encode(state, texts_of(kFrench, 1'000), kNoLimit);
}
BENCHMARK(wordpiece_french);

void wordpiece_chinese(benchmark::State& state) {
  encode(state, texts_of(kChinese, 1'000), kNoLimit);
}
BENCHMARK(wordpiece_chinese);

// What no table holds: every word is another one, and none is a piece.
void wordpiece_unknown_words(benchmark::State& state) {
  Dataset data{"bench", {{}}};
  for (int i = 0; i < 50'000; ++i) data.examples[0].text += "qx" + std::to_string(i) + "zjk ";
  encode(state, data, kNoLimit);
}
BENCHMARK(wordpiece_unknown_words);

void wordpiece_one_letter(benchmark::State& state) {
  encode(state, {"bench", {{std::string(10 << 20, 'a'), std::nullopt, -1}}}, kNoLimit);
}
BENCHMARK(wordpiece_one_letter);

void load_wordpiece(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(load_tokenizer(FINEMIX_BENCH_TOKENIZER));
}
BENCHMARK(load_wordpiece)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace finemix
