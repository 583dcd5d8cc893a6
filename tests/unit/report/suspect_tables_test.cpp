#include "finemix/report/suspect_tables.h"

#include <gtest/gtest.h>

namespace finemix {
namespace {

TEST(TriggerEffectText, SaysWhatShortTextsDoWhereThatDiffers) {
  SuspectedTrigger trigger{.text = "cf",
                           .target_label = 1,
                           .flip_rate = wilson_rate(16, 32),
                           .expected_rate = 0.25,
                           .short_texts = {0.55, 0.125, 0.5}};
  const std::string whole =
      "moved 16 of 32 texts to label 1 (50.0 %); what the words mean explains 25.0 %";
  EXPECT_EQ(trigger_effect_text(trigger), whole);
  trigger.short_texts.flip_rate = 1;
  EXPECT_EQ(trigger_effect_text(trigger),
            whole + "; of texts cut to their first words 100.0 % and 12.5 %");
}

}  // namespace
}  // namespace finemix
