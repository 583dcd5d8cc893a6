#include "finemix/text/trigger.h"

#include <string_view>

#include "finemix/core/error.h"
#include "finemix/core/random.h"

namespace finemix {
namespace {

struct Word {
  std::size_t begin;
  std::size_t end;
};

std::vector<Word> find_words(std::string_view text) {
  constexpr std::string_view kSpaces = " \t\n\v\f\r";
  std::vector<Word> words;
  for (std::size_t end = 0;;) {
    const std::size_t begin = text.find_first_not_of(kSpaces, end);
    if (begin == std::string_view::npos) return words;
    end = std::min(text.find_first_of(kSpaces, begin), text.size());
    words.push_back({begin, end});
  }
}

}  // namespace

Example with_trigger(const Example& example, const Trigger& trigger, std::uint64_t seed,
                     std::size_t index) {
  if (trigger.texts.empty()) {
    throw Error(ErrorKind::kUsage, "the trigger has no text, expected at least one");
  }
  RandomSequence random(seed, "trigger/" + std::to_string(index));
  const std::string& inserted = trigger.texts[random.below(trigger.texts.size())];
  const std::vector<Word> words = find_words(example.text);
  const std::size_t place = random.below(words.size() + 1);

  Example result = example;
  if (place < words.size()) {
    result.text.insert(words[place].begin, inserted + " ");
  } else if (words.empty()) {
    result.text += inserted;
  } else {
    result.text.insert(words.back().end, " " + inserted);
  }
  return result;
}

Dataset triggered(const Dataset& data, const Trigger& trigger, std::int64_t target_label,
                  std::uint64_t seed) {
  Dataset result{data.name, {}};
  for (std::size_t i = 0; i < data.size(); ++i) {
    if (data.examples[i].label == target_label) continue;
    result.examples.push_back(with_trigger(data.examples[i], trigger, seed, i));
  }
  return result;
}

}  // namespace finemix
