#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace finemix {

// Text for a terminal. All of it is UTF-8.

// Columns that a terminal gives to `text`: 2 for East Asian wide characters and emoji, 0 for
// combining marks, else 1 (UAX #11).
std::size_t display_width(std::string_view text);

// `text` cut to `width` columns, the last one an ellipsis if anything was lost.
std::string fit(std::string_view text, std::size_t width);

// 1234567 → "1,234,567".
std::string grouped(std::uint64_t number);
// "1 model", "2 models".
std::string counted(std::uint64_t number, const std::string& one, const std::string& many);
// 1234567 → "1.2 MB", in powers of 1000.
std::string file_size(std::uint64_t bytes);
// 4.2 → "4.2 s", 95 → "1:35", 3725 → "1:02:05".
std::string duration(double seconds);
// A share 0 … 1 in percent with one decimal: 0.8342 → "83.4".
std::string percent(double share);
// A signed difference of shares in points: -0.045 → "−4.5".
std::string points(double difference);
// "0.146", or "<0.001".
std::string p_value_text(double p_value);
// With `decimals` digits after the point.
std::string fixed(double number, int decimals);

}  // namespace finemix
