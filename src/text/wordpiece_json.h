#pragma once

#include "finemix/text/wordpiece_config.h"
#include "text/tokenizer_json.h"

namespace finemix {

// WordPiece of a tokenizer.json. Throws kMalformed when it is broken, asks for a normalizer or
// pre-tokenizer other than BERT's, or contradicts the tokenizer_config.json beside it.
WordPieceConfig read_wordpiece_json(const TokenizerJson& json);

}  // namespace finemix
