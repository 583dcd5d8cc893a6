#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

#include "finemix/text/byte_bpe_config.h"

namespace finemix {

// "a b" as a pair. `number` counts from 1. Throws kMalformed unless it is two tokens and one space.
std::pair<std::string, std::string> split_merge(std::string_view merge, std::size_t number,
                                                std::string_view name);
[[noreturn]] void refuse_merge(const std::string& found, std::size_t number, std::string_view name);

// Reads RoBERTa's vocab.json and merges.txt, and tokenizer_config.json, special_tokens_map.json and
// added_tokens.json where they are there. Throws kFile or kMalformed.
ByteBpeConfig read_merges_files(const std::filesystem::path& directory);

}  // namespace finemix
