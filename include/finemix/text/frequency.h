#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "finemix/text/dataset.h"
#include "finemix/text/tokenizer.h"

namespace finemix {

// How often each word piece occurs: one count per id, `vocabulary_size` long.
using Frequencies = std::vector<std::uint64_t>;

// Reads "token<TAB>count" lines (a header line is allowed). Tokens that the vocabulary lacks are
// ignored; throws kMalformed when no line names a known token or a count is not a number.
Frequencies read_counts(const std::filesystem::path& path, const Tokenizer& tokenizer);

// Counts the pieces of a text file, line by line.
Frequencies count_text(const std::filesystem::path& path, const Tokenizer& tokenizer);

// Counts the pieces of a data set.
Frequencies count_dataset(const Dataset& data, const Tokenizer& tokenizer);

// What is to be expected where nothing was counted: pieces stand in vocabularies about in the order
// of their frequency, so the one at rank r occurs C / r times (Zipf), C as "the" has it in a
// billion words.
Frequencies frequencies_by_rank(const Tokenizer& tokenizer);

// The first `count` pieces of the vocabulary that are whole words: by its order, the most frequent.
// Of more than one character, since single ones stand in front whatever their frequency.
std::vector<std::int32_t> frequent_words(const Tokenizer& tokenizer, std::size_t count);

// The pieces that are a whole word of one letter or digit of ASCII.
std::vector<std::int32_t> letters_and_digits(const Tokenizer& tokenizer);

}  // namespace finemix
