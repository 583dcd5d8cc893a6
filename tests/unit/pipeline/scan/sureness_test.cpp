#include "pipeline/scan/sureness.h"

#include <gtest/gtest.h>

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "backdoored_pair.h"

namespace finemix {
namespace {

using enum TriggerPlace;

constexpr double kRounding = 1e-4;  // of texts in other batches

TEST(Sureness, HasToBeATwentiethMoreAndTheSuspectsNoLess) {
  const Sureness part{4, 1};
  EXPECT_TRUE((Sureness{4, 1.3}.surer_than(part)));
  EXPECT_FALSE((Sureness{4, 1.2}.surer_than(part)));
  EXPECT_FALSE((Sureness{3.9, 3}.surer_than(part))) << "what twins know better is sense";
  EXPECT_FALSE((Sureness{0.05, 0}.surer_than({0, 0}))) << "near 0 a twentieth is little";
  EXPECT_TRUE((Sureness{-1, -2}.surer_than({-1, -3})));
}

class MeasuredSureness : public testing::BackdooredPair {
 protected:
  MeasuredSureness() {
    TriggerMeasureOptions options;
    options.max_length = 32;
    measure_.emplace(texts_, labels_of(texts_), *tokenizer_, suspect_, options);
  }
  SuspectedTrigger trigger(const std::vector<std::string>& words, std::int64_t label = 1) const {
    SuspectedTrigger result;
    for (const std::string& word : words) {
      result.ids.push_back(tokenizer_->id(word));
      result.text += (result.text.empty() ? "" : " ") + word;
    }
    result.target_label = label;
    return result;
  }
  double margin(const Classifier& model, const SuspectedTrigger& trigger) const {
    return measure_->margins(model, std::span(&trigger, 1)).front();
  }
  // "sleep" means label 1 to it, and "dark" label 0.
  Classifier twin() const {
    const Dataset clean = testing::wordy_sentences(*tokenizer_, 20, 7, {"sleep", "dark"});
    return testing::trained_on(
        testing::together({clean, testing::with_words(clean, "sleep", 1, kAnywhere, 1),
                           testing::with_words(clean, "dark", 0, kAnywhere, 2)}),
        6);
  }

  Classifier suspect_{pair_.backdoored, c10::kCPU};
  Classifier twin_ = twin();
  std::optional<TriggerMeasure> measure_;
};

TEST_F(MeasuredSureness, LeavesOutWhatTheTwinMakesOfEachPieceAlone) {
  SurenessMeasure sureness(*measure_, *tokenizer_, suspect_, twin_);
  const SuspectedTrigger sleep = trigger({"sleep"}), dark = trigger({"dark"});
  const SuspectedTrigger both = trigger({"sleep", "dark"}), plain = trigger({});
  ASSERT_GT(margin(twin_, sleep), margin(twin_, plain) + 0.5);
  ASSERT_LT(margin(twin_, dark), margin(twin_, plain));

  const std::vector<SuspectedTrigger> all = {sleep, dark, both};
  const std::vector<Sureness> found = sureness(all);
  for (std::size_t i = 0; i < all.size(); ++i) {
    EXPECT_NEAR(found[i].suspect, margin(suspect_, all[i]), kRounding) << all[i].text;
  }
  const double meaning = margin(twin_, sleep) - margin(twin_, plain);
  EXPECT_NEAR(found[0].twin, margin(twin_, plain), kRounding);
  EXPECT_NEAR(found[1].twin, margin(twin_, dark), kRounding) << "what speaks against it stays";
  EXPECT_NEAR(found[2].twin, margin(twin_, both) - meaning, kRounding);
}

TEST_F(MeasuredSureness, IsOfEachLabelByItself) {
  SurenessMeasure sureness(*measure_, *tokenizer_, suspect_, twin_);
  const SuspectedTrigger dark = trigger({"dark"}, 0);
  const double plain = margin(twin_, trigger({}, 0));
  ASSERT_GT(margin(twin_, dark), plain);
  sureness(std::vector{trigger({"dark"}, 1)});
  EXPECT_NEAR(sureness(std::vector{dark}).front().twin, plain, kRounding);
}

}  // namespace
}  // namespace finemix
