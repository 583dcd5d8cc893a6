#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "finemix/text/tokenizer.h"

namespace finemix {

// The same tokenizer, but for which tokens are special: these, ascending, and of the ones around
// texts only those among them. Ids and texts stay as they are.
std::shared_ptr<const Tokenizer> with_special_ids(std::shared_ptr<const Tokenizer> tokenizer,
                                                  std::vector<std::int32_t> special_ids);

}  // namespace finemix
