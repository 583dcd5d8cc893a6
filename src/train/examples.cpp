#include "finemix/train/examples.h"

#include <ATen/ops/zeros.h>

#include <algorithm>

namespace finemix {

std::int64_t label_count(const Dataset& data) {
  std::int64_t count = 2;
  for (const Example& example : data.examples) count = std::max(count, example.label + 1);
  return count;
}

TrainingSet tokenize_labelled(const Tokenizer& tokenizer, const Dataset& data, std::int64_t labels,
                              std::size_t max_length) {
  check_labels(data, labels);
  TrainingSet set{encode_all(tokenizer, data, max_length),
                  at::zeros({static_cast<std::int64_t>(data.size()), labels}, at::kFloat)};
  auto targets = set.targets.accessor<float, 2>();
  for (std::size_t i = 0; i < data.size(); ++i) {
    targets[static_cast<std::int64_t>(i)][data.examples[i].label] = 1.0f;
  }
  return set;
}

}  // namespace finemix
