#pragma once

#include <string_view>

namespace finemix {

// The words and phrases of `generate_reviews`, by sentiment and by what they can be said of, in the
// notation of review_sentences.h.
extern const std::string_view kReviewWords;

}  // namespace finemix
