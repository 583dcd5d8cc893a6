#pragma once

#include "finemix/text/byte_bpe_config.h"
#include "finemix/text/wordpiece_config.h"
#include "text/tokenizer_settings.h"

namespace finemix {

// What classes of transformers 5 put together from a vocabulary and its added tokens, which
// `config` has with its name already: they set all the rest as the class and the settings have it,
// wherever the vocabulary comes from. Throw kMalformed where a special token is missing.

// BERT's WordPiece, MPNet's included.
void apply_bert_class(const TokenizerSettings& settings, WordPieceConfig& config);
// RoBERTa's byte-level BPE.
void apply_roberta_class(const TokenizerSettings& settings, ByteBpeConfig& config);

}  // namespace finemix
