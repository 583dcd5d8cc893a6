#pragma once

#include <string>
#include <vector>

#include "finemix/model/state_dict.h"
#include "finemix/model/stored_model.h"
#include "finemix/pipeline/stages.h"
#include "pipeline/inputs.h"

namespace finemix {

// The suspect and what it was fine-tuned from, checked to belong together. The suspect's tokenizer
// is the one used, but for which tokens are special: that is for the pre-trained one to say, since
// what is special is neither searched nor reset. A pre-trained directory that has none is taken to
// have the same.
struct ModelPair {
  Model pretrained;
  Model backdoored;
  TokenizerPointer tokenizer;
  std::vector<std::string> findings = {};  // what differs and is no reason to refuse, in words
  // That of them which says that the two can't be base and suspect, where it was forced; or "".
  std::string stranger = {};
  std::string rewrites = {};  // that which says what its tokenizer replaces, or ""
  // The suspect's tokens that the pre-trained model has no row of, where rows are shared,
  // ascending.
  std::vector<std::int64_t> unshared = {};
};
// Throws kNumeric where a weight of either is NaN or infinite, and what open_pair() throws.
ModelPair load_pair(const std::string& pretrained, const std::string& backdoored,
                    const PairChecks& checks);

// The same without reading the weights.
struct StoredPair {
  StoredModel pretrained;
  StoredModel backdoored;
  TokenizerPointer tokenizer;
  std::vector<std::string> findings = {};
  std::string stranger = {};
  std::string rewrites = {};
  std::vector<std::int64_t> unshared = {};
};
// Throws kMismatch when they are of different families, sizes or vocabularies, or the suspect's
// weights are not near those of the pre-trained model.
StoredPair open_pair(const std::string& pretrained, const std::string& backdoored,
                     const PairChecks& checks);

}  // namespace finemix
