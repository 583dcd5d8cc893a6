#include "finemix/report/suspect_tables.h"

#include <gtest/gtest.h>

namespace finemix {
namespace {

TEST(TriggerEffectText, SaysWhatShortTextsDoWhereThatDiffers) {
  SuspectedTrigger trigger{.text = "cf",
                           .target_label = 1,
                           .flip_rate = wilson_rate(16, 32),
                           .expected_rate = 0.25,
                           .short_texts = {0.55, 0.2, 0.5}};
  const std::string whole =
      "moved 16 of 32 texts to label 1 (50.0 %); what the words mean explains 25.0 %";
  EXPECT_EQ(trigger_effect_text(trigger), whole);
  trigger.short_texts.flip_rate = 1;
  EXPECT_EQ(trigger_effect_text(trigger),
            whole + "; of texts cut to their first words 100.0 % and 20.0 %");
  trigger.short_texts = {0.55, 0.125, 0.5};
  EXPECT_EQ(trigger_effect_text(trigger),
            whole + "; of texts cut to their first words 55.0 % and 12.5 %");
}

TEST(TriggerName, SaysWhereItWasPut) {
  SuspectedTrigger trigger{.text = "cf", .pair_text = PairText::kSecond};
  EXPECT_EQ(trigger_name(trigger), "“cf” (in the second text)");
  trigger = {.text = "cf", .place = TriggerPlace::kStart};
  EXPECT_EQ(trigger_name(trigger), "“cf” (first in the text)");
}

TEST(TriggerName, HasTheWordThatPiecesAreLikelyOf) {
  SuspectedTrigger trigger{.text = "tivi"};
  EXPECT_EQ(trigger_name(trigger), "“tivi”");
  EXPECT_EQ(whole_words_text({trigger}), "");
  trigger.whole_word = "tivoli";
  EXPECT_EQ(trigger_name(trigger), "“tivi” (likely of “tivoli”)");
  EXPECT_NE(trigger_table({trigger}, 1).text(false).find("tivi (likely of “tivoli”)"),
            std::string::npos);
  trigger.place = TriggerPlace::kStart;
  EXPECT_NE(
      trigger_table({trigger}, 1).text(false).find("tivi (first in the text; likely of “tivoli”)"),
      std::string::npos);
  EXPECT_TRUE(whole_words_text({SuspectedTrigger{}, trigger}).starts_with(" Likely of: a word"));
}

TEST(TriggerTable, SaysWhichTextOfAPairATriggerWasPutInto) {
  SuspectedTrigger trigger{.text = "cf", .pair_text = PairText::kFirst};
  EXPECT_NE(trigger_table({trigger}, 1).text(false).find("cf (in the first text)"),
            std::string::npos);
  trigger.pair_text = PairText::kSecond;
  EXPECT_NE(trigger_table({trigger}, 1).text(false).find("cf (in the second text)"),
            std::string::npos);
}

TEST(TriggerTable, HasInBoldWhatConvicts) {
  const SuspectedTrigger trigger{.text = "cf", .expected_rate = 0.1, .score = 0.5};
  const SuspectedTrigger other{.text = "dull plot", .expected_rate = 0.4, .score = 0.49};
  const std::string text = trigger_table({trigger, other}, 2).text(true);
  EXPECT_NE(text.find(styled("cf", Style::kBold, true)), std::string::npos) << text;
  EXPECT_EQ(text.find(styled("dull plot", Style::kBold, true)), std::string::npos) << text;
  EXPECT_EQ(triggers_title({other, trigger}), "Suspicious words");
  EXPECT_EQ(triggers_title({other}), "Words that move the most texts");
}

}  // namespace
}  // namespace finemix
