#include "finemix/report/progress_line.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "finemix/core/quote.h"
#include "finemix/report/text.h"

namespace finemix {
namespace {

constexpr std::size_t kBarWidth = 24;

std::string amount(std::size_t number, const std::string& unit) {
  return unit == "bytes" ? file_size(number) : grouped(number) + " " + unit;
}

std::string done_of_total(const ProgressState& state, const char* of) {
  if (state.total == 0) return amount(state.done, state.unit);
  const std::string done = state.unit == "bytes" ? file_size(state.done) : grouped(state.done);
  return done + of + amount(state.total, state.unit);
}

// "", or the rate with `separator` before it.
std::string rate(const ProgressState& state, const char* separator) {
  if (state.done == 0 || state.seconds <= 0) return "";
  const double rate = static_cast<double>(state.done) / state.seconds;
  if (rate < 0.5) return separator + duration(1 / rate) + " each";
  if (rate < 10 && state.unit != "bytes") {
    return separator + fixed(rate, 1) + " " + state.unit + "/s";
  }
  return separator + amount(static_cast<std::size_t>(rate), state.unit) + "/s";
}

std::string time_left(const ProgressState& state, const char* separator) {
  if (state.done == 0 || state.done >= state.total) return "";
  const double by_units = state.seconds * static_cast<double>(state.total - state.done) /
                          static_cast<double>(state.done);
  const double left = state.left >= 0 ? state.left : by_units;
  return separator + duration(left) + " left";
}

std::string remark(const ProgressState& state, const char* separator) {
  return state.note.empty() ? "" : separator + printable(state.note);
}

// Eighths of a column, so that the bar moves smoothly.
std::string bar(double share) {
  constexpr std::array<const char*, 8> kEighths = {" ", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  const auto eighths =
      static_cast<std::size_t>(std::lround(std::clamp(share, 0.0, 1.0) * kBarWidth * 8));
  std::string text;
  for (std::size_t i = 0; i < kBarWidth; ++i) {
    text += eighths >= 8 * (i + 1) ? "█" : eighths > 8 * i ? kEighths[eighths % 8] : " ";
  }
  return text;
}

}  // namespace

std::string progress_bar(const ProgressState& state, std::size_t width) {
  std::string line = printable(state.stage) + " ";
  if (state.total > 0) {
    const double share = static_cast<double>(state.done) / static_cast<double>(state.total);
    const std::string whole = fixed(std::floor(100 * std::min(share, 1.0)), 0);
    // Padded, so that what follows stays in its place.
    line += "▕" + bar(share) + "▏" + std::string(3 - whole.size(), ' ') + whole + " %  ";
  }
  line += done_of_total(state, "/") + rate(state, " · ") + time_left(state, " · ") +
          remark(state, " · ");
  return fit(line, width);
}

std::string progress_log(const ProgressState& state) {
  return printable(state.stage) + ": " + done_of_total(state, " of ") + rate(state, ", ") +
         time_left(state, ", ") + remark(state, ", ");
}

std::string progress_end(const ProgressState& state) {
  return printable(state.stage) + ": " + amount(state.done, state.unit) + " in " +
         duration(state.seconds) + remark(state, ", ");
}

}  // namespace finemix
