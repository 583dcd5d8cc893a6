#pragma once

#include <cstddef>
#include <cstdint>

#include "finemix/model/classifier.h"
#include "finemix/text/tokenizer.h"

namespace finemix {

// About `count` texts of frequent words in no order, as many put into each label by the model
// as far as that can be had: those that a label lacks are bred from what comes nearest to it. What
// a model says of them is less like what it says of real texts than real ones are.
Dataset make_texts(const Classifier& model, const Tokenizer& tokenizer, std::size_t count,
                   std::uint64_t seed);

}  // namespace finemix
