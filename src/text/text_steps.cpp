#include "finemix/text/text_steps.h"

#include <algorithm>
#include <utility>

#include "finemix/core/error.h"
#include "finemix/core/quote.h"
#include "finemix/text/unicode.h"

namespace finemix {
namespace {

bool is_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

bool has_property(char32_t code, CodePointProperty property) {
  return code_point_properties()[code] & property;
}

// Appends each character of `text` that `change(code, bytes, out)` does not take over.
template <typename Change>
void change_characters(std::string_view text, std::string& out, const Change& change) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t begin = at;
    const char32_t code = next_code_point(text, at);
    if (!change(code)) out += text.substr(begin, at - begin);
  }
}

// Each of these appends the step's result to `out`; false where it is the text as it was. Those
// with a limit have texts from a file, and stop early when `out` is longer than that.

bool run(const ReplaceStep& step, std::string_view text, std::string& out, std::size_t limit) {
  std::size_t found = text.find(step.pattern);
  if (found == text.npos) return false;
  std::size_t done = 0;
  for (; found != text.npos && out.size() <= limit; found = text.find(step.pattern, done)) {
    out += text.substr(done, found - done);
    out += step.content;
    done = found + step.pattern.size();
  }
  out += text.substr(done);
  return true;
}

bool run(const ReplaceSpacesStep& step, std::string_view text, std::string& out,
         std::size_t limit) {
  if (text.find("  ") == text.npos) return false;
  for (std::size_t at = 0; at < text.size() && out.size() <= limit;) {
    const std::size_t end = std::min(text.find_first_not_of(' ', at), text.size());
    if (end - at >= 2) {
      out += step.content;
      at = end;
    } else {
      const std::size_t next = std::min(text.find("  ", at), text.size());
      out += text.substr(at, next - at);
      at = next;
    }
  }
  return true;
}

bool run(const JoinWhitespaceStep&, std::string_view text, std::string& out) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t begin = at;
    std::size_t end = at;  // of the white space at `begin`
    std::size_t count = 0;
    while (at < text.size() && has_property(next_code_point(text, at), kWhitespace)) {
      end = at;
      ++count;
    }
    if (count == 0) {
      out += text.substr(begin, at - begin);
      continue;
    }
    at = end;
    const char first = text[begin];
    if (count >= 2 || first == '\n' || first == '\r' || first == '\t') {
      out += ' ';
    } else {
      out += text.substr(begin, end - begin);
    }
  }
  return true;
}

bool run(NormalForm form, std::string_view text, std::string& out) {
  if (is_ascii(text)) return false;
  append_normal_form(text, form, out);
  return true;
}

bool run(const StripAccentsStep&, std::string_view text, std::string& out) {
  if (is_ascii(text)) return false;
  change_characters(text, out, is_accent);
  return true;
}

bool run(const LowercaseStep&, std::string_view text, std::string& out) {
  change_characters(text, out, [&](char32_t code) {
    if (!has_property(code, kLowers)) return false;
    for (const char32_t lowered : lower_case(code)) append_utf8(out, lowered);
    return true;
  });
  return true;
}

bool run(const StripStep& step, std::string_view text, std::string& out) {
  std::size_t begin = text.size();  // of the first character that stays
  std::size_t end = 0;              // … and behind the last
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t start = at;
    if (has_property(next_code_point(text, at), kWhitespace)) continue;
    begin = std::min(begin, start);
    end = at;
  }
  if (!step.left) begin = 0;
  if (!step.right) end = text.size();
  if (begin >= end) return true;
  out += text.substr(begin, end - begin);
  return true;
}

bool run(const PrependStep& step, std::string_view text, std::string& out) {
  if (text.empty()) return false;
  out += step.content;
  out += text;
  return true;
}

bool run(const Charsmap& charsmap, std::string_view text, std::string& out, std::size_t limit) {
  charsmap.normalize(text, out, limit);
  return true;
}

// How many times as long each may make a text, in bytes.
constexpr std::size_t kMaxGrowth = 1024;
// … and what all may make of a text that is really there, beside kFreeGrowth bytes. The longest
// that Unicode's forms make of a whole text is 11 times as long.
constexpr std::size_t kMaxTextGrowth = 64;
constexpr std::size_t kFreeGrowth = 4096;

std::size_t growth_of(const ReplaceStep& step) {
  return std::max<std::size_t>(
      1, (step.content.size() + step.pattern.size() - 1) / step.pattern.size());
}
std::size_t growth_of(const ReplaceSpacesStep& step) {
  return std::max<std::size_t>(1, (step.content.size() + 1) / 2);
}
// The longest are those of U+FDFA, 3 bytes by 33, and of U+0390, 2 bytes by 6.
std::size_t growth_of(NormalForm form) {
  return form == NormalForm::kNfkc || form == NormalForm::kNfkd ? 11 : 3;
}
std::size_t growth_of(const LowercaseStep&) { return 2; }
std::size_t growth_of(const Charsmap& map) { return std::max<std::size_t>(1, map.longest()); }
template <typename Step>
std::size_t growth_of(const Step&) {
  return 1;
}

}  // namespace

TextSteps::TextSteps(std::vector<TextStep> steps, std::string_view object)
    : steps_(std::move(steps)), object_(object) {
  std::size_t growth = 1;
  for (const TextStep& step : steps_) {
    growth *= std::visit([](const auto& kind) { return growth_of(kind); }, step);
    if (growth <= kMaxGrowth) continue;
    throw Error(ErrorKind::kMalformed,
                printable(object) + ": its normalizer could make a text more than " +
                    std::to_string(kMaxGrowth) + " times as long, expected less growth");
  }
}

bool TextSteps::may_drop_beginning() const {
  return std::ranges::any_of(steps_, [](const TextStep& step) {
    if (const auto* replace = std::get_if<ReplaceStep>(&step)) return replace->content.empty();
    if (const auto* strip = std::get_if<StripStep>(&step)) return strip->left;
    return std::holds_alternative<ReplaceSpacesStep>(step) ||
           std::holds_alternative<StripAccentsStep>(step) || std::holds_alternative<Charsmap>(step);
  });
}

void TextSteps::apply(std::string& text) const {
  const std::size_t given = text.size();
  const std::size_t limit = kMaxTextGrowth * given + kFreeGrowth;
  std::string next;
  for (const TextStep& step : steps_) {
    next.clear();
    next.reserve(text.size());
    const auto run_step = [&](const auto& kind) {
      if constexpr (requires { run(kind, text, next, limit); }) {
        return run(kind, text, next, limit);
      } else {
        return run(kind, text, next);
      }
    };
    if (std::visit(run_step, step)) text.swap(next);
    if (text.size() <= limit) continue;
    throw Error(ErrorKind::kMalformed,
                printable(object_) + ": its normalizer makes " + std::to_string(text.size()) +
                    " bytes or more of a text of " + std::to_string(given) + ", expected at most " +
                    std::to_string(kMaxTextGrowth) +
                    " times as many: no real tokenizer does so, get it again");
  }
}

}  // namespace finemix
