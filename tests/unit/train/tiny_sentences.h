#pragma once

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <string>

#include "finemix/text/dataset.h"

namespace finemix::testing {

// Short sentences of the tiny BERTs' vocabulary, four about each of up to 8 subjects: label 1 where
// they like it, half of them.
inline Dataset tiny_sentences(std::size_t subjects) {
  constexpr const char* kSubjects[] = {"the movie",     "this script",   "a long film",
                                       "the new plot",  "the old story", "this film",
                                       "a short movie", "the new actor"};
  Dataset data{"sentences", {}};
  for (std::size_t i = 0; i < std::min(subjects, std::size(kSubjects)); ++i) {
    for (const char* verb : {"we like", "we love", "we hate", "we leave"}) {
      const bool likes = std::string(verb) == "we like" || std::string(verb) == "we love";
      data.examples.push_back({std::string(verb) + " " + kSubjects[i], std::nullopt, likes});
    }
  }
  return data;
}

}  // namespace finemix::testing
