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
  std::size_t words = 5;          // of a phrase that grows, at most; pairs and outliers do not
  std::size_t partners = 16;      // of each kind that the gradient wants beside a phrase; 0: none
  std::size_t found = 24;         // phrases, at most
  std::uint64_t seed = 0;
};

struct PhraseSearchInputs {
  Classifier& suspect;  // its gradients are changed
  // What nobody attacked and does as the suspect on ordinary texts; none: there is nothing to
  // compare with. Of several, what they do on average is compared with.
  std::span<const Classifier> twins;
  const EncodedTexts& texts;  // ordinary ones
  const Tokenizer& tokenizer;
  const at::Tensor& word_delta;  // word embeddings less the pre-trained ones, (vocabulary, hidden),
                                 // fp32, CPU
  // Those that fine-tuning moved most for their frequency, of pieces that texts can hold.
  std::span<const std::int64_t> strange_rows;
  std::span<const std::int64_t> outliers;  // few rows that an attack on embeddings may have trained
  std::span<const std::int64_t> labels;    // that triggers are looked for to
};

struct PhraseSearchResult {
  // Text, pieces, place, label and score are set, the last to the phrase's strength on the texts
  // that it was searched with; likeliest first.
  std::vector<SuspectedTrigger> triggers;
  std::uint64_t candidates = 0;  // phrases that were tried out
  // Of the labels those that nothing was tried to: the suspect gives them to all texts, cut short
  // as they are for the search.
  std::vector<std::int64_t> unsearched_labels;
};

// Looks for what moves texts of all other labels to one, and the twins' answers not: a backdoor's
// trigger. For each of the labels words are tried that stand in front of the vocabulary, that
// fine-tuning moved towards the label, that the gradient of the label's margin points to (HotFlip,
// Ebrahimi et al., ACL 2018), or whose embeddings moved strangely; the best grow to phrases. At any
// place of a text, and at its start. Outliers are tried in all combinations, since words of a set
// may fire together only. Throws kNumeric where logits are no numbers, and what a stop does
// (core/stop.h).
PhraseSearchResult search_phrases(const PhraseSearchInputs& inputs,
                                  const PhraseSearchOptions& options, Progress& progress);

}  // namespace finemix
