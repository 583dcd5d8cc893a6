#include "finemix/text/unigram.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "../io/io_testing.h"
#include "finemix/core/random.h"

namespace finemix {
namespace {

using testing::expect_error;
using Ids = std::vector<std::int32_t>;

struct Config : Unigram::Config {
  std::vector<std::string> pieces;
};

Config config(std::vector<std::string> pieces, std::vector<double> scores) {
  Config config;
  config.name = "test";
  config.pieces = std::move(pieces);
  config.scores = std::move(scores);
  return config;
}

Unigram unigram(const Config& config) { return {Vocabulary("test", config.pieces, {}), config}; }

Ids ids_of(const Unigram& model, std::string_view word) {
  Ids ids{-7};  // what is there stays
  model.append(word, ids);
  EXPECT_EQ(ids.front(), -7);
  ids.erase(ids.begin());
  return ids;
}

TEST(Unigram, TakesTheHighestSum) {
  const Unigram model =
      unigram(config({"<unk>", "a", "b", "ab", "abc", "c"}, {0, -1, -1, -1.5, -4, -1}));
  EXPECT_EQ(ids_of(model, "ab"), (Ids{3}));
  EXPECT_EQ(ids_of(model, "abc"), (Ids{3, 5}));
  EXPECT_EQ(ids_of(model, "abcab"), (Ids{3, 5, 3}));
}

TEST(Unigram, OfEqualSumsTheOneWhoseLastPieceBeginsFirst) {
  const Unigram model = unigram(config({"<unk>", "a", "aa"}, {0, -1, -2}));
  EXPECT_EQ(ids_of(model, "aaa"), (Ids{1, 2}));
}

TEST(Unigram, NeighbouringUnknownCharactersAreOne) {
  const Unigram model = unigram(config({"<unk>", "a"}, {0, -1}));
  EXPECT_EQ(ids_of(model, "\u00e9\u3042a\U0001F642"), (Ids{0, 1, 0}));
}

TEST(Unigram, AnUnknownCharacterCostsTenMoreThanTheWorstPiece) {
  EXPECT_EQ(ids_of(unigram(config({"<unk>", "y", "xy"}, {0, 9.5, -5})), "xy"), (Ids{2}));
  EXPECT_EQ(ids_of(unigram(config({"<unk>", "y", "xy"}, {0, 10.5, -5})), "xy"), (Ids{0, 1}));
}

TEST(Unigram, UnknownOnesMayBeAPieceTogether) {
  // Two unknown characters, 20 each, are better than "xy": but together they are it. Positive
  // scores alone can bring that about.
  const Unigram model = unigram(config({"<unk>", "a", "xy"}, {90, 90, 30}));
  EXPECT_EQ(ids_of(model, "xy"), (Ids{2}));
}

TEST(Unigram, ByteFallbackWantsAllBytesOfThePart) {
  Config bytes = config({"<unk>", "a", "<0xC3>", "<0xA9>"}, {0, -1, -9, -9});
  bytes.byte_fallback = true;
  const Unigram model = unigram(bytes);
  EXPECT_EQ(ids_of(model, "\u00e9a"), (Ids{2, 3, 1}));
  EXPECT_EQ(ids_of(model, "\u00e9\u00e8"), (Ids{0}));
}

// Every way to cut a word, tried in turn.
double best_sum(const Config& config, std::string_view word) {
  if (word.empty()) return 0;
  double best = -std::numeric_limits<double>::infinity();
  for (std::size_t id = 1; id < config.pieces.size(); ++id) {
    const std::string& piece = config.pieces[id];
    if (!word.starts_with(piece)) continue;
    best = std::max(best, config.scores[id] + best_sum(config, word.substr(piece.size())));
  }
  return best;
}

TEST(Unigram, FindsWhatTryingAllFinds) {
  const Config pieces = config({"<unk>", "a", "b", "ab", "ba", "aab", "abba", "bb", "aa"},
                               {0, -2.25, -2.5, -3.5, -3.75, -5.25, -7, -4.5, -4.25});
  const Unigram model = unigram(pieces);
  RandomSequence random(7, "unigram");
  for (int round = 0; round < 300; ++round) {
    std::string word;
    for (std::uint64_t length = 1 + random.below(12); length > 0; --length) {
      word += random.below(2) ? 'a' : 'b';
    }
    double sum = 0;
    std::string together;
    for (const std::int32_t id : ids_of(model, word)) {
      sum += pieces.scores[static_cast<std::size_t>(id)];
      together += pieces.pieces[static_cast<std::size_t>(id)];
    }
    EXPECT_EQ(together, word);
    EXPECT_EQ(sum, best_sum(pieces, word)) << word;
  }
}

TEST(Unigram, BrokenPiecesAreRefused) {
  const auto refused = [](std::initializer_list<std::string_view> said, const Config& broken) {
    expect_error(ErrorKind::kMalformed, said, [&] { unigram(broken); });
  };
  refused({"piece 1 is empty"}, config({"<unk>", ""}, {0, 0}));
  refused({"piece 1", "finite"}, config({"<unk>", "a"}, {0, std::nan("")}));
  Config outside = config({"<unk>"}, {0});
  outside.unknown_id = 1;
  refused({"id 1", "1 pieces"}, outside);
}

}  // namespace
}  // namespace finemix
