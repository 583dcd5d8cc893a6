#include "finemix/record/merge.h"

#include <algorithm>
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

// Places in a grid, of cells by their names and of models by what begins these: TASK.ATTACK.
class GridOrder {
 public:
  explicit GridOrder(const std::vector<std::string>& planned) {
    for (std::size_t i = 0; i < planned.size(); ++i) {
      const std::string& name = planned[i];
      places_.emplace(name, i);
      places_.emplace(name.substr(0, name.find('.', name.find('.') + 1)), i);
    }
  }

  // What is not planned comes last.
  template <typename T, typename Name>
  void sort(std::vector<T>& records, const Name& name) const {
    const auto place = [&](const T& record) {
      const auto found = places_.find(name(record));
      return found == places_.end() ? places_.size() : found->second;
    };
    std::stable_sort(records.begin(), records.end(),
                     [&](const T& a, const T& b) { return place(a) < place(b); });
  }

 private:
  std::map<std::string, std::size_t> places_;
};

}  // namespace

SweepRecord merged(std::span<const NamedSweep> pieces) {
  SweepRecord whole;
  if (pieces.empty()) return whole;
  const NamedSweep& first = pieces.front();
  whole.version = first.sweep.version;
  whole.title = first.sweep.title;
  whole.request = first.sweep.request;
  Union inputs(whole.inputs);
  Union subjects(whole.subjects);
  Union cells(whole.cells);
  Union landscapes(whole.landscapes);
  for (const NamedSweep& piece : pieces) {
    if (piece.sweep.version != whole.version) {
      refuse(first.name, piece.name, "the version of finemix that made them");
    }
    if (piece.sweep.request.config != whole.request.config)
      refuse(first.name, piece.name, "their configuration");
    if (piece.sweep.planned != first.sweep.planned) refuse(first.name, piece.name, "their grid");
    inputs.add(piece.sweep.inputs, piece.name);
    subjects.add(piece.sweep.subjects, piece.name);
    cells.add(piece.sweep.cells, piece.name);
    landscapes.add(piece.sweep.landscapes, piece.name);
  }
  whole.planned = first.sweep.planned;
  const GridOrder order(whole.planned);
  order.sort(whole.subjects, [](const SubjectRecord& subject) {
    return subject_name(subject.task, subject.attack);
  });
  order.sort(whole.cells, [](const CellRecord& cell) { return cell_name(cell.key); });
  order.sort(whole.landscapes, [](const LandscapeRecord& landscape) {
    return subject_name(landscape.task, landscape.attack);
  });
  return whole;
}

}  // namespace finemix
