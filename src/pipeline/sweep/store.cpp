#include "pipeline/sweep/store.h"

#include <fstream>
#include <nlohmann/json.hpp>
#include <system_error>

#include "finemix/core/error.h"
#include "finemix/core/quote.h"

namespace finemix {
namespace {

namespace fs = std::filesystem;

constexpr const char* kConfig = "config.json";
constexpr const char* kResults = "results.json";
constexpr std::string_view kCells = "cells";
constexpr std::string_view kSubjects = "subjects";
constexpr std::string_view kLandscapes = "landscapes";

fs::path record_path(const fs::path& output, std::string_view kind, const std::string& name) {
  return output / kind / (name + ".json");
}

void make_directory(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) {
    throw Error(ErrorKind::kFile, "cannot create " + quote(path.native()) + ": " + error.message());
  }
}

void write_file(const fs::path& path, const std::string& text) {
  AtomicFile file(path, true);
  file.write(text);
  file.commit();
}

std::string text_of(const Json& json) { return json.dump(2) + "\n"; }

// The first key in which two configurations differ.
std::string difference(const Json& a, const Json& b) {
  for (const auto& [key, value] : a.items()) {
    if (!b.contains(key) || b[key] != value) return key;
  }
  for (const auto& [key, value] : b.items()) {
    if (!a.contains(key)) return key;
  }
  return "";
}

}  // namespace

SweepStore::SweepStore(const fs::path& output, const Json& config, bool resume) : output_(output) {
  const fs::path config_path = output_ / kConfig;
  const bool started = fs::exists(config_path);
  if (fs::exists(output_) && !started && !fs::is_empty(output_)) {
    throw Error(ErrorKind::kUsage, "output " + quote(output_.native()) +
                                       " exists and holds no sweep: choose another name");
  }
  if (started && !resume) {
    throw Error(ErrorKind::kUsage, "output " + quote(output_.native()) +
                                       " holds a sweep already: go on with it by --resume, or "
                                       "choose another name");
  }
  make_directory(output_);
  results_ = std::make_unique<AtomicFile>(output_ / kResults, true);
  if (!started) {
    write_file(config_path, text_of(config));
  } else if (const std::string key = difference(read_json_file(config_path), config);
             !key.empty()) {
    throw Error(ErrorKind::kUsage, "output " + quote(output_.native()) +
                                       " holds another sweep, which differs in \"" + key +
                                       "\": choose another name, or ask for the same grid");
  }
  for (const std::string_view kind : {kCells, kSubjects, kLandscapes}) {
    make_directory(output_ / kind);
  }
}

bool SweepStore::has_cell(const CellKey& key) const {
  return fs::exists(record_path(output_, kCells, cell_name(key)));
}
bool SweepStore::has_subject(const std::string& task, const std::string& attack) const {
  return fs::exists(record_path(output_, kSubjects, subject_name(task, attack)));
}
bool SweepStore::has_landscape(const CellKey& key) const {
  return fs::exists(record_path(output_, kLandscapes, cell_name(key)));
}

void SweepStore::write(const CellRecord& record) {
  write(kCells, cell_name(record.key), to_json(record));
}
void SweepStore::write(const SubjectRecord& record) {
  write(kSubjects, subject_name(record.task, record.attack), to_json(record));
}
void SweepStore::write(const LandscapeRecord& record, const CellKey& key) {
  write(kLandscapes, cell_name(key), to_json(record));
}

void SweepStore::write(std::string_view kind, const std::string& name, const Json& json) {
  write_file(record_path(output_, kind, name), text_of(json));
}

Json SweepStore::read(std::string_view kind, const std::string& name) const {
  return read_json_file(record_path(output_, kind, name));
}

void SweepStore::log_time(const std::string& unit, double seconds) {
  std::ofstream file(output_ / "timings.jsonl", std::ios::app);
  file << Json{{"unit", unit}, {"seconds", seconds}}.dump() << "\n";
}

CellRecord SweepStore::cell(const CellKey& key) const {
  const std::string name = cell_name(key);
  return cell_from_json(read(kCells, name), name);
}
SubjectRecord SweepStore::subject(const std::string& task, const std::string& attack) const {
  const std::string name = subject_name(task, attack);
  return subject_from_json(read(kSubjects, name), name);
}
LandscapeRecord SweepStore::landscape(const CellKey& key) const {
  const std::string name = cell_name(key);
  return landscape_from_json(read(kLandscapes, name), name);
}

void SweepStore::finish(const SweepRecord& record, const std::string& page) {
  write_file(output_ / "report.html", page);
  results_->write(text_of(to_json(record)));
  results_->commit();
}

}  // namespace finemix
