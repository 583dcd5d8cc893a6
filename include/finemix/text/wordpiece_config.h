#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "finemix/text/normalizer.h"
#include "finemix/text/tokenizer_frame.h"

namespace finemix {

// All that a WordPiece tokenizer is made of.
struct WordPieceConfig : TokenizerFrame {
  std::vector<std::string> vocabulary;  // by id; empty where no token has the id
  BertNormalizer normalizer;
  std::string unknown_token = "[UNK]";
  std::string continuing_prefix = "##";
  std::size_t max_word_characters = 100;  // longer words are unknown
};

}  // namespace finemix
