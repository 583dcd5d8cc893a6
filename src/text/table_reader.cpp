#include "text/table_reader.h"

#include <algorithm>
#include <string_view>

#include "finemix/core/error.h"
#include "finemix/core/quote.h"

namespace finemix {

std::string TableReader::place() const {
  return printable(lines_.path().native()) + ":" + std::to_string(record_line_);
}

bool TsvReader::next(std::vector<std::string>& fields) {
  std::string line;
  if (!lines_.next(line)) return false;
  record_line_ = lines_.number();
  fields.clear();
  std::string_view rest = without_return(line);
  for (;;) {
    const std::size_t tab = rest.find('\t');
    fields.emplace_back(rest.substr(0, tab));
    if (tab == std::string_view::npos) return true;
    rest.remove_prefix(tab + 1);
  }
}

bool CsvReader::next(std::vector<std::string>& fields) {
  std::string line;
  if (!lines_.next(line)) return false;
  record_line_ = lines_.number();
  fields.clear();
  std::string_view rest = line;
  do {
    fields.emplace_back();
  } while (next_field(line, rest, fields.back()));
  return true;
}

bool CsvReader::next_field(std::string& line, std::string_view& rest, std::string& field) {
  if (rest.starts_with('"')) {
    rest.remove_prefix(1);
    for (;;) {
      const std::size_t quote_at = rest.find('"');
      field += rest.substr(0, quote_at);
      if (quote_at == std::string_view::npos) {
        if (!lines_.next(line)) {
          throw Error(ErrorKind::kMalformed,
                      place() + ": the '\"' that opens a field here is never closed");
        }
        field += '\n';
        rest = line;
        continue;
      }
      rest.remove_prefix(quote_at + 1);
      if (!rest.starts_with('"')) break;
      field += '"';
      rest.remove_prefix(1);
    }
  } else {
    const std::size_t comma = rest.find(',');
    field = comma == std::string_view::npos ? without_return(rest) : rest.substr(0, comma);
    rest.remove_prefix(field.size());
    if (field.find('"') != std::string::npos) {
      throw Error(ErrorKind::kMalformed, place() + ": field " + quote(field, 40) +
                                             " holds a '\"', expected it doubled in a field that "
                                             "is quoted as a whole");
    }
  }
  if (rest.starts_with(',')) {
    rest.remove_prefix(1);
    return true;
  }
  if (!without_return(rest).empty()) {
    throw Error(ErrorKind::kMalformed, place() + ": found " + quote(rest.substr(0, 20)) +
                                           " after a quoted field, expected a comma or the end of "
                                           "the line");
  }
  return false;
}

}  // namespace finemix
