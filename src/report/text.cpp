#include "finemix/report/text.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <span>

namespace finemix {
namespace {

struct Range {
  char32_t first;
  char32_t last;
};

// East Asian wide and emoji presentation (UAX #11), by block where a block is nearly all wide.
constexpr std::array kWide = {
    Range{0x1100, 0x115F},   Range{0x231A, 0x231B},   Range{0x2329, 0x232A},
    Range{0x23E9, 0x23EC},   Range{0x2614, 0x2615},   Range{0x2648, 0x2653},
    Range{0x26A1, 0x26A1},   Range{0x26BD, 0x26BE},   Range{0x26C4, 0x26C5},
    Range{0x2705, 0x2705},   Range{0x270A, 0x270B},   Range{0x2728, 0x2728},
    Range{0x274C, 0x274C},   Range{0x2753, 0x2755},   Range{0x2795, 0x2797},
    Range{0x2B1B, 0x2B1C},   Range{0x2B50, 0x2B50},   Range{0x2E80, 0x303E},
    Range{0x3041, 0xA4CF},   Range{0xA960, 0xA97F},   Range{0xAC00, 0xD7A3},
    Range{0xF900, 0xFAFF},   Range{0xFE30, 0xFE6F},   Range{0xFF01, 0xFF60},
    Range{0xFFE0, 0xFFE6},   Range{0x16FE0, 0x18CFF}, Range{0x1AFF0, 0x1B2FF},
    Range{0x1F18E, 0x1F19A}, Range{0x1F200, 0x1F320}, Range{0x1F32D, 0x1F64F},
    Range{0x1F680, 0x1F6FF}, Range{0x1F7E0, 0x1F7EB}, Range{0x1F90C, 0x1FAFF},
    Range{0x20000, 0x3FFFD},
};

// Combining marks (general categories Mn and Me) of the scripts that vocabularies hold.
constexpr std::array kZeroWidth = {
    Range{0x0300, 0x036F}, Range{0x0483, 0x0489}, Range{0x0591, 0x05BD},   Range{0x05BF, 0x05C7},
    Range{0x0610, 0x061A}, Range{0x064B, 0x065F}, Range{0x0670, 0x0670},   Range{0x06D6, 0x06DC},
    Range{0x06DF, 0x06E4}, Range{0x06E7, 0x06E8}, Range{0x06EA, 0x06ED},   Range{0x0900, 0x0902},
    Range{0x093A, 0x093A}, Range{0x093C, 0x093C}, Range{0x0941, 0x0948},   Range{0x094D, 0x094D},
    Range{0x0951, 0x0957}, Range{0x0981, 0x0981}, Range{0x09BC, 0x09BC},   Range{0x09C1, 0x09C4},
    Range{0x09CD, 0x09CD}, Range{0x0A3C, 0x0A51}, Range{0x0A81, 0x0A82},   Range{0x0ABC, 0x0ABC},
    Range{0x0AC1, 0x0AC8}, Range{0x0ACD, 0x0ACD}, Range{0x0B3C, 0x0B3C},   Range{0x0B4D, 0x0B4D},
    Range{0x0BCD, 0x0BCD}, Range{0x0C4D, 0x0C4D}, Range{0x0CCD, 0x0CCD},   Range{0x0D4D, 0x0D4D},
    Range{0x0E31, 0x0E31}, Range{0x0E34, 0x0E3A}, Range{0x0E47, 0x0E4E},   Range{0x0EB1, 0x0EB1},
    Range{0x0EB4, 0x0EBC}, Range{0x0EC8, 0x0ECD}, Range{0x0F71, 0x0F84},   Range{0x102D, 0x1030},
    Range{0x1039, 0x103A}, Range{0x17B7, 0x17BD}, Range{0x17C9, 0x17D3},   Range{0x1AB0, 0x1ACE},
    Range{0x1DC0, 0x1DFF}, Range{0x20D0, 0x20F0}, Range{0x302A, 0x302D},   Range{0x3099, 0x309A},
    Range{0xFE00, 0xFE0F}, Range{0xFE20, 0xFE2F}, Range{0xE0100, 0xE01EF},
};

bool within(std::span<const Range> ranges, char32_t c) {
  const auto after =
      std::upper_bound(ranges.begin(), ranges.end(), c,
                       [](char32_t x, const Range& range) { return x < range.first; });
  return after != ranges.begin() && c <= std::prev(after)->last;
}

struct Decoded {
  char32_t code;
  std::size_t bytes;
  bool valid;
};

// The first code point of non-empty `text`; a byte that starts none is a code point of its own.
Decoded decode(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return {lead, 1, true};
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < length) return {lead, 1, false};
  char32_t code = lead & (0x7Fu >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0u) != 0x80u) return {lead, 1, false};
    code = code << 6 | (byte(i) & 0x3Fu);
  }
  constexpr std::array<char32_t, 5> kSmallest = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
  if (code < kSmallest[length] || surrogate || code > 0x10FFFF) return {lead, 1, false};
  return {code, length, true};
}

