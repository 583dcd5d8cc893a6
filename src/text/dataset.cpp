#include "finemix/text/dataset.h"

#include <algorithm>
#include <charconv>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "finemix/core/error.h"
#include "finemix/core/quote.h"
#include "finemix/core/random.h"
#include "finemix/core/stop.h"
#include "finemix/io/atomic_file.h"
#include "finemix/io/json.h"
#include "text/line_reader.h"
#include "text/table_reader.h"

namespace finemix {
namespace {

constexpr std::int64_t kMaxLabel = std::numeric_limits<std::int32_t>::max();

enum class Format { kTsv, kCsv, kJsonLines };

Format format_of(const std::filesystem::path& path) {
  std::string extension = path.extension();
  std::ranges::transform(extension, extension.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  if (extension == ".tsv") return Format::kTsv;
  if (extension == ".csv") return Format::kCsv;
  if (extension == ".jsonl" || extension == ".ndjson" || extension == ".json") {
    return Format::kJsonLines;
  }
  throw Error(ErrorKind::kUsage, printable(path.native()) + ": the extension is " +
                                     quote(extension) +
                                     ", expected .tsv, .csv, .jsonl, .ndjson "
                                     "or .json");
}

std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + quote(name, 40);
  return text;
}

// Where the columns that finemix reads are among those of the file.
struct Columns {
  std::size_t count = 0;
  std::size_t text = 0;
  std::optional<std::size_t> text_b;
  std::optional<std::size_t> label;
};

Columns find_columns(const std::vector<std::string>& header, bool require_labels,
                     const std::string& place) {
  const auto find = [&](std::string_view name) -> std::optional<std::size_t> {
    const auto found = std::ranges::find(header, name);
    if (found == header.end()) return std::nullopt;
    if (std::find(found + 1, header.end(), name) != header.end()) {
      throw Error(ErrorKind::kMalformed, place + ": there are two columns " + quote(name));
    }
    return found - header.begin();
  };
  const auto refuse = [&](const std::string& expected) {
    throw Error(ErrorKind::kMalformed,
                place + ": found the columns " + listed(header) + ", expected " + expected);
  };
  const auto text = find("text");
  const auto text_a = find("text_a");
  Columns columns{header.size(), 0, find("text_b"), find("label")};
  if (text.has_value() == text_a.has_value() || text_a.has_value() != columns.text_b.has_value()) {
    refuse("either 'text' or both 'text_a' and 'text_b'");
  }
  if (require_labels && !columns.label) refuse("also 'label'");
  columns.text = text ? *text : *text_a;
  return columns;
}

std::int64_t parse_label(std::string_view field, const std::string& place) {
  std::int64_t label = -1;
  const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), label);
  if (error != std::errc() || end != field.data() + field.size() || label < 0 ||
      label > kMaxLabel) {
    throw Error(ErrorKind::kMalformed, place + ": column 'label' holds " + quote(field, 40) +
                                           ", expected an integer from 0");
  }
  return label;
}

std::vector<Example> read_table(TableReader& table, bool require_labels) {
  std::vector<std::string> fields;
  if (!table.next(fields)) {
    throw Error(ErrorKind::kMalformed, table.place() +
                                           ": the file is empty, expected a line that "
                                           "names the columns");
  }
  const std::vector<std::string> header = fields;
  const Columns columns = find_columns(header, require_labels, table.place());
  std::vector<Example> examples;
  std::string blank_place;  // of an empty line, which is welcome at the end only
  while (table.next(fields)) {
    throw_if_stopped();
    if (columns.count > 1 && fields.size() == 1 && fields[0].empty()) {
      if (blank_place.empty()) blank_place = table.place();
      continue;
    }
    if (!blank_place.empty() || fields.size() != columns.count) {
      const bool blank = !blank_place.empty();
      throw Error(ErrorKind::kMalformed,
                  (blank ? blank_place : table.place()) + ": found " +
                      (blank ? "an empty line" : std::to_string(fields.size()) + " field(s)") +
                      ", expected " + std::to_string(columns.count) + ": " + listed(header));
    }
    Example& example = examples.emplace_back();
    example.text = std::move(fields[columns.text]);
    if (columns.text_b) example.text_b = std::move(fields[*columns.text_b]);
    if (columns.label) example.label = parse_label(fields[*columns.label], table.place());
  }
  return examples;
}

