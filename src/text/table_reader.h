#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "text/line_reader.h"

namespace finemix {

// Records of a file that is a table in plain text.
class TableReader {
 public:
  explicit TableReader(const std::filesystem::path& path) : lines_(path) {}
  virtual ~TableReader() = default;
  // Replaces `fields` by those of the next record, at least one; false at the end. Throws kFile, or
  // kMalformed.
  virtual bool next(std::vector<std::string>& fields) = 0;
  // "file:line" where the record begins that next() gave last.
  std::string place() const;

 protected:
  LineReader lines_;
  std::size_t record_line_ = 1;
};

// One record a line, fields between tabs. A `"` is a plain character.
class TsvReader : public TableReader {
 public:
  using TableReader::TableReader;
  bool next(std::vector<std::string>& fields) override;
};

// RFC 4180: fields between commas; one in `"` may hold commas, line breaks and `""` for a `"`.
class CsvReader : public TableReader {
 public:
  using TableReader::TableReader;
  bool next(std::vector<std::string>& fields) override;

 private:
  // Reads the field at the start of `rest` and removes it, with the comma behind it; `line` is what
  // `rest` views. Returns whether another field follows.
  bool next_field(std::string& line, std::string_view& rest, std::string& field);
};

}  // namespace finemix