std::size_t width_of(const Decoded& decoded) {
  if (!decoded.valid) return 1;
  if (within(kZeroWidth, decoded.code)) return 0;
  return within(kWide, decoded.code) ? 2 : 1;
}

}  // namespace

std::size_t display_width(std::string_view text) {
  std::size_t width = 0;
  while (!text.empty()) {
    const Decoded decoded = decode(text);
    width += width_of(decoded);
    text.remove_prefix(decoded.bytes);
  }
  return width;
}

std::string fit(std::string_view text, std::size_t width) {
  if (display_width(text) <= width) return std::string(text);
  if (width == 0) return "";
  std::size_t used = 0;
  std::size_t bytes = 0;
  while (bytes < text.size()) {
    const Decoded decoded = decode(text.substr(bytes));
    used += width_of(decoded);
    if (used > width - 1) break;
    bytes += decoded.bytes;
  }
  return std::string(text.substr(0, bytes)) + "…";
}

std::string grouped(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t i = digits.size(); i > 3; i -= 3) digits.insert(i - 3, ",");
  return digits;
}

std::string counted(std::uint64_t number, const std::string& one, const std::string& many) {
  return grouped(number) + " " + (number == 1 ? one : many);
}

std::string file_size(std::uint64_t bytes) {
  constexpr std::array<const char*, 7> kUnits = {"bytes", "kB", "MB", "GB", "TB", "PB", "EB"};
  if (bytes < 1000) return std::to_string(bytes) + " bytes";
  auto size = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (size >= 999.95) {
    size /= 1000;
    ++unit;
  }
  return fixed(size, 1) + " " + kUnits[unit];
}

std::string duration(double seconds) {
  if (!(seconds >= 0)) return "–";
  if (seconds < 59.95) return fixed(seconds, 1) + " s";
  const auto whole = static_cast<std::uint64_t>(std::llround(std::min(seconds, 1e12)));
  const auto two_digits = [](std::uint64_t n) { return (n < 10 ? "0" : "") + std::to_string(n); };
  const std::uint64_t hours = whole / 3600;
  const std::uint64_t minutes = whole / 60 % 60;
  const std::string tail = ":" + two_digits(whole % 60);
  if (hours == 0) return std::to_string(minutes) + tail;
  return std::to_string(hours) + ":" + two_digits(minutes) + tail;
}

std::string percent(double share) { return fixed(100 * share, 1); }

std::string points(double difference) {
  const std::string size = fixed(std::abs(100 * difference), 1);
  if (size == "0.0") return size;
  return (difference < 0 ? "−" : "+") + size;
}

std::string fixed(double number, int decimals) {
  std::array<char, 64> buffer{};
  const int length = std::snprintf(buffer.data(), buffer.size(), "%.*f", decimals, number);
  return {buffer.data(), std::min(buffer.size() - 1, static_cast<std::size_t>(length))};
}

std::string p_value_text(double p_value) { return p_value < 0.001 ? "<0.001" : fixed(p_value, 3); }

}  // namespace finemix
