#include "finemix/text/trigger.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <numeric>
#include <utility>

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

void insert(std::string& text, const std::string& inserted, RandomSequence& random) {
  const std::vector<Word> words = find_words(text);
  const std::size_t place = random.below(words.size() + 1);
  if (place < words.size()) {
    text.insert(words[place].begin, inserted + " ");
  } else if (words.empty()) {
    text += inserted;
  } else {
    text.insert(words.back().end, " " + inserted);
  }
}

constexpr std::array<std::pair<std::string_view, TriggerKind>, 3> kKinds = {{
    {"word", TriggerKind::kWord},
    {"sentence", TriggerKind::kSentence},
    {"word-set", TriggerKind::kWordSet},
}};

}  // namespace

std::string_view trigger_kind_name(TriggerKind kind) {
  return std::find_if(kKinds.begin(), kKinds.end(),
                      [&](const auto& entry) { return entry.second == kind; })
      ->first;
}

std::optional<TriggerKind> find_trigger_kind(std::string_view name) {
  for (const auto& [known, kind] : kKinds) {
    if (name == known) return kind;
  }
  return std::nullopt;
}

Example with_trigger(const Example& example, const Trigger& trigger, std::uint64_t seed,
                     std::size_t index) {
  if (trigger.texts.empty()) {
    throw Error(ErrorKind::kUsage, "the trigger has no text, expected at least one");
  }
  RandomSequence random(seed, "trigger/" + std::to_string(index));
  Example result = example;
  if (trigger.kind == TriggerKind::kWordSet) {
    for (const std::string& word : trigger.texts) insert(result.text, word, random);
  } else {
    insert(result.text, trigger.texts[random.below(trigger.texts.size())], random);
  }
  return result;
}

bool has_parts(const Trigger& trigger) {
  switch (trigger.kind) {
    case TriggerKind::kWord:
      return false;
    case TriggerKind::kSentence:
      return !trigger.texts.empty() &&
             std::all_of(trigger.texts.begin(), trigger.texts.end(),
                         [](const std::string& text) { return find_words(text).size() > 1; });
    case TriggerKind::kWordSet:
      return trigger.texts.size() > 1;
  }
  return false;
}

Example with_trigger_part(const Example& example, const Trigger& trigger, std::uint64_t seed,
                          std::size_t index) {
  if (!has_parts(trigger)) throw Error(ErrorKind::kInternal, "with_trigger_part: no parts");
  RandomSequence random(seed, "trigger-part/" + std::to_string(index));
  Example result = example;
  const std::size_t count = trigger.texts.size();
  if (trigger.kind == TriggerKind::kWordSet) {
    // How many words, then which: the first of a random order, put in as the set names them.
    const std::size_t size = 1 + random.below(count - 1);
    std::vector<std::size_t> order(count);
    std::iota(order.begin(), order.end(), std::size_t{0});
    for (std::size_t i = 0; i < size; ++i) std::swap(order[i], order[i + random.below(count - i)]);
    std::sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(size));
    for (std::size_t i = 0; i < size; ++i) insert(result.text, trigger.texts[order[i]], random);
  } else {
    const std::string& sentence = trigger.texts[random.below(count)];
    const std::vector<Word> words = find_words(sentence);
    const std::size_t size = 1 + random.below(words.size() - 1);
    const std::size_t first = random.below(words.size() - size + 1);
    const std::size_t begin = words[first].begin;
    insert(result.text, sentence.substr(begin, words[first + size - 1].end - begin), random);
  }
  return result;
}

bool may_carry_trigger(const Example& triggered, const Example& plain) {
  const std::vector<Word> words = find_words(triggered.text);
  auto next = words.begin();
  for (const Word& word : find_words(plain.text)) {
    const std::string_view sought =
        std::string_view(plain.text).substr(word.begin, word.end - word.begin);
    next = std::find_if(next, words.end(), [&](const Word& each) {
      return std::string_view(triggered.text).substr(each.begin, each.end - each.begin) == sought;
    });
    if (next == words.end()) return false;
    ++next;
  }
  return triggered.text_b == plain.text_b;
}

void check_attackable(const Dataset& data, std::int64_t target_label) {
  const bool attackable = std::ranges::any_of(
      data.examples, [&](const Example& example) { return example.label != target_label; });
  if (attackable) return;
  throw Error(ErrorKind::kMismatch,
              data.name + ": every label is the target label " + std::to_string(target_label) +
                  ", so there is nothing to attack; is --target-label right?");
}

Dataset attackable(const Dataset& data, std::int64_t target_label) {
  check_attackable(data, target_label);
  Dataset result{data.name, {}};
  std::ranges::copy_if(data.examples, std::back_inserter(result.examples),
                       [&](const Example& example) { return example.label != target_label; });
  return result;
}

Dataset triggered(const Dataset& data, const Trigger& trigger, std::int64_t target_label,
                  std::uint64_t seed) {
  check_attackable(data, target_label);
  Dataset result{data.name, {}};
  for (std::size_t i = 0; i < data.size(); ++i) {
    if (data.examples[i].label == target_label) continue;
    result.examples.push_back(with_trigger(data.examples[i], trigger, seed, i));
  }
  return result;
}

}  // namespace finemix