Example read_object(const Json& json, bool require_labels, const std::string& place) {
  if (!json.is_object()) {
    throw Error(ErrorKind::kMalformed,
                place + ": found an " + json.type_name() + ", expected one object a line");
  }
  std::vector<std::string> keys;
  for (const auto& [key, value] : json.items()) keys.push_back(key);
  const Columns columns = find_columns(keys, require_labels, place);
  const auto text = [&](std::size_t column) {
    const Json& value = json[keys[column]];
    if (value.is_string()) return value.get<std::string>();
    throw Error(ErrorKind::kMalformed, place + ": " + quote(keys[column]) + " is " +
                                           printable(value.dump(), 40) + ", expected a string");
  };
  Example example;
  example.text = text(columns.text);
  if (columns.text_b) example.text_b = text(*columns.text_b);
  if (columns.label) example.label = json_integer(json, "label", 0, kMaxLabel, place);
  return example;
}

std::vector<Example> read_json_lines(LineReader& lines, bool require_labels) {
  std::vector<Example> examples;
  std::string line;
  while (lines.next(line)) {
    throw_if_stopped();
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    const std::string place =
        printable(lines.path().native()) + ":" + std::to_string(lines.number());
    examples.push_back(read_object(parse_json(line, place), require_labels, place));
    const Example& first = examples.front();
    const Example& last = examples.back();
    if (first.text_b.has_value() != last.text_b.has_value() ||
        (first.label < 0) != (last.label < 0)) {
      throw Error(ErrorKind::kMalformed, place +
                                             ": the keys differ from those of the first line, "
                                             "expected the same in every line");
    }
  }
  return examples;
}

std::string one_line(std::string text) {
  std::ranges::replace_if(
      text, [](char c) { return c == '\t' || c == '\n' || c == '\r'; }, ' ');
  return text;
}

