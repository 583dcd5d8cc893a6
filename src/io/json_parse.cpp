#include "io/json_parse.h"

#include <algorithm>
#include <string>

#include "finemix/core/error.h"
#include "finemix/core/quote.h"

namespace finemix {
namespace {

constexpr std::size_t kMaxTokenBytes = 4 << 20;

[[noreturn]] void refuse(std::string_view object, const std::string& found) {
  throw Error(ErrorKind::kMalformed, printable(object) + ": " + found);
}

// Checks what the parser itself would let pass or spend memory on: a byte order mark (skipped), a
// NUL byte (taken for the end of the text), depth, and strings, numbers or blanks without end (held
// twice). Whether brackets and quotes match is the parser's affair.
void check_before_parsing(std::string_view text, std::string_view object, std::size_t max_depth) {
  if (text.starts_with("\xEF\xBB\xBF")) {
    refuse(object, "begins with a byte order mark, expected plain JSON: save it without one");
  }
  std::size_t depth = 0;
  std::size_t token_begin = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const auto at_offset = [i] { return " at offset " + std::to_string(i); };
    if (c == '\0') refuse(object, "NUL byte" + at_offset() + ", expected JSON text");
    if (i - token_begin > kMaxTokenBytes) {
      refuse(object, "a string, number or blank of over " + std::to_string(kMaxTokenBytes) +
                         " bytes" + at_offset() + ", expected shorter ones");
    }
    if (in_string) {
      if (c == '\\') ++i;
      if (c != '"') continue;
      in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      if (++depth > max_depth) {
        refuse(object, "nested deeper than " + std::to_string(max_depth) + " levels" + at_offset());
      }
    } else if (c == '}' || c == ']') {
      depth -= depth > 0;
    } else if (c != ',' && c != ':') {
      continue;
    }
    token_begin = i;
  }
}

}  // namespace

bool JsonHandler::parse_error(std::size_t position, const std::string& /*last_token*/,
                              const nlohmann::json::exception& error) {
  // "[json.exception.parse_error.101] parse error at line 1, column 2: syntax error while ..."
  std::string_view reason = error.what();
  reason.remove_prefix(std::min(reason.size(), reason.find("] ") + 2));
  refuse(object_, "not valid JSON at byte " + std::to_string(position) + ": " + printable(reason));
}

void parse_json_text(std::string_view text, std::string_view object, std::size_t max_depth,
                     JsonHandler& handler) {
  check_before_parsing(text, object, max_depth);
  Json::sax_parse(text, &handler);
}

}  // namespace finemix
