#include "finemix/text/normalizer.h"

#include <algorithm>
#include <vector>

#include "finemix/text/unicode.h"

namespace finemix {
namespace {

// One text on its way through the stages, character by character.
class Pass {
 public:
  Pass(const BertNormalizer& options, std::string& out) : options_(options), out_(out) {}

  void run(std::string_view text) {
    for (std::size_t at = 0; at < text.size();) clean(next_code_point(text, at));
    flush();
  }

 private:
  void clean(char32_t code) {
    if (options_.clean_text) {
      const std::uint8_t properties = properties_[code];
      if (code == 0 || code == kReplacement || properties & kOther) return;
      if (properties & kWhitespace) code = U' ';
    }
    if (options_.separate_chinese && is_chinese(code)) {
      strip(U' ');
      strip(code);
      strip(U' ');
    } else {
      strip(code);
    }
  }

  void strip(char32_t code) {
    if (!options_.strip_accents) return lower(code);
    if (!(properties_[code] & kDecomposes)) return reorder(code);
    decomposition_.clear();
    append_decomposition(code, decomposition_);
    for (const char32_t part : decomposition_) reorder(part);
  }

  // Canonical ordering sorts each run of combining characters by class. Marks are dropped before
  // the sort instead of after it: the order of the others is the same, and hardly any is left.
  void reorder(char32_t code) {
    const std::uint8_t properties = properties_[code];
    if (!(properties & kReorders)) {
      flush();
      if (!(properties & kMark)) lower(code);
    } else if (!(properties & kMark)) {
      run_.push_back({combining_class(code), code});
    }
  }

  void flush() {
    if (run_.empty()) return;
    std::ranges::stable_sort(run_, {}, &Combining::combining_class);
    for (const Combining& combining : run_) lower(combining.code);
    run_.clear();
  }

  void lower(char32_t code) {
    if (!options_.lowercase || !(properties_[code] & kLowers)) return append_utf8(out_, code);
    for (const char32_t lowered : lower_case(code)) append_utf8(out_, lowered);
  }

  struct Combining {
    std::uint8_t combining_class;
    char32_t code;
  };

  const BertNormalizer& options_;
  std::string& out_;
  const std::span<const std::uint8_t, kCodePoints> properties_ = code_point_properties();
  std::u32string decomposition_;
  std::vector<Combining> run_;
};

}  // namespace

void BertNormalizer::normalize(std::string_view text, std::string& out) const {
  out.clear();
  out.reserve(text.size());
  Pass(*this, out).run(text);
}

std::string BertNormalizer::normalize(std::string_view text) const {
  std::string out;
  normalize(text, out);
  return out;
}

}  // namespace finemix