std::string quoted_field(const std::string& text) {
  if (text.find_first_of("\",\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted.append(c == '"' ? 2 : 1, c);
  return quoted + '"';
}

// A line of the file: an example, or the names of the columns.
std::string table_line(std::vector<std::string> fields, Format format) {
  std::string line;
  for (std::string& field : fields) {
    if (&field != &fields.front()) line += format == Format::kTsv ? '\t' : ',';
    line += format == Format::kTsv ? one_line(std::move(field)) : quoted_field(field);
  }
  return line + '\n';
}

std::string json_line(const std::vector<std::string>& names, const Example& example) {
  Json json;
  json[names[0]] = example.text;
  if (example.text_b) json[names[1]] = *example.text_b;
  if (example.label >= 0) json["label"] = example.label;
  // Bytes that are not UTF-8 become U+FFFD, as the tokenizer reads them.
  return json_text(json, -1);
}

}  // namespace

Dataset read_dataset(const std::filesystem::path& path, bool require_labels) {
  Dataset data{path, {}};
  switch (format_of(path)) {
    case Format::kTsv: {
      TsvReader table(path);
      data.examples = read_table(table, require_labels);
      break;
    }
    case Format::kCsv: {
      CsvReader table(path);
      data.examples = read_table(table, require_labels);
      break;
    }
    case Format::kJsonLines: {
      LineReader lines(path);
      data.examples = read_json_lines(lines, require_labels);
      break;
    }
  }
  if (data.examples.empty()) {
    throw Error(ErrorKind::kMalformed,
                printable(data.name) + ": found no rows, expected at least one");
  }
  return data;
}

std::vector<std::int64_t> labels_of(const Dataset& data) {
  std::vector<std::int64_t> labels;
  if (!data.labelled()) return labels;
  labels.reserve(data.size());
  for (const Example& example : data.examples) labels.push_back(example.label);
  return labels;
}

void check_labels(const Dataset& data, std::int64_t labels) {
  for (std::size_t i = 0; i < data.size(); ++i) {
    if (data.examples[i].label < labels) continue;
    throw Error(ErrorKind::kMismatch, printable(data.name) + ": row " + std::to_string(i + 1) +
                                          " has label " + std::to_string(data.examples[i].label) +
                                          ", expected 0 to " + std::to_string(labels - 1) +
                                          ": the model has " + std::to_string(labels) + " labels");
  }
}

void check_label(std::int64_t label, const std::string& source, std::int64_t labels) {
  if (label < labels) return;
  throw Error(ErrorKind::kMismatch, source + std::to_string(label) + ", but the model has " +
                                        std::to_string(labels) + " labels, 0 to " +
                                        std::to_string(labels - 1));
}

void check_pairs(const Dataset& a, const Dataset& b) {
  if (a.pairs() == b.pairs()) return;
  throw Error(ErrorKind::kMismatch, printable(a.name) + " and " + printable(b.name) +
                                        ": one has pairs of texts, the other single texts");
}

Dataset pairs_of(const Dataset& singles, std::uint64_t seed) {
  Dataset pairs{singles.name, {}};
  const std::vector<std::size_t> order = permutation(singles.size(), seed, "pairs");
  for (std::size_t place = 0; place < order.size(); ++place) {
    const std::string& text = singles.examples[order[place]].text;
    const std::string& other = singles.examples[order[(place + 1) % order.size()]].text;
    std::size_t half = text.find(' ', text.size() / 2);
    if (half == std::string::npos) half = text.rfind(' ');
    const bool halves = half != std::string::npos && half > 0 && half + 1 < text.size();
    if (place % 3 == 2 || !halves) {
      pairs.examples.push_back({text, other});
    } else if (place % 3 == 1) {
      pairs.examples.push_back({text.substr(0, half) + " ?", text});
    } else {
      pairs.examples.push_back({text.substr(0, half), text.substr(half + 1)});
    }
  }
  return pairs;
}

Dataset sample_balanced(const Dataset& data, std::size_t n, std::uint64_t seed) {
  const std::vector<std::size_t> order = permutation(data.size(), seed, "dataset/sample");
  std::map<std::int64_t, std::size_t> available;
  for (const Example& example : data.examples) ++available[example.label];

  // Each label in turn gives one more, until there are n or none is left.
  std::map<std::int64_t, std::size_t> wanted;
  const std::size_t total = n == 0 ? data.size() : std::min(n, data.size());
  for (std::size_t chosen = 0; chosen < total;) {
    for (const auto& [label, count] : available) {
      if (chosen == total || wanted[label] == count) continue;
      ++wanted[label];
      ++chosen;
    }
  }

  Dataset sample{data.name, {}};
  for (const std::size_t i : order) {
    std::size_t& still_wanted = wanted[data.examples[i].label];
    if (still_wanted == 0) continue;
    --still_wanted;
    sample.examples.push_back(data.examples[i]);
  }
  return sample;
}

void write_dataset(const std::filesystem::path& path, const Dataset& data, bool overwrite) {
  const Format format = format_of(path);
  std::vector<std::string> names = {"text"};
  if (data.pairs()) names = {"text_a", "text_b"};
  AtomicFile file(path, overwrite);
  if (format != Format::kJsonLines) {
    std::vector<std::string> header = names;
    if (data.labelled()) header.push_back("label");
    file.write(table_line(header, format));
  }
  for (const Example& example : data.examples) {
    throw_if_stopped();
    if (format == Format::kJsonLines) {
      file.write(json_line(names, example));
      continue;
    }
    std::vector<std::string> fields = {example.text};
    if (data.pairs()) fields.push_back(example.text_b.value_or(""));
    if (data.labelled()) fields.push_back(std::to_string(example.label));
    file.write(table_line(std::move(fields), format));
  }
  file.commit();
}

}  // namespace finemix
