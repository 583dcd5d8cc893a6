#pragma once

#include "finemix/text/byte_bpe_config.h"
#include "text/tokenizer_json.h"

namespace finemix {

// Byte-level BPE of a tokenizer.json. Throws kMalformed when it is broken, asks for what finemix
// does not have, or contradicts the tokenizer_config.json beside it.
ByteBpeConfig read_byte_bpe_json(const TokenizerJson& json);

}  // namespace finemix
