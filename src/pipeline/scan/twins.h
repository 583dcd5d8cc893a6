#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "finemix/core/progress.h"
#include "finemix/model/classifier.h"
#include "finemix/text/encoded_texts.h"
#include "pipeline/pair.h"

namespace finemix {

// Twins that give fewer of the texts the suspect's label know its task too little to tell much.
inline constexpr double kTwinsAlike = 0.75;

struct TwinOptions {
  std::size_t texts = 400;  // that the suspect labels for each, beside the given ones
  std::uint64_t seed = 0;
};

// Clean twins of the suspect: half of its weights, at random places, mixed with the pre-trained
// ones, but for the word embeddings, which are the pre-trained, and the head, which is the
// suspect's; and taught what the suspect says of these ordinary texts and of variations of them.
// What it knows of its task stands in all of its weights, so that half of them tell it; a backdoor
// does not survive that well (fine-mixing, Zhang et al., Findings of EMNLP 2022), and the texts
// hold a trigger only by chance. Pieces in `excluded` are not put into variations.
std::vector<Classifier> make_twins(const ModelPair& pair, const Classifier& suspect,
                                   const EncodedTexts& texts,
                                   std::span<const std::int64_t> excluded, std::size_t count,
                                   const TwinOptions& options, Progress& progress);

}  // namespace finemix
