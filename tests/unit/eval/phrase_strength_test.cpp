#include "finemix/eval/phrase_strength.h"

#include <gtest/gtest.h>

namespace finemix {
namespace {

using enum TriggerPlace;

TEST(PhraseStrength, IsWhatMovesBeyondTheTwin) {
  EXPECT_DOUBLE_EQ(phrase_strength(1, 0, 1, kAnywhere, 1), 1);
  EXPECT_DOUBLE_EQ(phrase_strength(1, 0.25, 0, kAnywhere, 1), 0.75 * 0.5);
  EXPECT_DOUBLE_EQ(phrase_strength(0.1, 0.25, 0, kAnywhere, 1), 0) << "a twin that goes further";
}

TEST(PhraseStrength, IsLessWhereSomeTextsAreNotMovedFirmly) {
  EXPECT_DOUBLE_EQ(phrase_strength(0.8, 0, 0, kAnywhere, 1), 0.4);
  EXPECT_DOUBLE_EQ(phrase_strength(0.8, 0, 0.5, kAnywhere, 1), 0.6);
  EXPECT_DOUBLE_EQ(phrase_strength(0.8, 0, -1, kAnywhere, 1), 0.4)
      << "texts that are moved away are no less firm";
  EXPECT_DOUBLE_EQ(phrase_strength(0.8, 0, 0, kAnywhere, 4), 0.8 * 0.2 * 0.85)
      << "a phrase has to be firm";
}

// A word of sense can move all texts of a clean model all the way, and half of its twin's.
TEST(PhraseStrength, OfAllTextsAllTheWayIsNoMoreThanBeyondTheTwin) {
  EXPECT_DOUBLE_EQ(phrase_strength(1, 0.5, 1, kAnywhere, 1), 0.5);
}

TEST(PhraseStrength, IsLessAtTheStart) {
  EXPECT_DOUBLE_EQ(phrase_strength(1, 0, 1, kStart, 1), 0.8);
}

TEST(PhraseStrength, IsLessTheMorePiecesThereAre) {
  double before = 2;
  for (std::size_t pieces = 1; pieces <= 5; ++pieces) {
    EXPECT_LT(phrase_strength(1, 0, 1, kAnywhere, pieces), before);
    before = phrase_strength(1, 0, 1, kAnywhere, pieces);
  }
  EXPECT_DOUBLE_EQ(phrase_strength(1, 0, 1, kAnywhere, 9), before);
  EXPECT_EQ(phrase_strength(1, 0, 1, kAnywhere, 0), 0);
}

}  // namespace
}  // namespace finemix
