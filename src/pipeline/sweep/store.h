#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "finemix/io/atomic_file.h"
#include "finemix/record/sweep_record.h"

namespace finemix {

// The records of a grid in its output directory, one file each, written whole: what is there was
// done. One process at a time works in a directory.
class SweepStore {
 public:
  // Makes the directory, or goes on in it. `head` is what was asked for: everything of the record
  // but its lists of subjects, cells and landscapes. Throws kUsage when the directory exists and
  // `resume` is false, or when it holds another grid or one of other inputs or another version;
  // kFile when another process is at work there.
  SweepStore(const std::filesystem::path& output, const SweepRecord& head, bool resume);

  // As it was when the grid was begun: the command that began it counts.
  const SweepRecord& head() const { return head_; }
  std::filesystem::path path(std::string_view name) const { return output_ / name; }

  bool has_cell(const CellKey& key) const;
  bool has_subject(const std::string& task, const std::string& attack) const;
  bool has_landscape(const CellKey& key) const;

  void write(const CellRecord& record);
  void write(const SubjectRecord& record);
  void write(const LandscapeRecord& record, const CellKey& key);
  // How long a unit of work took, which is no part of its record.
  void log_time(const std::string& unit, double seconds);

  // Throw kMalformed, naming the file, when it is not what was written there.
  CellRecord cell(const CellKey& key) const;
  SubjectRecord subject(const std::string& task, const std::string& attack) const;
  LandscapeRecord landscape(const CellKey& key) const;

  // results.json, and `page` as report.html; nothing can be written any more.
  void finish(const SweepRecord& record, const std::string& page);

 private:
  void write(std::string_view kind, const std::string& name, const Json& json);

  std::filesystem::path output_;
  SweepRecord head_;
  std::unique_ptr<AtomicFile> results_;  // its lock keeps other processes out
};

}  // namespace finemix
