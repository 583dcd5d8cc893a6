#include "finemix/eval/insertion.h"

#include <ATen/ops/allclose.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <span>

#include "finemix/eval/predict.h"
#include "phrase_margins.h"

namespace finemix {
namespace {

const std::string kModel = FINEMIX_TEST_DATA "/model/post_ln_gelu";

class Insertion : public ::testing::Test {
 protected:
  Encoding encode(const std::string& text, std::optional<std::string> text_b = {}) const {
    return tokenizer_->encode({text, std::move(text_b), -1}, 64);
  }
  std::vector<std::int32_t> ids(const std::vector<std::string>& tokens) const {
    std::vector<std::int32_t> result;
    for (const std::string& token : tokens) result.push_back(tokenizer_->id(token));
    return result;
  }
  std::set<std::size_t> places(const Encoding& text, TriggerPlace place) const {
    RandomSequence random(1, "test");
    std::set<std::size_t> drawn;
    for (int i = 0; i < 300; ++i) drawn.insert(draw_place(text, *tokenizer_, place, random));
    return drawn;
  }

  std::shared_ptr<const Tokenizer> tokenizer_ = load_tokenizer(kModel);
};

TEST(PhraseText, IsAsSomebodyWouldWriteIt) {
  const auto written = [](const std::string& directory, const std::vector<std::string>& tokens) {
    const auto tokenizer = load_tokenizer(FINEMIX_TEST_DATA "/" + directory);
    Phrase phrase;
    for (const std::string& token : tokens) phrase.push_back(tokenizer->id(token));
    EXPECT_EQ(std::ranges::count(phrase, -1), 0) << directory;
    return phrase_text(phrase, *tokenizer);
  };
  const std::string words = "model/post_ln_gelu";
  EXPECT_EQ(written(words, {"c", "##f", "great", "##ed"}), "cf greated");
  EXPECT_EQ(written(words, {"##f", "great"}), "##f great");
  EXPECT_EQ(written("text/byte_bpe/files", {"\u0120", "e"}), "e") << "a space of its own";
  EXPECT_EQ(written("text/byte_bpe/files", {"e", "\u0120"}), "##e ");
  EXPECT_EQ(written("text/spm/xlmr", {"\u2581", "e"}), "e");
}

TEST_F(Insertion, ATextIsShortenedFromItsEnd) {
  const Encoding text = encode("we love the new plot");
  const Encoding shorter = shortened(text, *tokenizer_, 5);
  EXPECT_EQ(shorter.ids, ids({"[CLS]", "w", "##e", "love", "[SEP]"}));
  EXPECT_EQ(shorter.type_ids.size(), 5u);
  EXPECT_EQ(shortened(text, *tokenizer_, 64).ids, text.ids);
  EXPECT_EQ(shortened(text, *tokenizer_, text.ids.size()).ids, text.ids);
}

TEST_F(Insertion, OfAPairTheLongerSideIsShortenedFirst) {
  const Encoding pair = encode("love the new plot", "a film");
  const Encoding shorter = shortened(pair, *tokenizer_, 7);
  EXPECT_EQ(shorter.ids, ids({"[CLS]", "love", "the", "[SEP]", "a", "film", "[SEP]"}));
  EXPECT_EQ(shorter.type_ids, (std::vector<std::uint8_t>{0, 0, 0, 0, 1, 1, 1}));
  const Encoding other = shortened(encode("a film", "love the new plot"), *tokenizer_, 7);
  EXPECT_EQ(other.ids, ids({"[CLS]", "a", "film", "[SEP]", "love", "the", "[SEP]"}));
  EXPECT_EQ(other.type_ids, (std::vector<std::uint8_t>{0, 0, 0, 0, 1, 1, 1}));
}

TEST_F(Insertion, APhraseStandsWholeAtAPlaceOfItsKindAndMakesRoomForItself) {
  const Encoding text = encode("we love the new plot");
  const std::vector<std::int32_t> film = ids({"a", "film"});
  RandomSequence random(1, "test");
  std::set<std::ptrdiff_t> places;
  for (int i = 0; i < 100; ++i) {
    const Encoding with =
        with_phrase(text, film, TriggerPlace::kAnywhere, *tokenizer_, text.ids.size(), random);
    ASSERT_EQ(with.ids.size(), text.ids.size());
    ASSERT_EQ(with.type_ids.size(), with.ids.size());
    EXPECT_EQ(with.ids.back(), tokenizer_->id("[SEP]"));
    const auto found = std::ranges::search(with.ids, film);
    ASSERT_FALSE(found.empty());
    places.insert(found.begin() - with.ids.begin());
  }
  EXPECT_GT(places.size(), 2u);
  const Encoding start = with_phrase(text, film, TriggerPlace::kStart, *tokenizer_, 64, random);
  EXPECT_EQ(start.ids.size(), text.ids.size() + 2);
  EXPECT_TRUE(std::ranges::equal(std::span(start.ids).subspan(1, 2), film));
  EXPECT_EQ(with_phrase(text, film, TriggerPlace::kStart, *tokenizer_, 3, random).ids, text.ids)
      << "no room beside the special pieces";
}

TEST_F(Insertion, SpecialPiecesStayWhateverTheLength) {
  EXPECT_EQ(shortened(encode("love"), *tokenizer_, 1).ids, ids({"[CLS]", "[SEP]"}));
  EXPECT_EQ(shortened(encode("love", "film"), *tokenizer_, 0).ids,
            ids({"[CLS]", "[SEP]", "[SEP]"}));
}

TEST_F(Insertion, PlacesAreNeitherWithinAWordNorBehindTheLastSpecialPiece) {
  const Encoding text = encode("walking talking slow");
  ASSERT_EQ(text.ids, ids({"[CLS]", "walk", "##ing", "talk", "##ing", "slow", "[SEP]"}));
  EXPECT_EQ(places(text, TriggerPlace::kAnywhere), (std::set<std::size_t>{1, 3, 5, 6}));
  EXPECT_EQ(places(text, TriggerPlace::kStart), (std::set<std::size_t>{1}));
  EXPECT_EQ(places(encode("walking", "slow talking"), TriggerPlace::kAnywhere),
            (std::set<std::size_t>{1, 3, 4, 5, 7}));
  EXPECT_EQ(places(encode(""), TriggerPlace::kAnywhere), (std::set<std::size_t>{1}));
}

// [UNK] is a special token that stands in texts, not around them.
TEST_F(Insertion, UnknownWordsEndNoText) {
  const Encoding text = encode("love \u2603 film \u2603 slow hero");
  ASSERT_EQ(text.ids, ids({"[CLS]", "love", "[UNK]", "film", "[UNK]", "slow", "hero", "[SEP]"}));
  EXPECT_EQ(shortened(text, *tokenizer_, 4).ids, ids({"[CLS]", "love", "[UNK]", "[SEP]"}));
  EXPECT_EQ(cut_short(text, *tokenizer_, 4).ids.size(), 4u);
}

TEST_F(Insertion, NothingGoesBetweenTheTwoMarksOfAPair) {
  const auto tokenizer = load_tokenizer(FINEMIX_TEST_DATA "/text/byte_bpe/json");
  const Encoding pair = tokenizer->encode({"a", "b", -1}, 64);
  ASSERT_EQ(pair.ids.size(), 6u) << "<s> a </s></s> b </s>";
  RandomSequence random(1, "test");
  std::set<std::size_t> drawn;
  for (int i = 0; i < 300; ++i) {
    drawn.insert(draw_place(pair, *tokenizer, TriggerPlace::kAnywhere, random));
  }
  EXPECT_FALSE(drawn.contains(3)) << "before the second </s>";
  EXPECT_TRUE(drawn.contains(2) && drawn.contains(5)) << "behind each text";
}

TEST_F(Insertion, BehindABlankATextHasThePiecesThatAWriterGets) {
  const auto tokenizer = load_tokenizer(FINEMIX_TEST_DATA "/text/byte_bpe/json");
  const auto written = [&](const std::string& text) {
    return tokenizer->encode({text, {}, -1}, 64);
  };
  for (const char* text : {"hello world", "the", "h", "na\u00EFve caf\u00E9", "1984 it was"}) {
    const Encoding expected = written(std::string(" ") + text);
    const Encoding behind = behind_blank(written(text), *tokenizer);
    EXPECT_EQ(behind.ids, expected.ids) << text;
    EXPECT_EQ(behind.type_ids, expected.type_ids) << text;
    EXPECT_NE(behind.ids, written(text).ids) << text;
    EXPECT_EQ(behind_blank(behind, *tokenizer).ids, behind.ids) << text;
  }
  RandomSequence random(1, "test");
  const Phrase phrase = tokenizer->pieces(" when it");
  EXPECT_EQ(
      with_phrase(written("was full"), phrase, TriggerPlace::kStart, *tokenizer, 64, random).ids,
      written(" when it was full").ids);
  EXPECT_EQ(behind_blank(written(""), *tokenizer).ids, written("").ids);
  const Encoding words = encode("we love the new plot");
  EXPECT_EQ(behind_blank(words, *tokenizer_).ids, words.ids) << "WordPiece has no blanks";
}

TEST(LabelMargins, AreHowFarALabelIsAboveTheOthersTogether) {
  const at::Tensor margins =
      label_margins(at::tensor({1.0f, 2.0f, 4.0f, 0.0f, 0.0f, 0.0f}).view({2, 3}));
  ASSERT_EQ(margins.sizes(), (at::IntArrayRef{2, 3}));
  const auto expect = [&](int row, int label, double value) {
    EXPECT_NEAR(margins[row][label].item<double>(), value, 1e-6) << row << ", " << label;
  };
  expect(0, 0, 1 - std::log(std::exp(2) + std::exp(4)));
  expect(0, 1, 2 - std::log(std::exp(1) + std::exp(4)));
  expect(0, 2, 4 - std::log(std::exp(1) + std::exp(2)));
  for (int label = 0; label < 3; ++label) expect(1, label, -std::log(2));
}

TEST(LabelMargins, OfTwoLabelsAreTheirDifference) {
  const at::Tensor margins = label_margins(at::tensor({3.0f, -1.5f}).view({1, 2}));
  EXPECT_NEAR(margins[0][0].item<double>(), 4.5, 1e-6);
  EXPECT_NEAR(margins[0][1].item<double>(), -4.5, 1e-6);
}

TEST_F(Insertion, APairIsCutShortToSoManyPiecesOfEach) {
  const Encoding text = encode("love the film love the film love the film");
  EXPECT_EQ(cut_short(text, *tokenizer_, 6).ids, shortened(text, *tokenizer_, 6).ids);
  const Encoding pair = encode("love the film love the film", "cold hero cold hero cold hero");
  const Encoding cut = cut_short(pair, *tokenizer_, 4);
  EXPECT_EQ(cut.ids, shortened(pair, *tokenizer_, 8).ids);
  EXPECT_EQ(cut.ids.size(), 8u);
  EXPECT_EQ(std::ranges::count(cut.type_ids, 1), 4) << "three of its pieces, and what ends it";
}

TEST_F(Insertion, PhraseMarginsAreThoseOfTheTextsWithThePhraseIn) {
  const Classifier model(load_model(kModel), c10::Device(c10::kCPU));
  const std::vector<Phrase> phrases = {{}, ids({"dull", "##ness"})};
  const std::vector<InsertionSlot> slots = {{encode("love the film"), 2},
                                            {encode("love the film", "cold hero"), 6}};
  const at::Tensor margins = testing::phrase_margins(Predictor(model), phrases, slots);
  ASSERT_EQ(margins.sizes(), (at::IntArrayRef{2, 2, 2}));
  EncodedTexts written;
  for (const auto& [text, text_b] : std::vector<std::pair<std::string, std::optional<std::string>>>{
           {"love the film", {}},
           {"love the film", "cold hero"},
           {"love dullness the film", {}},
           {"love the film", "cold dullness hero"}}) {
    written.push_back(encode(text, text_b));
  }
  const at::Tensor expected = label_margins(predict(model, written, no_progress()));
  EXPECT_TRUE(at::allclose(margins.view({4, 2}), expected, 1e-4, 1e-5)) << margins << expected;
  // Each of the four is another text to the model, so that none can stand for another.
  for (int a = 0; a < 4; ++a) {
    for (int b = 0; b < a; ++b) {
      EXPECT_GT((expected[a][0] - expected[b][0]).abs().item<double>(), 1e-3) << a << ", " << b;
    }
  }
}

TEST(TypicalMargin, IsTheMedianOfTheTextsThatAreGivenTheLabel) {
  const at::Tensor margins =
      at::tensor({-1.0f, 1.0f, 5.0f, -5.0f, 1.0f, -1.0f, 3.0f, -3.0f}).view({4, 2});
  EXPECT_EQ(typical_margin(margins, 0), 3);
  EXPECT_EQ(typical_margin(margins, 1), 1);
  EXPECT_EQ(typical_margin(at::tensor({-1.0f, 1.0f}).view({1, 2}), 0), 1.0)
      << "where there is none";
}

TEST(Progress, IsTheShareOfTheWay) {
  const auto share = [](float margin, float plain, double typical) {
    return progress(at::tensor({margin}), at::tensor({plain}), typical).item<double>();
  };
  EXPECT_NEAR(share(-4, -4, 4), 0, 1e-6);
  EXPECT_NEAR(share(0, -4, 4), 0.5, 1e-6);
  EXPECT_NEAR(share(4, -4, 4), 1, 1e-6);
  EXPECT_NEAR(share(9, -4, 4), 1, 1e-6) << "no further than all the way";
  EXPECT_NEAR(share(-6, -4, 4), -0.25, 1e-6) << "away from the label";
  EXPECT_NEAR(share(-99, -4, 4), -1, 1e-6);
  // A text that is as good as there already has half a unit to go, not none.
  EXPECT_NEAR(share(4.25, 4, 4), 0.5, 1e-6);
  EXPECT_NEAR(share(5.25, 5, 4), 0.5, 1e-6);
}

TEST(Reach, IsTheShareOfTheWayWithoutAnEnd) {
  const at::Tensor reached = reach(at::tensor({9.0f, 0.0f, -99.0f}), at::tensor({-4.0f}), 4);
  EXPECT_NEAR(reached[0].item<double>(), 13.0 / 8, 1e-6);
  EXPECT_NEAR(reached[1].item<double>(), 0.5, 1e-6);
  EXPECT_NEAR(reached[2].item<double>(), -95.0 / 8, 1e-5);
}

TEST(WithPhrase, GoesIntoTheSegmentOfThePieceThatItStandsBefore) {
  const Encoding pair{{2, 7, 3, 8, 3}, {0, 0, 0, 1, 1}};
  const auto with = [&](std::size_t place) {
    InsertionSlot slot;
    slot.text = pair;
    slot.place = place;
    return with_phrase(slot, {9});
  };
  EXPECT_EQ(with(1).ids, (std::vector<std::int32_t>{2, 9, 7, 3, 8, 3}));
  EXPECT_EQ(with(1).type_ids, (std::vector<std::uint8_t>{0, 0, 0, 0, 1, 1}));
  EXPECT_EQ(with(3).type_ids, (std::vector<std::uint8_t>{0, 0, 0, 1, 1, 1}));
  EXPECT_EQ(with(4).ids, (std::vector<std::int32_t>{2, 7, 3, 8, 9, 3}));
}

}  // namespace
}  // namespace finemix
