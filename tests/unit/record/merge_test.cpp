#include "finemix/record/merge.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "finemix/core/error.h"
#include "sweep_testing.h"

namespace finemix {
namespace {

std::string refusal(const SweepRecord& first, const SweepRecord& second) {
  try {
    merged(std::vector<NamedSweep>{{"a.json", first}, {"b.json", second}});
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kMismatch);
    return error.what();
  }
  return "nothing";
}

TEST(Merged, PiecesGiveTheWhole) {
  const SweepRecord whole = sample_sweep();
  SweepRecord first = whole, second = whole;
  first.cells.erase(first.cells.begin() + 5, first.cells.end());
  second.cells.erase(second.cells.begin(), second.cells.begin() + 3);  // two are in both
  const SweepRecord united = merged(std::vector<NamedSweep>{{"a", first}, {"b", second}});
  EXPECT_EQ(to_json(united).dump(), to_json(whole).dump());
}

TEST(Merged, OnePieceIsItself) {
  const SweepRecord sweep = sample_sweep();
  EXPECT_EQ(to_json(merged(std::vector<NamedSweep>{{"a", sweep}})).dump(), to_json(sweep).dump());
}

TEST(Merged, RefusesOtherRunsAndContradictions) {
  const SweepRecord sweep = sample_sweep();
  EXPECT_EQ(refusal(sweep, sweep), "nothing");
  SweepRecord other = sweep;
  other.request.config["rho"] = 0.5;
  EXPECT_EQ(refusal(sweep, other),
            "a.json and b.json differ in their configuration; only pieces of one run can be "
            "united");
  other = sweep;
  other.version = "9";
  EXPECT_NE(refusal(sweep, other).find("the version of finemix"), std::string::npos);
  other = sweep;
  other.cells[2].steps = 1;
  EXPECT_NE(refusal(sweep, other).find("the cell " + cell_name(sweep.cells[2].key)),
            std::string::npos);
  other = sweep;
  other.subjects[1].sha256 = "0";
  EXPECT_NE(refusal(sweep, other).find("the subject 'sst2', 'clean'"), std::string::npos);
  other = sweep;
  other.inputs[0].sha256 = "0";
  EXPECT_NE(refusal(sweep, other).find("the input 'pretrained' at 'bert'"), std::string::npos);
}

}  // namespace
}  // namespace finemix
