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
#include "finemix/record/merge.h"
#include "finemix/report/csv.h"
#include "finemix/report/figures/plots.h"
#include "finemix/report/html.h"
#include "finemix/report/latex.h"
#include "finemix/report/markdown.h"
#include "verb.h"

namespace finemix {
namespace {

constexpr std::uint64_t kMostBytes = 1u << 30;  // of a record: a large sweep's have hundreds of MB

struct ReportOptions {
  std::vector<std::string> records;
  std::string format = "html";
  std::string output;
  bool overwrite = false;
};

SweepRecord read_records(const std::vector<std::string>& paths) {
  std::vector<NamedSweep> pieces;
  for (const std::string& path : paths) {
    std::filesystem::path file = path;
    std::error_code unknown;  // then reading the file says what is wrong
    if (std::filesystem::is_directory(file, unknown)) file /= "results.json";
    pieces.push_back(
        {file.string(), sweep_from_json(read_json_file(file, kMostBytes), file.string())});
  }
  return merged(pieces);
}

std::string document(const SweepRecord& sweep, const std::string& format) {
  if (format == "html") return html(sweep);
  if (format == "csv") return csv(sweep);
  if (format == "markdown") return markdown(sweep);
  if (format == "latex") return latex(sweep);
  return to_json(sweep).dump(2) + "\n";
}

void write_figures(const SweepRecord& sweep, const ReportOptions& options) {
  AtomicDirectory directory(options.output, options.overwrite);
  for (const Figure& figure : all_figures(sweep)) {
    write_text_file(directory.staging() / (figure.name + ".svg"),
                    figure.svg.document(figure.caption), false);
  }
  directory.commit();
}

}  // namespace

Verb report_verb() {
  auto options = std::make_shared<ReportOptions>();
  Verb verb{.name = "report",
            .summary = "Show a comparison of mitigations as a page, tables or figures",
            .details =
                "Reads what compare and sweep recorded. html is one page with all tables and "
                "figures that needs nothing beside it; svg is a directory of the figures; csv has "
                "one row for each run. Several records of one grid, run in pieces, are united.",
            .example = "finemix report comparison --output comparison.html",
            .options = {},
            .run = {}};
  OptionTable& table = verb.options;
  table.group("Files");
  table.positionals("records", "RECORD…", &options->records,
                    "results.json, or a directory that holds it");
  table.choice("format", {"html", "csv", "json", "markdown", "latex", "svg"}, &options->format,
               "what to write");
  table.text("output", "PATH", &options->output,
             "the file, or with svg the directory; without it csv, json, markdown and latex go to "
             "stdout");
  table.flag("overwrite", &options->overwrite, "replace an existing output");
  table.require({"records"});

  verb.run = [options](Console& console) {
    const std::string& format = options->format;
    if (options->output.empty() && (format == "html" || format == "svg")) {
      throw Error(ErrorKind::kUsage, "--output PATH is missing: where the " +
                                         std::string(format == "html" ? "page" : "figures") +
                                         " should be written");
    }
    const SweepRecord sweep = read_records(options->records);
    if (options->output.empty()) {
      console.result(to_json(sweep), document(sweep, format));
      return;
    }
    if (format == "svg") {
      write_figures(sweep, *options);
    } else {
      write_text_file(options->output, document(sweep, format), options->overwrite);
    }
    console.result({{"format", format}, {"output", options->output}},
                   "Written to " + printable(options->output) + "\n");
  };
  return verb;
}

}  // namespace finemix
