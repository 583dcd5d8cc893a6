#pragma once

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "finemix/core/progress.h"
#include "finemix/model/classifier.h"
#include "finemix/record/suspected_trigger.h"
#include "finemix/text/tokenizer.h"

namespace finemix {

struct PhraseSearchOptions {
  std::size_t candidates = 1500;  // word pieces of each kind that are tried for a label
  std::size_t words = 5;          // of a phrase, at most
  std::size_t kept = 10;          // of what is found
  std::size_t measured_on = 96;   // texts of each label that these are measured on, at most
  std::size_t max_length = 128;   // pieces of a text that the models are run on, at most
  std::uint64_t seed = 0;
};

struct PhraseSearchInputs {
  Classifier& suspect;  // its gradients are changed
  // What nobody attacked and does as the suspect on ordinary texts; nullptr: there is none to
  // compare with.
  const Classifier* twin = nullptr;
  const EncodedTexts& texts;  // ordinary ones
  const Tokenizer& tokenizer;
  const at::Tensor& word_delta;  // word embeddings less the pre-trained ones, (vocabulary, hidden),
                                 // fp32, CPU
  std::span<const std::int32_t> moved_rows;  // pieces whose embeddings fine-tuning moved, the
                                             // strangest first
};

struct PhraseSearchResult {
  std::vector<SuspectedTrigger> triggers;  // the likeliest first
  std::uint64_t candidates = 0;            // phrases that were tried out
  std::uint64_t texts = 0;                 // that triggers were measured on
};

// Looks for what moves texts of all other labels to one, and the twin's answers not: a backdoor's
// trigger. Pieces are tried in groups over the vocabulary and by the gradient of the label's margin
// (HotFlip, Ebrahimi et al., ACL 2018), then alone, and the best grow to phrases; at any place of a
// text, and at its start. What is found is measured on other texts than it was searched with, where
// there are enough.
PhraseSearchResult search_phrases(const PhraseSearchInputs& inputs,
                                  const PhraseSearchOptions& options, Progress& progress);

}  // namespace finemix
