#include "text/pair_merges.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "finemix/core/random.h"

namespace finemix {
namespace {

using Ids = std::vector<std::int32_t>;
using Merges = std::vector<PairMerges::Merge>;

constexpr std::size_t kSymbols = 40;

Ids merged(const Merges& merges, const Ids& word) {
  PairMerges::Scratch scratch;
  Ids ids;
  PairMerges(merges, kSymbols).append(word, scratch, ids);
  return ids;
}

// As the paper has it, in quadratic time: the best pair is looked for anew each time.
Ids merged_plainly(const Merges& merges, Ids word) {
  while (true) {
    std::size_t best = merges.size();
    std::size_t place = 0;
    for (std::size_t i = 0; i + 1 < word.size(); ++i) {
      const auto found = std::ranges::find_if(merges, [&](const PairMerges::Merge& merge) {
        return merge.left == word[i] && merge.right == word[i + 1];
      });
      const auto rank = static_cast<std::size_t>(found - merges.begin());
      if (rank < best) {
        best = rank;
        place = i;
      }
    }
    if (best == merges.size()) return word;
    word[place] = merges[best].joined;
    word.erase(word.begin() + static_cast<std::ptrdiff_t>(place) + 1);
  }
}

TEST(PairMerges, TheFirstPairOfTheListIsJoinedFirst) {
  // a 0, b 1, c 2; bc 3, ab 4, abc 5
  const Merges merges = {{1, 2, 3}, {0, 1, 4}, {4, 2, 5}};
  EXPECT_EQ(merged(merges, {0, 1, 2}), Ids({0, 3}));
  EXPECT_EQ(merged({merges[1], merges[0], merges[2]}, {0, 1, 2}), Ids({5}));
}

TEST(PairMerges, OfOnePairTheLeftmostIsJoinedFirst) {
  EXPECT_EQ(merged({{0, 0, 1}}, {0, 0, 0}), Ids({1, 0}));
  EXPECT_EQ(merged({{0, 0, 1}, {1, 1, 2}}, Ids(9, 0)), Ids({2, 2, 0}));
}

TEST(PairMerges, NothingAndOneSymbolStay) {
  EXPECT_EQ(merged({{0, 0, 1}}, {}), Ids());
  EXPECT_EQ(merged({{0, 0, 1}}, {0}), Ids({0}));
  EXPECT_EQ(merged({}, {0, 0}), Ids({0, 0}));
}

TEST(PairMerges, AddsToWhatIsThere) {
  PairMerges::Scratch scratch;
  Ids ids = {7};
  const PairMerges merges(Merges{{0, 0, 1}}, kSymbols);
  merges.append(Ids{0, 0}, scratch, ids);
  merges.append(Ids{0}, scratch, ids);
  EXPECT_EQ(ids, Ids({7, 1, 0}));
}

// Lists that no training would make, too: pairs that are made of what comes later in the list.
TEST(PairMerges, DoesWhatThePaperDoes) {
  for (std::uint64_t seed = 0; seed < 3000; ++seed) {
    RandomSequence random(seed, "merges");
    std::map<std::pair<std::int32_t, std::int32_t>, std::int32_t> pairs;
    const auto symbol = [&](std::size_t below) {
      return static_cast<std::int32_t>(random.below(below));
    };
    Merges merges;
    const std::size_t letters = 1 + random.below(4);
    for (std::size_t i = random.below(30); i > 0; --i) {
      const PairMerges::Merge merge{symbol(letters + 5), symbol(letters + 5), symbol(letters + 5)};
      if (pairs.emplace(std::pair(merge.left, merge.right), 0).second) merges.push_back(merge);
    }
    Ids word(random.below(25));
    for (std::int32_t& id : word) id = symbol(letters);
    ASSERT_EQ(merged(merges, word), merged_plainly(merges, word)) << seed;
  }
}

}  // namespace
}  // namespace finemix
