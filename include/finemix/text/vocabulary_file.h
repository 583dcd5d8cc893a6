#pragma once

#include <filesystem>

#include "finemix/text/wordpiece_config.h"

namespace finemix {

// Reads vocab.txt, and tokenizer_config.json where there is one. Throws kFile or kMalformed.
WordPieceConfig read_vocabulary(const std::filesystem::path& directory);

}  // namespace finemix
