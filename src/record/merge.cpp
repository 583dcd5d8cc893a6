#include "finemix/record/merge.h"

#include <map>
#include <nlohmann/json.hpp>
#include <vector>

#include "finemix/core/error.h"
#include "finemix/core/quote.h"

namespace finemix {
namespace {

std::string key_of(const InputRecord& input) {
  return "the input " + quote(input.name) + " at " + quote(input.path);
}
std::string key_of(const SubjectRecord& subject) {
  return "the subject " + quote(subject.task) + ", " + quote(subject.attack);
}
std::string key_of(const CellRecord& cell) { return "the cell " + cell_name(cell.key); }
std::string key_of(const LandscapeRecord& landscape) {
  return "the landscape of " + quote(landscape.task) + ", " + quote(landscape.attack) + ", " +
         quote(landscape.method);
}

[[noreturn]] void refuse(const std::string& first, const std::string& second,
                         const std::string& what) {
  throw Error(ErrorKind::kMismatch, printable(first) + " and " + printable(second) + " differ in " +
                                        what + "; only pieces of one run can be united");
}

// Unites lists of one kind of record.
template <typename T>
class Union {
 public:
  explicit Union(std::vector<T>& all) : all_(all) {}

  void add(const std::vector<T>& records, const std::string& name) {
    for (const T& record : records) {
      const auto [known, fresh] = places_.emplace(key_of(record), Place{all_.size(), name});
      if (fresh) {
        all_.push_back(record);
      } else if (to_json(all_[known->second.index]) != to_json(record)) {
        refuse(known->second.name, name, known->first);
      }
    }
  }

 private:
  struct Place {
    std::size_t index;
    std::string name;
  };

  std::vector<T>& all_;
  std::map<std::string, Place> places_;
};

}  // namespace

SweepRecord merged(std::span<const NamedSweep> pieces) {
  SweepRecord whole;
  if (pieces.empty()) return whole;
  const NamedSweep& first = pieces.front();
  whole.version = first.sweep.version;
  whole.title = first.sweep.title;
  whole.command = first.sweep.command;
  whole.config = first.sweep.config;
  Union inputs(whole.inputs);
  Union subjects(whole.subjects);
  Union cells(whole.cells);
  Union landscapes(whole.landscapes);
  for (const NamedSweep& piece : pieces) {
    if (piece.sweep.version != whole.version) {
      refuse(first.name, piece.name, "the version of finemix that made them");
    }
    if (piece.sweep.config != whole.config) refuse(first.name, piece.name, "their configuration");
    inputs.add(piece.sweep.inputs, piece.name);
    subjects.add(piece.sweep.subjects, piece.name);
    cells.add(piece.sweep.cells, piece.name);
    landscapes.add(piece.sweep.landscapes, piece.name);
  }
  return whole;
}

}  // namespace finemix
