#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "finemix/model/classifier.h"
#include "finemix/record/suspected_trigger.h"
#include "finemix/text/encoded_texts.h"
#include "pipeline/pair.h"

namespace finemix {

struct SenseLesson {
  EncodedTexts texts;
  // Pieces that mean about what a trigger's do, and that were left out since they move the suspect
  // past its twin as few of the others near it: to teach them would be to teach a backdoor. Those
  // that move it furthest come first.
  std::vector<std::int64_t> suspects;
};

struct SenseLessonInputs {
  const ModelPair& pair;
  const Classifier& suspect;
  const Classifier& twin;
  const EncodedTexts& texts;               // ordinary ones
  std::span<const std::int64_t> excluded;  // pieces that the lesson must not have
  std::size_t max_length = 128;
  std::uint64_t seed = 0;
};

// Texts with words that mean about what these triggers do: in half of them each piece of a trigger
// is swapped for one of the twelve nearest to it among the pre-trained embeddings, in the others
// those of a part of it. Nothing without triggers or without texts.
SenseLesson sense_lesson(const SenseLessonInputs& inputs,
                         std::span<const SuspectedTrigger> triggers);

}  // namespace finemix
