#include "finemix/text/subword_tokenizer.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace finemix {
namespace {

using Ids = std::vector<std::int32_t>;

// Ids: begin 0, inside 1, normalized 2, then added tokens. A stretch becomes one id that says what
// the model was told of it.
class TellingModel : public SubwordModel {
 public:
  void append(TextStretch stretch, std::size_t, Ids& ids) const override {
    ids.push_back(stretch.begins_text ? 0 : 1);
  }
  std::string normalize(TextStretch stretch) const override {
    return stretch.text == "gone" ? "" : "n" + std::string(stretch.text);
  }
  void append_normalized(TextStretch stretch, std::size_t enough, Ids& ids) const override {
    EXPECT_TRUE(stretch.text.starts_with('n')) << stretch.text;
    append(stretch, enough, ids);
    ids.push_back(2);
  }
  PieceText piece_text(const std::string& token) const override { return {"a " + token, true}; }
  std::int32_t unknown_id() const override { return 1; }
};

SubwordTokenizer make(const std::vector<AddedToken>& added) {
  TokenizerFrame frame{"telling", added, {}, {}};
  set_bert_templates(frame, 0, 1);
  return SubwordTokenizer({frame, Vocabulary("telling", {"begin", "inside", "normalized"}, added),
                           std::make_unique<TellingModel>()});
}

TEST(SubwordTokenizer, APieceStandsForWhatTheModelSaysAnAddedOneForItself) {
  const SubwordTokenizer tokenizer = make({{.content = "|", .id = 3}});
  EXPECT_EQ(tokenizer.piece_text(1).text, "a inside");
  EXPECT_TRUE(tokenizer.piece_text(1).continues);
  EXPECT_EQ(tokenizer.piece_text(3).text, "|");
  EXPECT_FALSE(tokenizer.piece_text(3).continues);
}

TEST(SubwordTokenizer, AModelIsToldWhichStretchBeginsTheText) {
  const SubwordTokenizer tokenizer = make({{.content = "|", .id = 3}});
  EXPECT_EQ(tokenizer.pieces("a|b|c"), Ids({0, 3, 1, 3, 1}));
  EXPECT_EQ(tokenizer.pieces("|b"), Ids({3, 1}));
  EXPECT_EQ(tokenizer.pieces(""), Ids());
}

TEST(SubwordTokenizer, AddedTokensThatAreNormalizedAreFoundInNormalizedText) {
  // Its own normalized form is "n!".
  const SubwordTokenizer tokenizer =
      make({{.content = "|", .id = 3}, {.content = "!", .id = 4, .normalized = true}});
  EXPECT_EQ(tokenizer.pieces("!|gone|nx"), Ids({4, 3, 3, 1, 2}));
  EXPECT_EQ(tokenizer.pieces("!nx"), Ids({4, 1, 2}));
  EXPECT_EQ(tokenizer.pieces("nx"), Ids({0, 2}));
}

TEST(SubwordTokenizer, SpecialIdsAreTheUnknownOneAddedOnesAndThoseOfTheTemplates) {
  const SubwordTokenizer tokenizer =
      make({{.content = "|", .id = 3, .special = false}, {.content = "?", .id = 4}});
  EXPECT_EQ(Ids(tokenizer.special_ids().begin(), tokenizer.special_ids().end()), Ids({0, 1, 4}));
}

}  // namespace
}  // namespace finemix
