#include "finemix/text/word_encoder.h"

#include <algorithm>
#include <bit>
#include <string>

#include "finemix/text/unicode.h"
#include "text/byte_classes.h"

namespace finemix {
namespace {

std::size_t count_code_points(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char byte) { return (static_cast<unsigned char>(byte) & 0xC0) != 0x80; }));
}

std::string lower_ascii(std::string_view text) {
  std::string lowered(text);
  for (char& c : lowered) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
  }
  return lowered;
}

// The tokens that a word may be as a whole; those over the limit are emptied, ids stay in place.
std::vector<std::string> within(const std::vector<std::string>& tokens, std::size_t limit) {
  std::vector<std::string> words = tokens;
  for (std::string& word : words) {
    if (count_code_points(word) > limit) word.clear();
  }
  return words;
}

}  // namespace

WordEncoder::WordEncoder(const WordPieceConfig& config)
    : normalizer_(config.normalizer),
      max_word_characters_(config.max_word_characters),
      vocabulary_(config.vocabulary),
      continuing_(vocabulary_.walk(config.continuing_prefix)),
      unknown_id_(vocabulary_.find(config.unknown_token)),
      words_(within(config.vocabulary, config.max_word_characters)) {
  for (std::size_t code = 0; code < ascii_ids_.size(); ++code) {
    std::vector<std::int32_t> ids;
    const auto character = static_cast<char>(code);
    append_word({&character, 1}, ids);
    ascii_ids_[code] = ids.front();
  }
}

void WordEncoder::append_raw(std::string_view text, std::size_t enough,
                             std::vector<std::int32_t>& ids) const {
  std::string normalized;
  std::size_t word = 0;  // where the word begins that is being read
  bool odd = false;      // whether it has an odd byte in an earlier block
  for (std::size_t base = 0; base <= text.size() && ids.size() < enough; base += kBlockBytes) {
    const ByteClasses classes = classify_block(text, base);
    std::uint64_t ends = classes.space | classes.punctuation;
    std::uint64_t odds = classes.odd;
    // White space behind another end of a word ends nothing.
    ends &= ~(classes.space & (ends << 1 | std::uint64_t{word == base}));
    if (word == base) word += static_cast<std::size_t>(std::countr_one(classes.space));
    for (; ends != 0; ends &= ends - 1) {
      const int bit = std::countr_zero(ends);
      const std::size_t end = base + static_cast<std::size_t>(bit);
      if (word != end) {
        const std::uint64_t odds_before = odds & ((std::uint64_t{1} << bit) - 1);
        if (!odd && odds_before == 0) {
          append_ascii_word(text, word, end, ids);
        } else {
          odd = false;
          odds ^= odds_before;
          normalizer_.normalize(text.substr(word, end - word), normalized);
          append_normalized(normalized, enough, ids);
        }
      }
      if (classes.punctuation >> bit & 1) {
        ids.push_back(ascii_ids_[static_cast<unsigned char>(text[end])]);
      }
      word = end + 1 + static_cast<std::size_t>(std::countr_one(classes.space >> bit >> 1));
    }
    odd |= odds != 0;
  }
}

void WordEncoder::append_normalized(std::string_view text, std::size_t enough,
                                    std::vector<std::int32_t>& ids) const {
  const auto properties = code_point_properties();
  std::size_t word = 0;  // where the word begins that `at` is in
  for (std::size_t at = 0; at < text.size() && ids.size() < enough;) {
    const std::size_t begin = at;
    const std::uint8_t property = properties[next_code_point(text, at)];
    if (!(property & (kWhitespace | kPunctuation))) continue;
    append_word(text.substr(word, begin - word), ids);
    if (property & kPunctuation) append_word(text.substr(begin, at - begin), ids);
    word = at;
  }
  if (ids.size() < enough) append_word(text.substr(word), ids);
}

void WordEncoder::append_ascii_word(std::string_view text, std::size_t begin, std::size_t end,
                                    std::vector<std::int32_t>& ids) const {
  const std::string_view word = text.substr(begin, end - begin);
  if (word.size() <= WordKey::kMaxBytes) {
    WordKey key = text.size() - begin > WordKey::kMaxBytes ? WordKey(word.data(), word.size())
                                                           : WordKey(word);
    if (normalizer_.lowercase) key = key.lowered();
    if (const std::int32_t id = words_.find(key); id >= 0) return ids.push_back(id);
  } else if (word.size() > max_word_characters_) {
    return ids.push_back(unknown_id_);
  }
  append_pieces(normalizer_.lowercase ? lower_ascii(word) : std::string(word), ids);
}

void WordEncoder::append_word(std::string_view word, std::vector<std::int32_t>& ids) const {
  if (word.empty()) return;
  if (word.size() <= WordKey::kMaxBytes) {
    if (const std::int32_t id = words_.find(WordKey(word)); id >= 0) return ids.push_back(id);
  }
  append_pieces(word, ids);
}

void WordEncoder::append_pieces(std::string_view word, std::vector<std::int32_t>& ids) const {
  const std::size_t limit = max_word_characters_;
  if (word.size() > limit && count_code_points(word) > limit) return ids.push_back(unknown_id_);
  const std::size_t before = ids.size();
  PieceTrie::Node from = PieceTrie::kRoot;
  while (!word.empty()) {
    const PieceTrie::Match match = vocabulary_.longest(from, word);
    if (match.value < 0) {
      ids.resize(before);
      return ids.push_back(unknown_id_);
    }
    ids.push_back(match.value);
    word.remove_prefix(match.length);
    from = continuing_;
  }
}

}  // namespace finemix
