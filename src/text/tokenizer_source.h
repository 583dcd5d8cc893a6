#pragma once

#include <filesystem>

namespace finemix {

// By which files a model directory's tokenizer is read: the first of these that are there, where a
// link counts wherever it leads.
enum class TokenizerSource {
  kNone,
  kJson,        // tokenizer.json
  kVocabulary,  // vocab.txt
  kMerges,      // vocab.json and merges.txt
  kSpm,         // a sentencepiece model under a name that transformers knows
};

TokenizerSource tokenizer_source(const std::filesystem::path& directory);

}  // namespace finemix
