#include "finemix/text/normal_forms.h"

#include <algorithm>
#include <span>
#include <vector>

#include "finemix/text/unicode.h"

namespace finemix {
namespace {

class Pass {
 public:
  Pass(NormalForm form, std::string& out)
      : compatible_(form == NormalForm::kNfkc || form == NormalForm::kNfkd),
        composes_(form == NormalForm::kNfc || form == NormalForm::kNfkc),
        out_(out) {}

  void run(std::string_view text) {
    const auto ascii = [&](std::size_t at) { return static_cast<unsigned char>(text[at]) < 0x80; };
    for (std::size_t at = 0; at < text.size();) {
      // The last of them may compose with what follows.
      std::size_t end = at;
      while (end + 1 < text.size() && ascii(end) && ascii(end + 1)) ++end;
      if (end > at) {
        flush();
        out_ += text.substr(at, end - at);
        at = end;
      }
      decompose(next_code_point(text, at));
    }
    flush();
  }

 private:
  struct Character {
    std::uint8_t combining_class;  // 0: a starter
    char32_t code;
  };

  void decompose(char32_t code) {
    if (!compatible_ && !(properties_[code] & kDecomposes)) return add(code);
    if (code < 0x80) return add(code);
    parts_.clear();
    if (compatible_) {
      append_compatibility_decomposition(code, parts_);
    } else {
      append_decomposition(code, parts_);
    }
    for (const char32_t part : parts_) add(part);
  }

  // Collects a starter and the marks behind it. A starter may compose with the one before, if no
  // mark is left between them, so that one waits.
  void add(char32_t code) {
    const std::uint8_t combining =
        properties_[code] & kReorders ? combining_class(code) : std::uint8_t{0};
    if (combining == 0 && !segment_.empty()) {
      order();
      if (composes_ && segment_.size() == 1 && segment_.front().combining_class == 0) {
        if (const char32_t both = composition(segment_.front().code, code)) {
          segment_.front().code = both;
          return;
        }
      }
      write();
    }
    segment_.push_back({combining, code});
  }

  // Sorts the marks of the segment, and composes them with its starter.
  void order() {
    const bool starts = segment_.front().combining_class == 0;
    const std::span marks = std::span(segment_).subspan(starts ? 1 : 0);
    if (marks.empty()) return;
    std::ranges::stable_sort(marks, {}, &Character::combining_class);
    if (!composes_ || !starts) return;
    // A mark is blocked by one of its class that is left before it.
    std::size_t kept = 1;
    std::uint8_t last = 0;
    for (const Character& mark : marks) {
      const char32_t both =
          last < mark.combining_class ? composition(segment_.front().code, mark.code) : 0;
      if (both) {
        segment_.front().code = both;
      } else {
        last = mark.combining_class;
        segment_[kept++] = mark;
      }
    }
    segment_.resize(kept);
  }

  void flush() {
    if (segment_.empty()) return;
    order();
    write();
  }

  void write() {
    for (const Character& character : segment_) append_utf8(out_, character.code);
    segment_.clear();
  }

  const bool compatible_;
  const bool composes_;
  std::string& out_;
  const std::span<const std::uint8_t, kCodePoints> properties_ = code_point_properties();
  std::u32string parts_;
  std::vector<Character> segment_;
};

}  // namespace

void append_normal_form(std::string_view text, NormalForm form, std::string& out) {
  Pass(form, out).run(text);
}

}  // namespace finemix
