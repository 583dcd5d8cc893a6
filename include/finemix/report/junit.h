#pragma once

#include <string>

#include "finemix/report/checks.h"

namespace finemix {

// JUnit XML, as Jenkins and GitLab read it: one test case for each check.
std::string junit(const Checks& checks);

}  // namespace finemix
