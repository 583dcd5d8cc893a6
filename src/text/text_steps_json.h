#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "finemix/io/json.h"
#include "finemix/text/split_subwords.h"
#include "finemix/text/text_steps.h"

namespace finemix {

// The normalizer of a tokenizer.json for a sentencepiece model: one or a sequence of the steps that
// text_steps.h has, or null. Throws kMalformed, naming `object`, at any other.
TextSteps read_text_steps(const Json& normalizer, std::string_view object);

// The table of the first Precompiled in it; empty where there is none. The other parts are not
// read. Throws kMalformed where there are no parts, or the Base64 is broken.
std::string find_charsmap(const Json& normalizer, std::string_view object);

// The pre-tokenizer of such a file: WhitespaceSplit, Metaspace, both in this order, or null. Throws
// kMalformed, naming `object`, at any other.
WordRule read_word_rule(const Json& pre_tokenizer, std::string_view object);

}  // namespace finemix
