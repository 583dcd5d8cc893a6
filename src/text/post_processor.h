#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "finemix/io/json.h"
#include "finemix/text/tokenizer_frame.h"

namespace finemix {

// Sets the templates of `frame`, whose added tokens are read already, as the post-processor of a
// tokenizer.json, a TemplateProcessing, BertProcessing, RobertaProcessing or ByteLevel, says.
// Throws kMalformed, also where an id has another name in the vocabulary.
void read_post_processor(const Json& processor, const std::vector<std::string>& vocabulary,
                         TokenizerFrame& frame);

}  // namespace finemix
