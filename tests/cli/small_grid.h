#pragma once

#include <nlohmann/json.hpp>

#include "finemix/io/json.h"

namespace finemix {

// A sweep over CliTest's files that is done in a second: four cells of two models.
inline Json small_grid() {
  return {
      {"pretrained", "bert"},
      {"tasks",
       {{{"name", "films"},
         {"train", "train.tsv"},
         {"test", "test.tsv"},
         {"clean_data", "clean.tsv"},
         {"max_length", 16},
         {"epochs", 1}}}},
      {"attacks",
       {"clean", {{"kind", "word"}, {"trigger", {"sleep"}}, {"poison_rate", 1.0}, {"epochs", 1}}}},
      {"methods", {{{"method", "fine-mixing"}, {"epochs", 1}, {"rho", 0.4}}}},
      {"clean_sizes", {8}},
      {"seeds", {1}}};
}

}  // namespace finemix
