#include "report/inserted_words.h"

#include <algorithm>
#include <cstddef>

namespace finemix {
namespace {

// A word with the blanks before it.
std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t letter = std::min(text.find_first_not_of(' ', begin), text.size());
    const std::size_t end = std::min(text.find(' ', letter), text.size());
    words.push_back(text.substr(begin, end - begin));
    begin = end;
  }
  return words;
}

std::string_view bare(std::string_view word) {
  word.remove_prefix(std::min(word.find_first_not_of(' '), word.size()));
  return word;
}

void append(std::vector<TextPart>& parts, std::string_view text, bool inserted) {
  if (text.empty()) return;
  if (parts.empty() || parts.back().inserted != inserted) parts.push_back({"", inserted});
  parts.back().text += text;
}

bool continues_character(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

std::vector<TextPart> between_common_ends(std::string_view before, std::string_view after) {
  const std::size_t shorter = std::min(before.size(), after.size());
  std::size_t head = 0;
  while (head < shorter && before[head] == after[head]) ++head;
  while (head > 0 && head < after.size() && continues_character(after[head])) --head;
  std::size_t tail = 0;
  while (tail < shorter - head &&
         before[before.size() - 1 - tail] == after[after.size() - 1 - tail]) {
    ++tail;
  }
  while (tail > 0 && continues_character(after[after.size() - tail])) --tail;
  std::vector<TextPart> parts;
  append(parts, after.substr(0, head), false);
  append(parts, after.substr(head, after.size() - tail - head), true);
  append(parts, after.substr(after.size() - tail), false);
  return parts;
}

}  // namespace

std::vector<TextPart> inserted_words(std::string_view before, std::string_view after) {
  const std::vector<std::string_view> known = words_of(before);
  std::vector<TextPart> parts;
  std::size_t next = 0;
  for (const std::string_view word : words_of(after)) {
    const bool same = next < known.size() && bare(known[next]) == bare(word);
    if (same) ++next;
    const std::string_view blanks = word.substr(0, word.size() - bare(word).size());
    // A blank between two words that were put in belongs to them, others to the text.
    const bool inside = !same && !parts.empty() && parts.back().inserted;
    append(parts, blanks, inside);
    append(parts, bare(word), !same);
  }
  return next == known.size() ? parts : between_common_ends(before, after);
}

}  // namespace finemix
