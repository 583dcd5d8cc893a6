#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace finemix {

// Unicode's normalization forms (Unicode Standard Annex #15).
enum class NormalForm : std::uint8_t { kNfc, kNfd, kNfkc, kNfkd };

// Appends `text` (well-formed UTF-8) in the form. Time is linear, but for runs of n combining marks
// behind one character, which are sorted: n log n.
void append_normal_form(std::string_view text, NormalForm form, std::string& out);

}  // namespace finemix
