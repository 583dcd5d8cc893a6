#include "gate_options.h"

#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "finemix/io/atomic_file.h"
#include "finemix/io/output_guard.h"
#include "finemix/report/junit.h"
#include "finemix/report/sarif.h"

namespace finemix {

void bind_min_acc(OptionTable& table, GateBounds* gates) {
  table.number("min-acc", "R", &gates->min_acc, 0, 1,
               "gate: lowest accuracy, a share; below it the exit code is 1");
}

void bind_max_asr(OptionTable& table, GateBounds* gates, std::string help) {
  table.number("max-asr", "R", &gates->max_asr, 0, 1,
               "gate: highest attack success" + help + "; above it the exit code is 1");
}

void bind_ci_files(OptionTable& table, CiFiles* files) {
  table.group("For continuous integration");
  table.text("junit", "FILE", &files->junit, "write the checks as JUnit XML");
  table.text("sarif", "FILE", &files->sarif, "write the findings as SARIF 2.1.0");
  table.text("summary", "FILE", &files->summary, "write a summary in Markdown, for a pull request");
}

void check_ci_files(const CiFiles& files, bool overwrite, const std::vector<std::string>& inputs,
                    const std::string& output) {
  check_distinct(std::array{output, files.junit, files.sarif, files.summary});
  for (const std::string& file : {files.junit, files.sarif, files.summary}) {
    if (file.empty()) continue;
    check_apart(file, inputs);
    const AtomicFile trial(file, overwrite);
  }
}

void write_ci_files(const CiFiles& files, bool overwrite, const Checks& checks,
                    const std::string& summary) {
  if (!files.junit.empty()) write_text_file(files.junit, junit(checks), overwrite);
  if (!files.sarif.empty()) write_text_file(files.sarif, json_text(sarif(checks)), overwrite);
  if (!files.summary.empty()) write_text_file(files.summary, summary, overwrite);
}

}  // namespace finemix
