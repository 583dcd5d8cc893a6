#include "pipeline/sweep/store.h"

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <system_error>

#include "finemix/core/error.h"
#include "finemix/core/quote.h"
#include "finemix/core/stop.h"

namespace finemix {
namespace {

namespace fs = std::filesystem;

constexpr const char* kHead = "grid.json";
constexpr const char* kResults = "results.json";
constexpr std::string_view kCells = "cells";
constexpr std::string_view kSubjects = "subjects";
constexpr std::string_view kLandscapes = "landscapes";

fs::path record_path(const fs::path& output, std::string_view kind, const std::string& name) {
  return output / kind / (name + ".json");
}

void write_file(const fs::path& path, const std::string& text) {
  const FinishFirst done;  // what it says has been done
  write_text_file(path, text, true);
}

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

// In what a grid that was begun is another than `asked`; empty: it is the same.
std::string difference(const SweepRecord& begun, const SweepRecord& asked) {
  if (begun.version != asked.version) return "was made by finemix " + begun.version;
  if (const std::string key = difference(begun.request.config, asked.request.config);
      !key.empty()) {
    return "differs in \"" + key + "\"";
  }
  for (const InputRecord& input : asked.inputs) {
    const auto same = [&](const InputRecord& one) { return to_json(one) == to_json(input); };
    if (std::ranges::none_of(begun.inputs, same)) {
      return "was made of another " + quote(input.name) + " (" + quote(input.path) + ")";
    }
  }
  return begun.planned == asked.planned ? "" : "has other cells";
}

// Whether nothing but what a killed run leaves behind is there.
bool is_unused(const fs::path& directory) {
  return std::ranges::all_of(fs::directory_iterator(directory), [](const fs::path& entry) {
    const std::string name = entry.filename().native();
    return name.starts_with(".") && name.find(".finemix-") != std::string::npos;
  });
}

// Reads a record of an output directory, and checks that it is the one that its name says.
template <typename Record, typename Read, typename Same>
Record read_record(const fs::path& path, const Read& read, const Same& same) {
  Record record = read(read_json_file(path), path.native());
  if (!same(record)) {
    throw Error(ErrorKind::kMalformed, quote(path.native()) +
                                           " is the record of something else: remove it, and go on "
                                           "by --resume");
  }
  return record;
}

}  // namespace

SweepStore::SweepStore(const fs::path& output, const SweepRecord& head, bool resume)
    : output_(output), head_(head) {
  const fs::path head_path = output_ / kHead;
  const std::string name = "output " + quote(output_.native());
  const bool started = fs::exists(head_path);
  if (fs::exists(output_) && !started && !(fs::is_directory(output_) && is_unused(output_))) {
    throw Error(ErrorKind::kUsage, name + " exists and holds no sweep: choose another name");
  }
  if (started && !resume) {
    throw Error(ErrorKind::kUsage, name +
                                       " holds a sweep already: go on with it by --resume, or "
                                       "choose another name");
  }
  make_directories(output_);
  results_ = std::make_unique<AtomicFile>(output_ / kResults, true);
  // Of what is recorded nothing is written again, which would clear up too.
  recover_outputs_below(output_);
  if (started) {
    head_ = sweep_from_json(read_json_file(head_path), head_path.native());
    if (const std::string what = difference(head_, head); !what.empty()) {
      throw Error(ErrorKind::kUsage, name + " holds another sweep, which " + what +
                                         ": choose another name, or ask for the same");
    }
  } else {
    write_file(head_path, json_text(to_json(head)));
  }
  for (const std::string_view kind : {kCells, kSubjects, kLandscapes}) {
    make_directories(output_ / kind);
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
  write_file(record_path(output_, kind, name), json_text(json));
}

void SweepStore::log_time(const std::string& unit, double seconds) {
  std::ofstream file(output_ / "timings.jsonl", std::ios::app);
  file << Json{{"unit", unit}, {"seconds", seconds}}.dump() << "\n";
}

CellRecord SweepStore::cell(const CellKey& key) const {
  return read_record<CellRecord>(record_path(output_, kCells, cell_name(key)), cell_from_json,
                                 [&](const CellRecord& record) { return record.key == key; });
}
SubjectRecord SweepStore::subject(const std::string& task, const std::string& attack) const {
  return read_record<SubjectRecord>(
      record_path(output_, kSubjects, subject_name(task, attack)), subject_from_json,
      [&](const SubjectRecord& record) { return record.task == task && record.attack == attack; });
}
LandscapeRecord SweepStore::landscape(const CellKey& key) const {
  return read_record<LandscapeRecord>(record_path(output_, kLandscapes, cell_name(key)),
                                      landscape_from_json, [&](const LandscapeRecord& record) {
                                        return record.task == key.task &&
                                               record.attack == key.attack;
                                      });
}

void SweepStore::finish(const SweepRecord& record, const std::string& page) {
  write_file(output_ / "report.html", page);
  results_->write(json_text(to_json(record)));
  results_->commit();
}

}  // namespace finemix
