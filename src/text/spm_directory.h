#pragma once

#include <filesystem>
#include <string>

#include "finemix/text/subword_tokenizer.h"

namespace finemix {

// The tokenizer that transformers 5 makes of a directory with a sentencepiece model and no
// tokenizer.json, for the classes of ALBERT, CamemBERT, DeBERTa-v2 (and v3) and XLM-RoBERTa: their
// normalization, their special tokens, and by how much they shift the model's ids. The class is the
// one that tokenizer_config.json names, else that of config.json's model_type. Throws kFile;
// kMalformed when the model is broken or does not suit the class, or no class is known.
SubwordParts read_spm_directory(const std::filesystem::path& directory);

// The table by which the directory's sentencepiece model replaces characters, for a Charsmap; empty
// if it has none. Throws as read_spm_directory does.
std::string read_spm_charsmap(const std::filesystem::path& directory);

}  // namespace finemix
