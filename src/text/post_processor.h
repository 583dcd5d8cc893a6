#pragma once

#include <initializer_list>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "finemix/io/json.h"
#include "finemix/text/tokenizer_frame.h"

namespace finemix {

inline constexpr std::initializer_list<std::string_view> kPostProcessors = {
    "TemplateProcessing", "BertProcessing", "RobertaProcessing", "ByteLevel"};

// Sets the templates of `frame`, whose added tokens are read already, as the post-processor of a
// tokenizer.json, one of kPostProcessors, says. Throws kMalformed, also where an id has another
// name in the vocabulary.
void read_post_processor(const Json& processor, const std::vector<std::string>& vocabulary,
                         TokenizerFrame& frame);

}  // namespace finemix
