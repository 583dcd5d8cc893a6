#pragma once

#include <string>

#include "finemix/report/table.h"

namespace finemix {

// `text` so that Markdown shows it as it is.
std::string markdown_escaped(const std::string& text);

// A table of GitHub's Markdown, with an empty line after it.
std::string markdown_table(const Table& table);

}  // namespace finemix
