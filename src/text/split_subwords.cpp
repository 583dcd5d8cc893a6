#include "finemix/text/split_subwords.h"

#include <algorithm>

#include "finemix/text/unicode.h"

namespace finemix {
namespace {

// Hands out the parts of a text between white space.
class WhitespaceSplit {
 public:
  explicit WhitespaceSplit(std::string_view text) : text_(text) {}

  bool next(std::string_view& part) {
    while (at_ < text_.size()) {
      const std::size_t begin = at_;
      std::size_t end = at_;
      while (at_ < text_.size() && !(is_whitespace())) end = at_;
      if (end == begin) continue;
      part = text_.substr(begin, end - begin);
      return true;
    }
    return false;
  }

 private:
  // Whether the next character is; moves behind it.
  bool is_whitespace() {
    const auto byte = static_cast<unsigned char>(text_[at_]);
    if (byte > ' ' && byte < 0x80) {
      ++at_;
      return false;
    }
    return code_point_properties()[next_code_point(text_, at_)] & kWhitespace;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

void SplitSubwords::append(TextStretch stretch, std::size_t enough,
                           std::vector<std::int32_t>& ids) const {
  std::string text(stretch.text);
  steps_.apply(text);
  append_normalized({text, stretch.begins_text}, enough, ids);
}

std::string SplitSubwords::normalize(TextStretch stretch) const {
  std::string text(stretch.text);
  steps_.apply(text);
  return text;
}

void SplitSubwords::append_normalized(TextStretch stretch, std::size_t enough,
                                      std::vector<std::int32_t>& ids) const {
  if (!rule_.by_whitespace) return append_part(stretch, enough, ids);
  WhitespaceSplit words(stretch.text);
  for (std::string_view word; ids.size() < enough && words.next(word);) {
    const bool begins = stretch.begins_text && word.data() == stretch.text.data();
    append_part({word, begins}, enough, ids);
  }
}

void SplitSubwords::append_part(TextStretch part, std::size_t enough,
                                std::vector<std::int32_t>& ids) const {
  if (part.text.empty()) return;
  if (!rule_.metaspace) return pieces_->append(part.text, ids);
  const Metaspace& metaspace = *rule_.metaspace;
  const std::string& mark = metaspace.mark;
  std::string marked;
  marked.reserve(part.text.size() + mark.size());
  const bool prepends = metaspace.prepend == Metaspace::Prepend::kAlways ||
                        (metaspace.prepend == Metaspace::Prepend::kFirst && part.begins_text);
  if (prepends && part.text.front() != ' ' && !part.text.starts_with(mark)) marked = mark;
  for (std::size_t at = 0; at < part.text.size();) {
    const std::size_t space = std::min(part.text.find(' ', at), part.text.size());
    marked += part.text.substr(at, space - at);
    if (space < part.text.size()) marked += mark;
    at = space + 1;
  }
  if (!metaspace.splits) return pieces_->append(marked, ids);
  for (std::size_t begin = 0; begin < marked.size() && ids.size() < enough;) {
    const std::size_t end = std::min(marked.find(mark, begin + 1), marked.size());
    pieces_->append(std::string_view(marked).substr(begin, end - begin), ids);
    begin = end;
  }
}

PieceText SplitSubwords::piece_text(const std::string& token) const {
  if (!rule_.metaspace) return {token, false};
  const std::string& mark = rule_.metaspace->mark;
  PieceText piece{token, !token.starts_with(mark)};
  if (!piece.continues) piece.text.erase(0, mark.size());
  for (std::size_t at = 0; (at = piece.text.find(mark, at)) != std::string::npos; ++at) {
    piece.text.replace(at, mark.size(), " ");
  }
  return piece;
}

}  // namespace finemix
