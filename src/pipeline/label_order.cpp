#include "pipeline/label_order.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <set>
#include <string>

#include "finemix/core/error.h"
#include "finemix/core/quote.h"
#include "finemix/record/rate.h"

namespace finemix {
namespace {

constexpr std::uint64_t kFewest = 4;  // texts of a label, to say which one they are given

struct Given {
  std::int64_t label = 0;
  std::uint64_t texts = 0;
  std::uint64_t all = 0;  // texts of the same label
  std::uint64_t own = 0;  // of which so many are given their own
};

// What most texts of each label are given; of labels with too few texts, or no such label, nothing.
std::map<std::int64_t, Given> given_labels(const Dataset& data,
                                           std::span<const std::int64_t> predicted) {
  std::map<std::int64_t, std::map<std::int64_t, std::uint64_t>> counts;
  for (std::size_t row = 0; row < data.size(); ++row) {
    ++counts[data.examples[row].label][predicted[row]];
  }
  std::map<std::int64_t, Given> given;
  for (auto& [label, count] : counts) {
    Given most;
    for (const auto& [answer, texts] : count) {
      most.all += texts;
      if (texts > most.texts) most.label = answer, most.texts = texts;
    }
    most.own = count[label];
    if (most.all >= kFewest && 2 * most.texts > most.all) given.emplace(label, most);
  }
  return given;
}

}  // namespace

void check_label_order(const Dataset& data, std::span<const std::int64_t> predicted) {
  const std::map<std::int64_t, Given> given = given_labels(data, predicted);
  std::set<std::int64_t> answers;
  Given sum;
  std::string moved;
  for (const auto& [label, each] : given) {
    answers.insert(each.label);
    sum.texts += each.texts;
    sum.all += each.all;
    sum.own += each.own;
    if (each.label == label) continue;
    moved += (moved.empty() ? "to " : ", to ") + std::to_string(each.texts) + " of the " +
             std::to_string(each.all) + " texts labelled " + std::to_string(label) + " it gives " +
             std::to_string(each.label);
  }
  if (given.size() < 2 || answers.size() < given.size() || moved.empty()) return;
  if (wilson_rate(sum.texts, sum.all).low <= wilson_rate(sum.own, sum.all).high) return;
  throw Error(ErrorKind::kMismatch,
              printable(data.name) + ": its labels are not numbered as the suspect's: " + moved +
                  "; expected what the model means by each number, so number them anew");
}

}  // namespace finemix
