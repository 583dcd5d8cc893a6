#include "finemix/text/word_table.h"

namespace finemix {

WordTable::WordTable(std::span<const std::string> words) : entries_(2), shift_(63) {
  while (entries_.size() < 2 * words.size()) {
    entries_.resize(2 * entries_.size());
    --shift_;
  }
  // In the order of the ids: vocabularies have frequent words first, which so get the place that is
  // looked at first.
  for (std::size_t id = 0; id < words.size(); ++id) {
    const std::string& word = words[id];
    if (word.empty() || word.size() > WordKey::kMaxBytes) continue;
    const WordKey key{std::string_view(word)};
    std::size_t i = place(key);
    while (entries_[i].id >= 0) i = (i + 1) & (entries_.size() - 1);
    entries_[i] = {key, static_cast<std::int32_t>(id)};
  }
}

}  // namespace finemix
