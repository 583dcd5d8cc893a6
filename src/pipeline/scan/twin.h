#pragma once

#include <cstdint>
#include <span>

#include "finemix/core/progress.h"
#include "finemix/model/classifier.h"
#include "finemix/text/tokenizer.h"
#include "pipeline/pair.h"

namespace finemix {

struct TwinOptions {
  std::size_t texts = 1500;  // that the suspect labels for it, made from the given ones
  std::uint64_t seed = 0;
};

// The suspect's clean twin: the pre-trained weights under the suspect's head, taught what the
// suspect says of ordinary texts: `texts`, and variations of them with frequent words put in, but
// without the pieces in `excluded`. These hold no trigger but by chance, so it does as the suspect
// on ordinary texts and knows nothing of a backdoor.
Classifier make_twin(const ModelPair& pair, const Classifier& suspect, const EncodedTexts& texts,
                     std::span<const std::int64_t> excluded, const TwinOptions& options,
                     Progress& progress);

}  // namespace finemix
