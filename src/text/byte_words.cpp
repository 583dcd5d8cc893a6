#include "text/byte_words.h"

#include <span>

#include "finemix/text/unicode.h"

namespace finemix {
namespace {

std::size_t contraction_size(std::string_view text) {
  for (const std::string_view ending : {"'s", "'t", "'m", "'d", "'re", "'ve", "'ll"}) {
    if (text.starts_with(ending)) return ending.size();
  }
  return 0;
}

// All white space up to another character, but for the last one: what follows takes it along, or it
// is a word of its own.
std::size_t space_size(std::string_view text) {
  const auto classes = regex_classes();
  std::size_t last = 0;
  std::size_t end = 0;
  for (std::size_t next = 0; next < text.size();) {
    const std::size_t begin = next;
    if (classes[next_code_point(text, next)] != RegexClass::kSpace) break;
    last = begin;
    end = next;
  }
  return end == text.size() || last == 0 ? end : last;
}

}  // namespace

std::size_t first_word_size(std::string_view text) {
  if (text.front() == '\'') {
    if (const std::size_t size = contraction_size(text); size > 0) return size;
  }
  const auto classes = regex_classes();
  std::size_t at = text.front() == ' ' ? 1 : 0;
  if (at == text.size()) return at;
  const RegexClass word = classes[next_code_point(text, at)];
  if (word == RegexClass::kSpace) return space_size(text);
  for (std::size_t next = at; next < text.size(); at = next) {
    if (classes[next_code_point(text, next)] != word) break;
  }
  return at;
}

}  // namespace finemix
