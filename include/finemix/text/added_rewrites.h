#pragma once

#include <filesystem>
#include <string>

namespace finemix {

// What the tokenizer of the suspect, a tokenizer.json or a sentencepiece model, puts in place of
// text where that of the pre-trained model does not: other words for a word, or another table of
// characters than it has there; in words, "" if nothing. To a model such a word is what it is
// replaced by, so that no comparison of models finds it. Throws kFile or kMalformed.
std::string added_rewrites(const std::filesystem::path& pretrained,
                           const std::filesystem::path& backdoored);

}  // namespace finemix
