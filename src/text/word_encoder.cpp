#include "finemix/text/word_encoder.h"

#include <algorithm>
#include <array>
#include <span>
#include <string>

#include "finemix/text/unicode.h"
#include "text/word_block.h"

namespace finemix {
namespace {

std::size_t count_code_points(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char byte) { return (static_cast<unsigned char>(byte) & 0xC0) != 0x80; }));
}

// The tokens that a word may be as a whole, the others emptied: so their ids stay indices.
std::vector<std::string> whole_words(const WordPieceConfig& config) {
  std::vector<std::string> words = config.vocabulary;
  const auto ends_word = [](char byte) {
    const auto code = static_cast<unsigned char>(byte);
    return code < 0x80 && code_point_properties()[code] & (kWhitespace | kPunctuation);
  };
  for (std::string& word : words) {
    if (count_code_points(word) > config.max_word_characters ||
        (word.size() > 1 && std::ranges::any_of(word, ends_word))) {
      word.clear();
    }
  }
  return words;
}

}  // namespace

WordEncoder::WordEncoder(const WordPieceConfig& config)
    : normalizer_(config.normalizer),
      max_word_characters_(config.max_word_characters),
      pieces_(config.vocabulary, config.continuing_prefix),
      unknown_id_(pieces_.find(config.unknown_token)),
      words_(whole_words(config)) {}

// One text on its way from raw bytes to ids.
class WordEncoder::RawPass {
 public:
  RawPass(const WordEncoder& encoder, std::size_t enough, std::vector<std::int32_t>& ids)
      : encoder_(encoder), enough_(enough), ids_(ids) {}

  void run(std::string_view text) {
    while (!text.empty() && ids_.size() < enough_) {
      const WordBlock block(text);
      std::size_t done = std::min(block.size(), text.size());
      if (done > 0) {
        add_block(block);
      } else {
        done = word_end(text);
        add_odd_word(text.substr(0, done));
      }
      text.remove_prefix(done);
    }
  }

 private:
  struct Lookup {
    WordKey key;
    std::uint32_t place;
    std::uint8_t begin;
    std::uint8_t size;
    bool plain;
  };

  // All keys are made before the first is looked up: the places where they may be found are on
  // their way from memory together then.
  void add_block(const WordBlock& block) {
    std::array<Lookup, kBlockBytes> lookups;
    std::size_t count = 0;
    block.for_each([&](std::size_t begin, std::size_t end) {
      Lookup& lookup = lookups[count++];
      lookup.key = WordKey(block.bytes() + begin, end - begin);
      if (encoder_.normalizer_.lowercase) lookup.key = lookup.key.lowered();
      lookup.place = encoder_.words_.place(lookup.key);
      lookup.begin = static_cast<std::uint8_t>(begin);
      lookup.size = static_cast<std::uint8_t>(end - begin);
      lookup.plain = block.is_plain(begin, end);
    });
    std::array<std::int32_t, kBlockBytes> found;
    std::size_t waiting = 0;  // ids that are in `found`, but not in `ids_`
    const auto flush = [&] {
      ids_.insert(ids_.end(), found.begin(), found.begin() + static_cast<std::ptrdiff_t>(waiting));
      waiting = 0;
    };
    for (const Lookup& lookup : std::span(lookups).first(count)) {
      const std::int32_t id = encoder_.words_.find(lookup.key, lookup.place);
      if (id >= 0 && lookup.plain) {
        found[waiting++] = id;
        continue;
      }
      flush();
      const std::string_view word(block.bytes() + lookup.begin, lookup.size);
      if (lookup.plain) {
        add_plain_word(word);
      } else {
        add_odd_word(word);
        if (ids_.size() >= enough_) return;  // it may have stopped within the word
      }
    }
    flush();
  }

  void add_plain_word(std::string_view word) {
    scratch_ = word;
    if (encoder_.normalizer_.lowercase) {
      for (char& c : scratch_) c = static_cast<char>(c | (c >= 'A' && c <= 'Z' ? 0x20 : 0));
    }
    encoder_.append_pieces(scratch_, ids_);
  }

  void add_odd_word(std::string_view word) {
    encoder_.normalizer_.normalize(word, scratch_);
    encoder_.append_normalized(scratch_, enough_, ids_);
  }

  const WordEncoder& encoder_;
  const std::size_t enough_;
  std::vector<std::int32_t>& ids_;
  std::string scratch_;  // a word, normalized
};

void WordEncoder::append_raw(std::string_view text, std::size_t enough,
                             std::vector<std::int32_t>& ids) const {
  RawPass(*this, enough, ids).run(text);
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
  if (!pieces_.append(word, ids)) {
    ids.resize(before);
    ids.push_back(unknown_id_);
  }
}

}  // namespace finemix
