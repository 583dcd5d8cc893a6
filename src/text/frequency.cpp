#include "finemix/text/frequency.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "finemix/core/error.h"
#include "finemix/core/parallel.h"
#include "finemix/core/quote.h"
#include "finemix/core/stop.h"
#include "text/line_reader.h"

namespace finemix {
namespace {

// Adds the pieces of n texts to `frequencies`, over threads.
template <typename Texts>
void add_counts(Frequencies& frequencies, const Tokenizer& tokenizer, std::size_t n,
                const Texts& count) {
  constexpr std::size_t kGrain = 256;  // texts; a range counts into a vocabulary of its own
  std::mutex mutex;
  parallel_for(n, kGrain, [&](std::size_t begin, std::size_t end) {
    Frequencies own(frequencies.size(), 0);
    const auto add = [&](std::string_view text) {
      for (const std::int32_t id : tokenizer.pieces(text)) ++own[static_cast<std::size_t>(id)];
    };
    for (std::size_t i = begin; i < end; ++i) {
      throw_if_stopped();
      count(i, add);
    }
    const std::lock_guard lock(mutex);
    for (std::size_t id = 0; id < own.size(); ++id) frequencies[id] += own[id];
  });
}

}  // namespace

Frequencies read_counts(const std::filesystem::path& path, const Tokenizer& tokenizer) {
  Frequencies frequencies(tokenizer.vocabulary_size(), 0);
  bool any_known = false;
  LineReader lines(path);
  for (std::string line; lines.next(line);) {
    throw_if_stopped();
    const std::string_view text = without_return(line);
    if (text.empty()) continue;
    const std::size_t tab = text.rfind('\t');
    const std::string_view count =
        tab == std::string_view::npos ? std::string_view() : text.substr(tab + 1);
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(count.data(), count.data() + count.size(), value);
    if (count.empty() || error != std::errc() || end != count.data() + count.size()) {
      if (lines.number() == 1 && tab != std::string_view::npos) continue;  // names of the columns
      throw Error(ErrorKind::kMalformed,
                  printable(path.native()) + ":" + std::to_string(lines.number()) + ": found " +
                      quote(text, 60) + ", expected a token, a tab and a count");
    }
    const std::int32_t id = tokenizer.id(text.substr(0, tab));
    if (id < 0) continue;
    any_known = true;
    frequencies[static_cast<std::size_t>(id)] = value;
  }
  if (!any_known) {
    throw Error(
        ErrorKind::kMalformed,
        printable(path.native()) +
            ": none of its tokens is in the vocabulary, expected counts for this tokenizer");
  }
  return frequencies;
}

Frequencies count_text(const std::filesystem::path& path, const Tokenizer& tokenizer) {
  constexpr std::size_t kBatchBytes = 8 << 20;  // that are in memory at once
  Frequencies frequencies(tokenizer.vocabulary_size(), 0);
  LineReader lines(path);
  std::vector<std::string> batch;
  std::size_t bytes = 0;
  const auto count_batch = [&] {
    add_counts(frequencies, tokenizer, batch.size(),
               [&](std::size_t i, const auto& add) { add(batch[i]); });
    batch.clear();
    bytes = 0;
  };
  for (std::string line; lines.next(line);) {
    bytes += line.size() + sizeof line;
    batch.push_back(std::move(line));
    if (bytes >= kBatchBytes) count_batch();
  }
  count_batch();
  return frequencies;
}

Frequencies count_dataset(const Dataset& data, const Tokenizer& tokenizer) {
  Frequencies frequencies(tokenizer.vocabulary_size(), 0);
  add_counts(frequencies, tokenizer, data.size(), [&](std::size_t i, const auto& add) {
    add(data.examples[i].text);
    if (data.examples[i].text_b) add(*data.examples[i].text_b);
  });
  return frequencies;
}

Frequencies frequencies_by_rank(const Tokenizer& tokenizer) {
  constexpr std::uint64_t kMostFrequent = 60'000'000;
  Frequencies frequencies;
  for (std::uint64_t rank = 1; rank <= tokenizer.vocabulary_size(); ++rank) {
    frequencies.push_back(kMostFrequent / rank);
  }
  return frequencies;
}

std::vector<std::int32_t> frequent_words(const Tokenizer& tokenizer, std::size_t count) {
  std::vector<std::int32_t> words;
  const auto size = static_cast<std::int32_t>(tokenizer.vocabulary_size());
  for (std::int32_t id = 0; id < size && words.size() < count; ++id) {
    if (!is_text_piece(tokenizer, id)) continue;
    const PieceText piece = tokenizer.piece_text(id);
    const auto characters =
        std::ranges::count_if(piece.text, [](unsigned char byte) { return (byte & 0xC0) != 0x80; });
    if (!piece.continues && characters > 1) words.push_back(id);
  }
  return words;
}

std::vector<std::int32_t> letters_and_digits(const Tokenizer& tokenizer) {
  std::vector<std::int32_t> letters;
  const auto size = static_cast<std::int32_t>(tokenizer.vocabulary_size());
  for (std::int32_t id = 0; id < size; ++id) {
    if (!is_text_piece(tokenizer, id)) continue;
    const PieceText piece = tokenizer.piece_text(id);
    const bool one =
        piece.text.size() == 1 && std::isalnum(static_cast<unsigned char>(piece.text[0])) != 0;
    if (!piece.continues && one) letters.push_back(id);
  }
  return letters;
}

}  // namespace finemix
