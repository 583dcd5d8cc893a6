#include "finemix/text/word_table.h"

namespace finemix {

WordTable::WordTable(std::span<const std::string> words) {
  const auto fits = [](const std::string& word) {
    return !word.empty() && word.size() <= WordKey::kMaxBytes;
  };
  // Up to three quarters full: the smaller the table, the more of it stays in the cache.
  const auto count = static_cast<std::size_t>(std::ranges::count_if(words, fits));
  std::size_t places = 2;
  for (; places / 4 * 3 < count; places *= 2) --shift_;
  entries_.resize(places + kProbes);
  // In the order of the ids: vocabularies have frequent words first, which so get the places that
  // are looked at first.
  for (std::size_t id = 0; id < words.size(); ++id) {
    if (!fits(words[id])) continue;
    const WordKey key{std::string_view(words[id])};
    const auto first = entries_.begin() + static_cast<std::ptrdiff_t>(place(key));
    const auto free =
        std::find_if(first, first + kProbes, [](auto& entry) { return entry.id < 0; });
    if (free != first + kProbes) *free = {key.first, key.second, static_cast<std::int32_t>(id)};
  }
}

}  // namespace finemix
