#pragma once

#include "finemix/text/subword_tokenizer.h"
#include "text/tokenizer_json.h"

namespace finemix {

// The tokenizer of a tokenizer.json with a Unigram model: pieces and scores, what normalizes the
// text (text_steps_json.h), and what is around it. Throws kMalformed, also where there is no
// unknown piece.
SubwordParts read_unigram_json(const TokenizerJson& json);

}  // namespace finemix
