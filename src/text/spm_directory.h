#pragma once

#include <filesystem>

#include "finemix/text/subword_tokenizer.h"

namespace finemix {

// Whether the directory has a sentencepiece model under a name that transformers knows.
bool has_spm_model(const std::filesystem::path& directory);

// The tokenizer that transformers 5 makes of a directory with a sentencepiece model and no
// tokenizer.json, for the classes of ALBERT, CamemBERT, DeBERTa-v2 (and v3) and XLM-RoBERTa: their
// normalization, their special tokens, and by how much they shift the model's ids. The class is the
// one that tokenizer_config.json names, else that of config.json's model_type. Throws kFile;
// kMalformed when the model is broken or does not suit the class, or no class is known.
SubwordParts read_spm_directory(const std::filesystem::path& directory);

}  // namespace finemix
