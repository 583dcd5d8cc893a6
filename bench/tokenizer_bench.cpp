// Text to ids, on the way that encode_all takes.
#include <benchmark/benchmark.h>
#include <sentencepiece_processor.h>

#include <cstdint>
#include <cstdlib>
#include <limits>
#include <memory>
#include <string>
#include <vector>

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
  for (auto _ : state) benchmark::DoNotOptimize(encode_all(tokenizer(), data, max_length));
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

// The file that the environment names, but for its first line; empty when it names none.
Dataset text_of_environment() {
  const char* const path = std::getenv("FINEMIX_BENCH_TEXT");
  return path ? read_dataset(path, false) : Dataset{"none", {}};
}

// A given file by a given tokenizer, to compare with other programs on the same.
void wordpiece_file(benchmark::State& state) {
  const Dataset data = text_of_environment();
  const char* const model = std::getenv("FINEMIX_BENCH_MODEL");
  if (!model || data.size() == 0) {
    state.SkipWithError("FINEMIX_BENCH_TEXT and FINEMIX_BENCH_MODEL name no file and tokenizer");
    return;
  }
  const auto loaded = load_tokenizer(model);
  set_thread_count(static_cast<int>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(encode_all(*loaded, data, 512));
  set_thread_count(0);
}
BENCHMARK(wordpiece_file)->ArgName("threads")->Arg(1)->Arg(2)->UseRealTime();

void sentencepiece_finemix(benchmark::State& state) {
  const Dataset data = text_of_environment();
  const auto model = load_tokenizer(FINEMIX_BENCH_SENTENCEPIECE);
  set_thread_count(static_cast<int>(state.range(0)));
  for (auto _ : state) {
    parallel_for(data.size(), 32, [&](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) {
        benchmark::DoNotOptimize(model->pieces(data.examples[i].text));
      }
    });
  }
  set_thread_count(0);
}
BENCHMARK(sentencepiece_finemix)->ArgName("threads")->Arg(1)->Arg(2)->UseRealTime();

void sentencepiece_library(benchmark::State& state) {
  const Dataset data = text_of_environment();
  sentencepiece::SentencePieceProcessor processor;
  if (!processor.Load(FINEMIX_BENCH_SENTENCEPIECE "/sentencepiece.bpe.model").ok()) {
    state.SkipWithError("the model is not there");
    return;
  }
  for (auto _ : state) {
    for (const Example& example : data.examples) {
      std::vector<int> ids;
      benchmark::DoNotOptimize(processor.Encode(example.text, &ids));
    }
  }
}
BENCHMARK(sentencepiece_library)->ArgName("threads")->Arg(1)->UseRealTime();

}  // namespace
}  // namespace finemix
