#pragma once

#include <algorithm>
#include <cstring>

#include "cli_test.h"
#include "faults/report.h"
#include "finemix/io/manifest.h"

namespace finemix {

// What befalls a run; see faults.cpp.
struct Fault {
  std::int64_t call = -1;
  int error = 0;
  int signal = 0;
  bool hang = false;
  std::string reading;
  bool no_exchange = false;
  bool claims_space = false;
};

// Whether a message says what to do about a fault of the disk.
inline bool has_next_step(const std::string& message) {
  for (const char* step :
       {"free some space, or write to another disk", "check the system log",
        "raise the limit on file sizes (ulimit -f)", "write to a file system that has locks"}) {
    if (message.find(step) != std::string::npos) return true;
  }
  return false;
}

inline void expect_fault_told(const Outcome& outcome) {
  EXPECT_EQ(outcome.exit_code, 3);
  EXPECT_CONTAINS(outcome.err, "error: ");
  EXPECT_TRUE(has_next_step(outcome.err)) << outcome.err;
}

// Runs the program while a fault befalls one of its calls that change files below the directory.
class FaultTest : public CliTest {
 protected:
  struct Struck {
    Outcome outcome;
    FaultReport report;
  };

  // In memory where there is such a place: faults are made up, and an fsync takes no time there.
  void SetUp() override {
    if (access("/dev/shm", W_OK) == 0) scratch_ = "/dev/shm";
    CliTest::SetUp();
    directory_ = std::filesystem::canonical(directory_);
  }

  void TearDown() override {
    std::filesystem::remove(report_path());
    CliTest::TearDown();
  }

  pid_t start_with(const Fault& fault, const Words& words) {
    write_file(report_path(), std::string(sizeof(FaultReport), '\0'));
    const std::map<std::string, std::string> usual = environment_;
    const auto set = [&](const char* name, const std::string& value) {
      environment_[std::string("FINEMIX_FAULT_") + name] = value;
    };
    environment_["LD_PRELOAD"] = FINEMIX_FAULTS;
    set("BELOW", directory_.native());
    set("REPORT", report_path().native());
    set("CALL", std::to_string(fault.call));
    set("ERROR", std::to_string(fault.error));
    set("SIGNAL", std::to_string(fault.signal));
    set("HANG", fault.hang ? "1" : "0");
    set("READING", fault.reading);
    set("NO_EXCHANGE", fault.no_exchange ? "1" : "0");
    set("SPACE", fault.claims_space ? "1" : "0");
    const pid_t child = start(words);
    environment_ = usual;
    return child;
  }

  // Also of a run that isn't over.
  FaultReport report() const {
    FaultReport report{};
    const std::string bytes = read_file(report_path());
    EXPECT_EQ(bytes.size(), sizeof report);
    std::memcpy(&report, bytes.data(), std::min(bytes.size(), sizeof report));
    return report;
  }

  Struck finish_with_report(pid_t child) const {
    const Outcome outcome = finish(child);
    return {outcome, report()};
  }

  Struck run_with(const Fault& fault, const Words& words) {
    return finish_with_report(start_with(fault, words));
  }

  // Names that only a run that is under way, or was killed, has.
  Words strays() const {
    Words names;
    for (const std::string& name : listing()) {
      if (name.find(".finemix-") != std::string::npos) names.push_back(name);
    }
    return names;
  }

  // A hash of an output, apart from what has times in it; "" when nothing is there. A directory
  // has to be as its manifest says.
  std::string contents(const std::string& output) const {
    const std::filesystem::path at = path(output);
    if (!std::filesystem::exists(at)) return "";
    if (!std::filesystem::is_directory(at)) return sha256_file(at);
    for (const auto& problem : verify_manifest(at).problems) {
      ADD_FAILURE() << output << ": " << problem.path << " " << problem.what;
    }
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(at)) {
      const std::string name = entry.path().filename();
      const bool timed = name == "report.json" || name == "report.html" || name == "attack.json" ||
                         name == "manifest.json";
      if (entry.is_regular_file() && !timed) files.push_back(entry.path());
    }
    return sha256_files(at, files);
  }

 private:
  std::filesystem::path report_path() const { return directory_.native() + ".report"; }
};

}  // namespace finemix
