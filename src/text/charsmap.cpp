#include "finemix/text/charsmap.h"

#include <algorithm>

#include "finemix/core/error.h"
#include "finemix/core/little_endian.h"
#include "finemix/core/quote.h"
#include "finemix/text/graphemes.h"
#include "finemix/text/unicode.h"

namespace finemix {
namespace {

// A unit of the trie (darts-clone): bit 8 says that a key ends here, its value is then at the place
// of the child by byte 0; the label is the byte that leads here, with bit 31 set at a value.
bool has_value(std::uint32_t unit) { return unit >> 8 & 1; }
std::uint32_t value_of(std::uint32_t unit) { return unit & 0x7FFFFFFF; }
std::uint32_t label_of(std::uint32_t unit) { return unit & 0x800000FF; }
std::uint32_t offset_of(std::uint32_t unit) { return unit >> 10 << ((unit & 1u << 9) >> 6); }

// Children of a unit are at base ^ byte, so in one block of as many units as there are bytes.
constexpr std::size_t kBlock = 256;

// Whether the byte goes on with a character of UTF-8.
bool is_trailing(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) == 0x80; }

[[noreturn]] void refuse(std::string_view object, const std::string& what) {
  throw Error(ErrorKind::kMalformed, printable(object) + ": precompiled_charsmap: " + what);
}

// Names the replacement that is not.
void check_utf8(std::string_view replacements, std::string_view object) {
  std::string storage;
  if (valid_utf8(replacements, storage).data() == replacements.data()) return;
  for (std::size_t begin = 0; begin < replacements.size();) {
    const std::string_view one = replacements.substr(begin, replacements.find('\0', begin) - begin);
    if (valid_utf8(one, storage).data() != one.data()) {
      refuse(object, "its replacements are no UTF-8: that at byte " + std::to_string(begin) +
                         " is " + quote(one) + ", expected characters");
    }
    begin += one.size() + 1;
  }
}

}  // namespace

Charsmap::Charsmap(std::string_view blob, std::string_view object) {
  if (blob.size() < 4) {
    refuse(object, "it has " + std::to_string(blob.size()) + " bytes, expected a length of 4");
  }
  const std::size_t trie = little_endian(blob.substr(0, 4));
  blob.remove_prefix(4);
  if (trie == 0 || trie % (4 * kBlock) != 0) {
    refuse(object, "its trie has " + std::to_string(trie) +
                       " bytes, expected a positive multiple of " + std::to_string(4 * kBlock));
  }
  if (trie >= blob.size()) {
    refuse(object, "its trie has " + std::to_string(trie) + " bytes, but " +
                       std::to_string(blob.size()) + " are left for it and the replacements");
  }
  replacements_ = blob.substr(trie);
  if (replacements_.back() != '\0') {
    refuse(object, "its last replacement does not end with a NUL byte, but with " +
                       quote(replacements_.substr(replacements_.size() - 1)));
  }
  check_utf8(replacements_, object);
  for (std::size_t begin = 0; begin < replacements_.size();) {
    const std::size_t end = replacements_.find('\0', begin);
    longest_ = std::max(longest_, end - begin);
    begin = end + 1;
  }
  if (longest_ > kMaxReplacement) {
    refuse(object, "a replacement has " + std::to_string(longest_) + " bytes, expected at most " +
                       std::to_string(kMaxReplacement));
  }
  units_.resize(trie / 4);
  for (std::size_t i = 0; i < units_.size(); ++i) {
    units_[i] = static_cast<std::uint32_t>(little_endian({blob.data() + 4 * i, 4}));
  }
  check_trie(object);
  for (std::size_t c = 1; c < ascii_replaced_.size(); ++c) {
    const char byte = static_cast<char>(c);
    ascii_replaced_[c] = replacement({&byte, 1}).has_value();
  }
}

// Visits each unit that a lookup can reach, once: equal ends of keys share units (the builder makes
// a graph, not a tree), and a hostile trie may even lead back to its root.
void Charsmap::check_trie(std::string_view object) const {
  const std::string expected = ", expected less than " + std::to_string(units_.size());
  const std::uint32_t root = units_.front();
  if (has_value(root) || label_of(root) != 0 || offset_of(root) >= units_.size()) {
    refuse(object, "the root of its trie leads to unit " + std::to_string(offset_of(root)) +
                       " by label " + std::to_string(label_of(root)) +
                       (has_value(root) ? " and ends a key" : "") + expected + ", label 0, no key");
  }
  std::vector<bool> seen(units_.size(), false);
  std::vector<std::size_t> bases{offset_of(root)};
  while (!bases.empty()) {
    const std::size_t base = bases.back();
    bases.pop_back();
    for (std::uint32_t byte = 1; byte < kBlock; ++byte) {
      const std::size_t place = base ^ byte;
      const std::uint32_t unit = units_[place];
      if (label_of(unit) != byte || seen[place]) continue;
      seen[place] = true;
      const std::size_t next = place ^ offset_of(unit);
      if (next >= units_.size()) {
        refuse(object, "unit " + std::to_string(place) + " of its trie leads to unit " +
                           std::to_string(next) + expected);
      }
      bases.push_back(next);
      if (!has_value(unit)) continue;
      const std::uint32_t value = value_of(units_[next]);
      if (value >= replacements_.size() || is_trailing(replacements_[value])) {
        refuse(object, "unit " + std::to_string(place) + " of its trie replaces by byte " +
                           std::to_string(value) + " of " + std::to_string(replacements_.size()) +
                           ", which begins no character");
      }
    }
  }
}

std::optional<std::string_view> Charsmap::replacement(std::string_view text) const {
  std::size_t base = offset_of(units_[0]);
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte == 0) break;
    const std::size_t place = base ^ byte;
    const std::uint32_t unit = units_[place];
    if (label_of(unit) != byte) break;
    base = place ^ offset_of(unit);
    if (!has_value(unit)) continue;
    const std::string_view rest = std::string_view(replacements_).substr(value_of(units_[base]));
    return rest.substr(0, rest.find('\0'));
  }
  return std::nullopt;
}

void Charsmap::normalize(std::string_view text, std::string& out, std::size_t limit) const {
  constexpr std::size_t kWholeCluster = 6;
  if (empty()) {
    out += text;
    return;
  }
  GraphemeBreaker graphemes(text);
  for (std::string_view cluster; out.size() <= limit && graphemes.next(cluster);) {
    const auto first = static_cast<unsigned char>(cluster.front());
    if (cluster.size() == 1 && first < 0x80 && !ascii_replaced_[first]) {
      out += cluster;
      continue;
    }
    if (cluster.size() < kWholeCluster) {
      if (const auto whole = replacement(cluster)) {
        out += *whole;
        continue;
      }
    }
    for (std::size_t at = 0; at < cluster.size();) {
      const std::size_t begin = at;
      next_code_point(cluster, at);
      const std::string_view character = cluster.substr(begin, at - begin);
      out += replacement(character).value_or(character);
    }
  }
}

}  // namespace finemix
