#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <system_error>
#include <vector>

#include "finemix/core/error.h"
#include "finemix/core/quote.h"
#include "finemix/io/atomic_file.h"
#include "finemix/io/manifest.h"
#include "finemix/io/output_guard.h"
#include "finemix/record/made.h"
#include "finemix/record/merge.h"
#include "finemix/report/csv.h"
#include "finemix/report/figures/plots.h"
#include "finemix/report/latex.h"
#include "finemix/report/markdown.h"
#include "finemix/report/purify_page.h"
#include "finemix/report/sweep_page.h"
#include "request.h"
#include "verb.h"

namespace finemix {
namespace {

constexpr std::uint64_t kMostBytes = 1u << 30;  // of a record: a large sweep's have hundreds of MB

struct ReportOptions {
  std::vector<std::string> records;
  std::string format = "html";
  std::string output;
  bool compact = false;
  bool overwrite = false;
};

struct NamedJson {
  std::string name;  // of the file that it was read from
  Json json;
};

// The file of a record: of a directory, the one that compare and sweep, or purify, leave there.
std::filesystem::path record_file(const std::filesystem::path& path) {
  std::error_code unknown;  // then reading the file says what is wrong
  if (!std::filesystem::is_directory(path, unknown)) return path;
  for (const char* name : {"results.json", "report.json"}) {
    if (std::filesystem::exists(path / name, unknown)) return path / name;
  }
  throw Error(ErrorKind::kFile, printable(path.native()) +
                                    " has no results.json of compare or sweep and no report.json "
                                    "of purify: give a record");
}

NamedJson read_record(const std::string& path) {
  const std::filesystem::path file = record_file(path);
  return {file.string(), read_json_file(file, kMostBytes)};
}

bool is_purification(const NamedJson& record) {
  const std::string schema = json_string_or(record.json, "schema", "", record.name);
  if (schema == kPurifySchema) return true;
  if (schema == kSweepSchema) return false;
  throw Error(ErrorKind::kMalformed, printable(record.name) + ": 'schema' is " + quote(schema) +
                                         ", expected '" + std::string(kSweepSchema) + "' or '" +
                                         std::string(kPurifySchema) + "'");
}

SweepRecord united(const std::vector<NamedJson>& records) {
  std::vector<NamedSweep> pieces;
  for (const NamedJson& record : records) {
    pieces.push_back({record.name, sweep_from_json(record.json, record.name)});
  }
  return merged(pieces);
}

std::string document(const SweepRecord& sweep, const ReportOptions& options) {
  const std::string& format = options.format;
  if (format == "html") return html(sweep);
  if (format == "csv") return csv(sweep);
  if (format == "markdown") return markdown(sweep);
  if (format == "latex") return latex(sweep);
  return json_text(to_json(sweep), options.compact ? -1 : 2);
}

std::string document(const PurifyRecord& record, const ReportOptions& options) {
  const std::string& format = options.format;
  if (format == "html") return html(record);
  if (format == "json") return json_text(to_json(record), options.compact ? -1 : 2);
  throw Error(ErrorKind::kUsage, "--format " + format +
                                     " is for comparisons; a purification is shown as html, json "
                                     "or svg");
}

void write_figures(const std::vector<Figure>& figures, const ReportOptions& options,
                   const Console& console) {
  if (figures.empty()) {
    throw Error(ErrorKind::kUsage, "--format svg: the record has nothing to draw figures from");
  }
  AtomicDirectory directory(options.output, options.overwrite);
  for (const Figure& figure : figures) {
    write_text_file(directory.staging() / (figure.name + ".svg"),
                    figure.svg.document(figure.caption), false);
  }
  std::vector<InputRecord> inputs;
  for (const std::string& path : options.records) {
    inputs.push_back({"record", path, sha256_file(record_file(path))});
  }
  const RunRequest request = request_of(console.words(), console.config());
  write_manifest(directory.staging(), made_by(request, std::nullopt, inputs));
  directory.commit();
}

template <typename Record>
void show(const Record& record, const ReportOptions& options, Console& console) {
  const std::string& format = options.format;
  if (options.output.empty()) {
    console.result(to_json(record), document(record, options));
    return;
  }
  if (format == "svg") {
    write_figures(all_figures(record), options, console);
  } else {
    write_text_file(options.output, document(record, options), options.overwrite);
  }
  console.result({{"format", format}, {"output", options.output}},
                 "Written to " + printable(options.output) + "\n");
}

}  // namespace

Verb report_verb() {
  auto options = std::make_shared<ReportOptions>();
  Verb verb{.name = "report",
            .summary = "Show recorded results as a page, tables or figures",
            .details =
                "Reads what compare, sweep or purify recorded. html is one page with all tables "
                "and figures that needs nothing beside it; svg is a directory of the figures; csv "
                "has one row for each run. Several records of one grid, run in pieces, are united. "
                "One purification is shown as html, json or svg.",
            .example = "finemix report comparison --output comparison.html",
            .options = {},
            .run = {}};
  OptionTable& table = verb.options;
  table.group("Files");
  table.positionals(
      "records", "RECORD…", &options->records,
      "results.json of compare or sweep, report.json of purify, or the directory that has it");
  table.choice("format", {"html", "csv", "json", "markdown", "latex", "svg"}, &options->format,
               "what to write");
  table.text("output", "PATH", &options->output,
             "the file, or with svg the directory; without it csv, json, markdown and latex go to "
             "stdout");
  table.flag("compact", &options->compact, "json in one line, as records are best kept");
  table.flag("overwrite", &options->overwrite,
             "replace an existing file, or figures that nobody added to");
  table.require({"records"});

  verb.run = [options](Console& console) {
    const std::string& format = options->format;
    if (options->compact && format != "json") {
      throw Error(ErrorKind::kUsage, "--compact is for --format json, not for " + format);
    }
    if (options->output.empty() && (format == "html" || format == "svg")) {
      throw Error(ErrorKind::kUsage, "--output PATH is missing: where the " +
                                         std::string(format == "html" ? "page" : "figures") +
                                         " should be written");
    }
    std::vector<NamedJson> records;
    for (const std::string& path : options->records) records.push_back(read_record(path));
    const bool purification = std::ranges::any_of(records, is_purification);
    if (purification && records.size() > 1) {
      throw Error(ErrorKind::kUsage,
                  "a purification is shown by itself, and only pieces of one grid are united: give "
                  "one record");
    }
    std::vector<std::string> files;
    for (const NamedJson& record : records) files.push_back(record.name);
    check_apart(options->output, files);
    if (purification) {
      show(purify_from_json(records.front().json, records.front().name), *options, console);
    } else {
      show(united(records), *options, console);
    }
  };
  return verb;
}

}  // namespace finemix
