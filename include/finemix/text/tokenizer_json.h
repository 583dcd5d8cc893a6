#pragma once

#include <filesystem>

#include "finemix/text/wordpiece_config.h"

namespace finemix {

// Reads tokenizer.json. Its own truncation and padding are ignored: the length is the caller's.
// Throws kFile; kMalformed when it is broken, asks for a normalizer, pre-tokenizer, post-processor
// or model other than BERT's, or contradicts the tokenizer_config.json beside it.
WordPieceConfig read_tokenizer_json(const std::filesystem::path& directory);

}  // namespace finemix
