#pragma once

#include <string_view>

namespace finemix {

// The CSS of a page, without that of its figures: light, dark and printed.
std::string_view page_style();

}  // namespace finemix
