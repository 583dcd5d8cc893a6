#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "finemix/core/random.h"
#include "finemix/text/tokenizer.h"
#include "tiny_sentences.h"

namespace finemix::testing {

// The sentences, each so often with none to three words of the vocabulary put anywhere into it that
// mean nothing to its label: a classifier of so few sentences alone takes any other word for a
// sign. None of them is one of `without`.
inline Dataset wordy_sentences(const Tokenizer& tokenizer, std::size_t copies, std::uint64_t seed,
                               const std::vector<std::string>& without = {}) {
  std::vector<std::string> words;
  for (std::int32_t id = 0; id < static_cast<std::int32_t>(tokenizer.vocabulary_size()); ++id) {
    if (!is_text_piece(tokenizer, id) || tokenizer.piece_text(id).continues) continue;
    const std::string& word = tokenizer.token(id);
    const bool sign = word == "like" || word == "love" || word == "hate" || word == "leave";
    if (!sign && std::ranges::find(without, word) == without.end()) words.push_back(word);
  }
  RandomSequence random(seed, "wordy sentences");
  const Dataset sentences = tiny_sentences(8);
  Dataset data{"wordy sentences", {}};
  for (std::size_t i = 0; i < copies * sentences.size(); ++i) {
    Example example = sentences.examples[i % sentences.size()];
    for (std::uint64_t more = random.below(4); more > 0; --more) {
      std::size_t place = 0;
      for (std::uint64_t skip = random.below(5); skip > 0 && place != std::string::npos; --skip) {
        place = example.text.find(' ', place + 1);
      }
      const std::string& word = words[random.below(words.size())];
      if (place == std::string::npos) {
        example.text += " " + word;
      } else {
        example.text.insert(place == 0 ? 0 : place + 1, word + " ");
      }
    }
    data.examples.push_back(std::move(example));
  }
  return data;
}

}  // namespace finemix::testing
