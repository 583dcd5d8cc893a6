#include "console.h"

#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <nlohmann/json.hpp>

#include "finemix/core/error.h"
#include "finemix/report/progress_line.h"

namespace finemix {
namespace {

using Clock = std::chrono::steady_clock;

constexpr auto kRedraw = std::chrono::milliseconds(100);
constexpr auto kLogEvery = std::chrono::seconds(30);
constexpr std::string_view kClearLine = "\r\x1b[K";

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// https://no-color.org: set and not empty, whatever the value.
bool color_allowed() {
  const char* no_color = std::getenv("NO_COLOR");
  const char* term = std::getenv("TERM");
  return (no_color == nullptr || *no_color == '\0') &&
         (term == nullptr || std::strcmp(term, "dumb") != 0);
}

// One column is left free: some terminals wrap when the last one is written.
std::size_t bar_width() {
  winsize size{};
  const bool known = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1;
  return known ? size.ws_col - 1u : 79u;
}

std::unique_ptr<spdlog::logger> make_logger(const ConsoleOptions& options) {
  const auto mode = color_allowed() ? spdlog::color_mode::automatic : spdlog::color_mode::never;
  auto logger = std::make_unique<spdlog::logger>(
      "finemix", std::make_shared<spdlog::sinks::stderr_color_sink_mt>(mode));
  logger->set_pattern("%H:%M:%S %^%l%$ %v");
  logger->set_level(options.quiet ? spdlog::level::warn
                                  : spdlog::level::from_str(options.log_level));
  return logger;
}

}  // namespace

class Console::TerminalProgress : public Progress {
 public:
  explicit TerminalProgress(const ConsoleOptions& options)
      : logger_(make_logger(options)),
        bar_(isatty(STDERR_FILENO) != 0 && logger_->should_log(spdlog::level::info)) {}

  ~TerminalProgress() override { clear(); }

  void begin(std::string_view stage, std::size_t total, std::string_view unit) override {
    state_ = {};
    state_.stage = stage;
    state_.unit = unit;
    state_.total = total;
    start_ = Clock::now();
    shown_ = bar_ ? start_ - kRedraw : start_;
    show();
  }

  void advance(std::size_t units) override {
    state_.done += units;
    show();
  }

  void note(std::string_view text) override { state_.note = text; }
  void time_left(double seconds) override { state_.left = seconds; }

  void end() override {
    clear();
    state_.seconds = seconds_since(start_);
    logger_->info(progress_end(state_));
  }

  void message(std::string_view text) override {
    clear();
    logger_->info(std::string(text));
    shown_ -= kRedraw;
  }

 private:
  void show() {
    const Clock::time_point now = Clock::now();
    if (now - shown_ < (bar_ ? Clock::duration(kRedraw) : Clock::duration(kLogEvery))) return;
    shown_ = now;
    state_.seconds = seconds_since(start_);
    if (bar_) {
      const std::string line = std::string(kClearLine) + progress_bar(state_, bar_width());
      std::fwrite(line.data(), 1, line.size(), stderr);
      std::fflush(stderr);
      drawn_ = true;
    } else {
      logger_->info(progress_log(state_));
    }
  }

  void clear() {
    if (!drawn_) return;
    std::fwrite(kClearLine.data(), 1, kClearLine.size(), stderr);
    std::fflush(stderr);
    drawn_ = false;
  }

  std::unique_ptr<spdlog::logger> logger_;
  bool bar_;
  bool drawn_ = false;
  ProgressState state_;
  Clock::time_point start_;
  Clock::time_point shown_;  // when the bar or a line of log was last written
};

namespace {

void require_written(bool written) {
  if (written) return;
  throw Error(ErrorKind::kFile,
              "standard output: cannot write the result: " + std::string(std::strerror(errno)));
}

}  // namespace

Console::Console(const ConsoleOptions& options, std::vector<std::string> words, Json config)
    : options_(options),
      words_(std::move(words)),
      config_(std::move(config)),
      progress_(std::make_unique<TerminalProgress>(options)) {}

Console::~Console() = default;

Progress& Console::progress() { return *progress_; }

bool Console::color() const { return isatty(STDOUT_FILENO) != 0 && color_allowed(); }

void Console::write(std::string_view text) {
  require_written(std::fwrite(text.data(), 1, text.size(), stdout) == text.size());
}

void Console::result(Json record, std::string_view text) {
  if (options_.json) {
    if (!record.contains("config")) record["config"] = config_;
    write(json_text(record));
  } else {
    write(text);
  }
  require_written(std::fflush(stdout) == 0);
}

}  // namespace finemix
