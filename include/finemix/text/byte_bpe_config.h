#pragma once

#include <string>
#include <utility>
#include <vector>

#include "finemix/text/tokenizer_frame.h"

namespace finemix {

// All that a byte-level BPE tokenizer is made of. Tokens are written in its alphabet: a character
// for each byte.
struct ByteBpeConfig : TokenizerFrame {
  std::vector<std::string> vocabulary;  // by id; empty where no token has the id
  std::vector<std::pair<std::string, std::string>> merges;  // the first is made first
  std::string unknown_token;  // for bytes that the vocabulary lacks; empty: they are dropped
  bool fuse_unknown = false;  // one unknown token for several such bytes in a row
  bool add_prefix_space = false;
  bool split_words = true;   // by GPT-2's pattern; else a text is one word
  bool whole_words = false;  // a word that is a token is this token, whatever the merges make of it
};

}  // namespace finemix
