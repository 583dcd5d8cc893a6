#include "finemix/text/normalizer.h"

#include <algorithm>
#include <array>
#include <span>
#include <vector>

#include "finemix/text/unicode.h"

namespace finemix {
namespace {

constexpr char32_t kAscii = 0x80;

// What the stages make of each ASCII character; '\0' stands for nothing.
using AsciiTable = std::array<char, kAscii>;

AsciiTable make_ascii_table(bool clean_text, bool lowercase) {
  AsciiTable table{};
  for (char32_t code = 0; code < kAscii; ++code) {
    const std::uint8_t properties = code_point_properties()[code];
    if (clean_text && properties & kOther) continue;
    table[code] = static_cast<char>(lowercase && properties & kLowers ? lower_case(code)[0] : code);
    if (clean_text && properties & kWhitespace) table[code] = ' ';
  }
  return table;
}

const AsciiTable& ascii_table(const BertNormalizer& options) {
  static const AsciiTable tables[2][2] = {
      {make_ascii_table(false, false), make_ascii_table(false, true)},
      {make_ascii_table(true, false), make_ascii_table(true, true)}};
  return tables[options.clean_text][options.lowercase];
}

// One text on its way through the stages, character by character.
class Pass {
 public:
  Pass(const BertNormalizer& options, std::string& out) : options_(options), out_(out) {}

  void run(std::string_view text) {
    for (std::size_t at = 0; at < text.size();) {
      const auto byte = static_cast<unsigned char>(text[at]);
      if (byte == 0 || byte >= kAscii) {
        clean(next_code_point(text, at));
        continue;
      }
      ++at;
      // The stages in one step: no ASCII character is an ideograph or decomposes.
      if (const char done = ascii_[byte]; done != '\0') {
        flush();
        out_ += done;
      }
    }
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
  const AsciiTable& ascii_ = ascii_table(options_);
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
