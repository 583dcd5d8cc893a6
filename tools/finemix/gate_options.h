#pragma once

#include <string>
#include <vector>

#include "finemix/record/gate.h"
#include "finemix/report/checks.h"
#include "option_table.h"

namespace finemix {

// What a verb's result has to keep, and the files in which continuous integration takes it.

void bind_min_acc(OptionTable& table, GateBounds* gates);
void bind_max_asr(OptionTable& table, GateBounds* gates, std::string help);

struct CiFiles {
  std::string junit;    // JUnit XML
  std::string sarif;    // SARIF 2.1.0
  std::string summary;  // Markdown for a pull request
};
void bind_ci_files(OptionTable& table, CiFiles* files);

// Throws what writing them would, before hours of work are spent: kUsage when one exists and
// `overwrite` is false, or when it is, or changes, one of the inputs, or two of these and the
// verb's own `output`, which may be empty, get in each other's way.
void check_ci_files(const CiFiles& files, bool overwrite, const std::vector<std::string>& inputs,
                    const std::string& output = {});
void write_ci_files(const CiFiles& files, bool overwrite, const Checks& checks,
                    const std::string& summary);

}  // namespace finemix
