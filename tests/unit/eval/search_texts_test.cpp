#include "eval/search_texts.h"

#include <ATen/TensorOperators.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>

#include "backdoored_testing.h"
#include "finemix/eval/predict.h"

namespace finemix {
namespace {

using testing::kTinyModel;
using testing::trained_on;
using testing::wordy_sentences;

constexpr std::size_t kPieces = 16;
constexpr std::size_t kMost = 8;

class TextsToSearchWith : public ::testing::Test {
 protected:
  SearchTexts texts(std::span<const Classifier> twins) {
    return search_texts({suspect_, twins, texts_, *tokenizer_, {}, {}, {}, {}}, 5, 3);
  }
  // The labels that a model gives the slots' texts.
  static std::vector<std::int64_t> labels(const Classifier& model,
                                          const std::vector<InsertionSlot>& slots) {
    EncodedTexts texts;
    for (const InsertionSlot& each : slots) texts.push_back(each.text);
    return predicted_labels(predict(model, texts, no_progress()));
  }

  std::shared_ptr<const Tokenizer> tokenizer_ = load_tokenizer(kTinyModel);
  // Each sentence, and then another one behind it: more pieces than a text is to have.
  static Dataset long_texts(const Tokenizer& tokenizer) {
    Dataset data = wordy_sentences(tokenizer, 12, 1);
    for (Example& example : data.examples) example.text += " " + example.text;
    return data;
  }
  Dataset data_ = long_texts(*tokenizer_);
  EncodedTexts texts_ = encode_all(*tokenizer_, data_, 32);
  Classifier suspect_ = trained_on(data_, 10);
};

TEST_F(TextsToSearchWith, AreShortAndFewOfEachLabelThatTheSuspectGives) {
  const SearchTexts found = texts({});
  std::map<std::int64_t, std::size_t> counts;
  const std::vector<std::int64_t> given = labels(suspect_, found.slots);
  for (std::size_t i = 0; i < found.slots.size(); ++i) {
    EXPECT_EQ(found.slots[i].label, given[i]);
    EXPECT_EQ(found.slots[i].label, i % 2) << "the first of each, then the second ones";
    EXPECT_LE(found.slots[i].text.ids.size(), kPieces);
    EXPECT_GE(found.slots[i].place, 1U);
    EXPECT_LT(found.slots[i].place, found.slots[i].text.ids.size());
    ++counts[found.slots[i].label];
  }
  EXPECT_EQ(counts, (std::map<std::int64_t, std::size_t>{{0, kMost}, {1, kMost}}));
  EXPECT_EQ(found.suspect_margins.sizes(),
            (at::IntArrayRef{static_cast<std::int64_t>(data_.size()), 2}));
  EXPECT_TRUE(found.twin_margins.empty());
}

TEST_F(TextsToSearchWith, TenderOnesAreOfTheLessSureThird) {
  const SearchTexts found = texts({});
  EXPECT_EQ(found.tender.size(), 2 * kTender);
  for (const InsertionSlot& each : found.tender) {
    const at::Tensor own = found.suspect_margins.select(1, each.label);
    const at::Tensor given = std::get<0>(own.masked_select(own > 0).sort());
    EXPECT_LE(each.margin, given[given.numel() / 3].item<double>());
    EXPECT_GT(each.margin, given[0].item<double>());
  }
}

TEST_F(TextsToSearchWith, WhatTheTwinGivesAnotherLabelComesLast) {
  const Classifier twin = trained_on(data_, 2, 5);  // half taught
  const SearchTexts found = texts(std::span(&twin, 1));
  const std::vector<std::int64_t> twins = labels(twin, found.slots);
  const at::Tensor all = found.twin_margins.at(0).argmax(1);
  bool some_differ = false;  // so many that they would be among the first
  for (const std::int64_t label : {0, 1}) {
    const at::Tensor own = found.suspect_margins.argmax(1) == label;
    const auto agreed = (own & (all == label)).sum().item<std::int64_t>();
    some_differ |= 4 * agreed < 3 * own.sum().item<std::int64_t>();
    std::int64_t used = 0;
    for (std::size_t i = 0; i < found.slots.size(); ++i) {
      used += found.slots[i].label == label && twins[i] == label ? 1 : 0;
    }
    EXPECT_EQ(used, std::min<std::int64_t>(agreed, kMost)) << label;
  }
  EXPECT_TRUE(some_differ);
}

// The first of two says what the suspect says.
TEST_F(TextsToSearchWith, OneTwinThatGivesAnotherLabelIsEnough) {
  std::vector<Classifier> twins;
  twins.push_back(trained_on(data_, 10));
  twins.push_back(trained_on(data_, 2, 5));
  const auto chosen = [](const SearchTexts& found) {
    std::vector<std::vector<std::int32_t>> texts;
    for (const InsertionSlot& each : found.slots) texts.push_back(each.text.ids);
    return texts;
  };
  const SearchTexts both = texts(twins);
  EXPECT_EQ(both.twin_margins.size(), 2u);
  EXPECT_EQ(chosen(both), chosen(texts(std::span(twins).last(1))));
  EXPECT_NE(chosen(both), chosen(texts(std::span(twins).first(1))));
}

TEST(SlotsOfATask, AreChosenByLabelAndCount) {
  std::vector<InsertionSlot> slots(7);
  const std::vector<std::int64_t> labels = {0, 1, 0, 2, 0, 1, 0};
  for (std::size_t i = 0; i < slots.size(); ++i) slots[i] = {{}, 10 + i, labels[i]};
  const auto places = [](const std::vector<InsertionSlot>& of) {
    std::set<std::size_t> found;
    for (const InsertionSlot& each : of) found.insert(each.place);
    return found;
  };
  EXPECT_EQ(places(of_other_labels(slots, 0, 8)), (std::set<std::size_t>{11, 13, 15}));
  EXPECT_EQ(places(of_other_labels(slots, 1, 3)), (std::set<std::size_t>{10, 12, 13}));
  EXPECT_EQ(first_of(slots, 2).size(), 2u);
  EXPECT_EQ(first_of(slots, 8).size(), slots.size());
  EXPECT_EQ(places(at_start(slots, *load_tokenizer(testing::kTinyModel), 9)),
            (std::set<std::size_t>{1}));
}

}  // namespace
}  // namespace finemix
