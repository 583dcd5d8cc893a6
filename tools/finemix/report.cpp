#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <system_error>
#include <vector>

#include "common_options.h"
#include "finemix/core/error.h"
#include "finemix/core/quote.h"
#include "finemix/io/atomic_file.h"
#include "finemix/io/manifest.h"
#include "finemix/io/output_guard.h"
#include "finemix/record/made.h"
#include "finemix/record/merge.h"
#include "finemix/report/checks.h"
#include "finemix/report/csv.h"
#include "finemix/report/figures/plots.h"
#include "finemix/report/junit.h"
#include "finemix/report/latex.h"
#include "finemix/report/markdown.h"
#include "finemix/report/markdown_summary.h"
#include "finemix/report/purify_page.h"
#include "finemix/report/sarif.h"
#include "finemix/report/scan_page.h"
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

enum class Kind { kSweep, kPurification, kScan };

Kind kind_of(const NamedJson& record) {
  const std::string schema = json_string_or(record.json, "schema", "", record.name);
  if (schema == kPurifySchema) return Kind::kPurification;
  if (schema == kScanSchema) return Kind::kScan;
  if (schema == kSweepSchema) return Kind::kSweep;
  throw Error(ErrorKind::kMalformed, printable(record.name) + ": 'schema' is " + quote(schema) +
                                         ", expected '" + std::string(kSweepSchema) + "', '" +
                                         std::string(kPurifySchema) + "' or '" +
                                         std::string(kScanSchema) + "'");
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
  if (format == "json") return json_text(to_json(sweep), options.compact ? -1 : 2);
  throw Error(ErrorKind::kUsage, "--format " + format +
                                     " is for a scan or a purification; comparisons are shown as "
                                     "html, csv, json, markdown, latex or svg");
}

// Of a scan or a purification.
template <typename Record>
std::string document(const Record& record, const ReportOptions& options) {
  const std::string& format = options.format;
  if (format == "html") return html(record);
  if (format == "markdown") return markdown(record);
  if (format == "json") return json_text(to_json(record), options.compact ? -1 : 2);
  if (format == "junit") return junit(checks_of(record));
  if (format == "sarif") return json_text(sarif(checks_of(record)), options.compact ? -1 : 2);
  throw Error(ErrorKind::kUsage, "--format " + format +
                                     " is for comparisons; a scan or a purification is shown as "
                                     "html, json, markdown, junit, sarif or svg");
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
  console.result({{"format", format}, {"output", options.output}}, written_to(options.output));
}

}  // namespace

Verb report_verb() {
  auto options = std::make_shared<ReportOptions>();
  Verb verb{
      .name = "report",
      .summary = "Show recorded results as a page, tables or figures",
      .details =
          "Reads what compare, sweep, purify or scan recorded (scan --json prints its record). "
          "html is one page with all tables and figures that needs nothing beside it; svg is "
          "a directory of the figures; csv has one row for each run. Several records of one "
          "grid, run in pieces, are united. A scan or a purification is shown as html, json, "
          "svg, markdown for a pull request, junit (JUnit XML) or sarif (SARIF 2.1.0).",
      .example = "finemix report comparison --output comparison.html",
      .options = {},
      .run = {}};
  OptionTable& table = verb.options;
  table.group("Files");
  table.positionals(
      "records", "RECORD…", &options->records,
      "results.json of compare or sweep, report.json of purify, or the directory that has it; or "
      "the record of a scan");
  table.choice("format", {"html", "csv", "json", "markdown", "latex", "svg", "junit", "sarif"},
               &options->format, "what to write");
  table.text("output", "PATH", &options->output,
             "the file, or with svg the directory; without it all but html and svg go to stdout");
  table.flag("compact", &options->compact, "json or sarif in one line, as records are best kept");
  table.flag("overwrite", &options->overwrite,
             "replace an existing file, or figures that nobody added to");
  table.require({"records"});

  verb.run = [options](Console& console) {
    const std::string& format = options->format;
    if (options->compact && format != "json" && format != "sarif") {
      throw Error(ErrorKind::kUsage, "--compact is for --format json or sarif, not for " + format);
    }
    if (options->output.empty() && (format == "html" || format == "svg")) {
      throw Error(ErrorKind::kUsage, "--output PATH is missing: where the " +
                                         std::string(format == "html" ? "page" : "figures") +
                                         " should be written");
    }
    std::vector<NamedJson> records;
    for (const std::string& path : options->records) records.push_back(read_record(path));
    const bool alone = std::ranges::any_of(
        records, [](const NamedJson& record) { return kind_of(record) != Kind::kSweep; });
    if (alone && records.size() > 1) {
      throw Error(ErrorKind::kUsage,
                  "a scan or a purification is shown by itself, and only pieces of one grid are "
                  "united: give one record");
    }
    std::vector<std::string> files;
    for (const NamedJson& record : records) files.push_back(record.name);
    check_apart(options->output, files);
    const NamedJson& first = records.front();
    switch (kind_of(first)) {
      case Kind::kSweep:
        return show(united(records), *options, console);
      case Kind::kPurification:
        return show(purify_from_json(first.json, first.name), *options, console);
      case Kind::kScan:
        return show(scan_from_json(first.json, first.name), *options, console);
    }
  };
  return verb;
}

}  // namespace finemix
