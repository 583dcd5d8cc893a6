#include "finemix/text/added_tokens.h"

#include <algorithm>
#include <utility>

#include "finemix/text/unicode.h"

namespace finemix {
namespace {

bool first_is(std::string_view text, CodePointProperty property) {
  std::size_t at = 0;
  return !text.empty() && code_point_properties()[next_code_point(text, at)] & property;
}

// Where the last code point of `text` begins.
std::size_t last_code_point(std::string_view text) {
  std::size_t at = text.size() - 1;
  while ((static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) --at;
  return at;
}

bool last_is(std::string_view text, CodePointProperty property) {
  return !text.empty() && first_is(text.substr(last_code_point(text)), property);
}

}  // namespace

AddedTokenSplitter::AddedTokenSplitter(std::vector<std::string> patterns,
                                       std::vector<AddedToken> tokens)
    : tokens_(std::move(tokens)), patterns_(patterns) {
  for (const std::string& pattern : patterns) {
    bool& start = starts_[static_cast<unsigned char>(pattern.front())];
    if (!start) start_bytes_ += pattern.front();
    start = true;
  }
}

std::size_t AddedTokenSplitter::find_start(std::string_view text, std::size_t at) const {
  if (start_bytes_.size() <= 1) {  // "[" alone, as a rule: the C library looks at many at once
    const std::size_t found =
        start_bytes_.empty() ? text.npos : text.find(start_bytes_.front(), at);
    return std::min(found, text.size());
  }
  while (at < text.size() && !starts_[static_cast<unsigned char>(text[at])]) ++at;
  return at;
}

bool AddedTokenSplitter::Parts::next(Part& part) {
  if (!token_ && !find_token()) {
    if (done_ == text_.size()) return false;
    begin_ = text_.size();
  }
  if (done_ < begin_) {
    part = {text_.substr(done_, begin_ - done_), nullptr};
    done_ = begin_;
    return true;
  }
  part = {text_.substr(begin_, end_ - begin_), std::exchange(token_, nullptr)};
  done_ = end_;
  return true;
}

bool AddedTokenSplitter::Parts::find_token() {
  while ((at_ = splitter_.find_start(text_, at_)) < text_.size()) {
    const PieceTrie::Match match = splitter_.patterns_.longest(text_.substr(at_));
    if (match.value < 0) {
      ++at_;
      continue;
    }
    const AddedToken& token = splitter_.tokens_[static_cast<std::size_t>(match.value)];
    begin_ = at_;
    end_ = at_ += match.length;
    if (token.single_word && (last_is(text_.substr(0, begin_), kWordCharacter) ||
                              first_is(text_.substr(end_), kWordCharacter))) {
      continue;
    }
    // White space that the token before has taken stays with it.
    while (token.left_strip && begin_ > done_ && last_is(text_.substr(0, begin_), kWhitespace)) {
      begin_ = last_code_point(text_.substr(0, begin_));
    }
    if (token.right_strip) {
      end_ = std::max(end_, stripped_);
      while (first_is(text_.substr(end_), kWhitespace)) next_code_point(text_, end_);
      stripped_ = end_;
    }
    token_ = &token;
    return true;
  }
  return false;
}

}  // namespace finemix
