#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace finemix {

struct Example {
  std::string text;                   // text_a of a pair
  std::optional<std::string> text_b;  // set for pairs
  std::int64_t label = -1;            // -1: unlabelled
};

// Texts of one file. All are single or all are pairs; all are labelled or none is.
struct Dataset {
  std::string name;  // the path as given
  std::vector<Example> examples;

  std::size_t size() const { return examples.size(); }
  bool pairs() const { return !examples.empty() && examples.front().text_b.has_value(); }
  bool labelled() const { return !examples.empty() && examples.front().label >= 0; }
};

// Reads .tsv (no quoting), .csv (RFC 4180 quoting), .jsonl/.ndjson/.json (one object a line).
// Columns: `text` or `text_a` `text_b`, and `label`, an integer from 0; other columns are ignored.
// Throws kFile, or kMalformed naming file, line and column; a file without rows is kMalformed too.
Dataset read_dataset(const std::filesystem::path& path, bool require_labels);

// The labels of labelled data, in order; of other data, none.
std::vector<std::int64_t> labels_of(const Dataset& data);

// Throws kMismatch when a label is not below `labels`, naming row and file.
void check_labels(const Dataset& data, std::int64_t labels);

// Throws kMismatch when `label`, which `source` says where it is from ("--target-label is "), is
// not below `labels`.
void check_label(std::int64_t label, const std::string& source, std::int64_t labels);

// Throws kMismatch when one of them has pairs of texts and the other has not.
void check_pairs(const Dataset& a, const Dataset& b);

// As many pairs as there are single texts, without labels, of three kinds by turns: the two halves
// of a text; its first half as a question, and the text, which answers it; a text and another one.
// A text of one word is paired with another. They come in an order drawn by `seed`.
Dataset pairs_of(const Dataset& singles, std::uint64_t seed);

// The first `n` (0 = all) of a seeded shuffle, equal shares of each label as far as they go.
Dataset sample_balanced(const Dataset& data, std::size_t n, std::uint64_t seed);

// Writes the same columns in the format of the extension. Texts of a TSV have tabs and line breaks
// turned into spaces. Throws kFile, or kUsage when the file exists and `overwrite` is false.
void write_dataset(const std::filesystem::path& path, const Dataset& data, bool overwrite);

}  // namespace finemix
