#include "finemix/pipeline/review_generator.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "finemix/core/error.h"
#include "finemix/core/random.h"
#include "review_phrases.h"

namespace finemix {
namespace {

constexpr std::size_t kFewestWords = 4;
constexpr std::size_t kMostWords = 35;

// Alternatives by rule name; one of weight 3 is there three times.
using Grammar = std::map<std::string, std::vector<std::string_view>, std::less<>>;

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \n") - first + 1);
}

// Cuts `text` at the first `mark` and returns what stood before it.
std::string_view cut(std::string_view& text, std::string_view mark) {
  const auto at = std::min(text.find(mark), text.size());
  const std::string_view before = text.substr(0, at);
  text.remove_prefix(std::min(at + mark.size(), text.size()));
  return before;
}

void add_rule(std::string_view name, std::string_view alternatives, Grammar& grammar) {
  std::vector<std::string_view>& rule = grammar[std::string(name)];
  while (!alternatives.empty()) {
    std::string_view alternative = trim(cut(alternatives, "|"));
    std::size_t weight = 1;
    if (alternative.find("* ") != std::string_view::npos) {
      weight = std::stoul(std::string(cut(alternative, "* ")));
    }
    rule.insert(rule.end(), weight, alternative);
  }
}

Grammar parse(std::initializer_list<std::string_view> texts) {
  Grammar grammar;
  for (std::string_view text : texts) {
    while (!(text = trim(text)).empty()) {
      const std::string_view name = cut(text, ": ");
      std::size_t end = 0;  // the line break that no continuation line follows
      do {
        end = std::min(text.find('\n', end + 1), text.size());
      } while (end + 1 < text.size() && text[end + 1] == ' ');
      add_rule(name, text.substr(0, end), grammar);
      text.remove_prefix(end);
    }
  }
  return grammar;
}

// One sentence: what is being written about, and what has been said already.
class Sentence {
 public:
  Sentence(const Grammar& grammar, RandomSequence& random)
      : grammar_(grammar), random_(random), past_(random.below(2) == 1) {}

  std::string write(bool positive) {
    domain_ = expand("<domain>", positive, "");
    return expand("<review@subject>", positive, "");
  }

 private:
  std::string expand(std::string_view pattern, bool positive, std::string_view topic) {
    std::string text;
    while (!pattern.empty()) {
      const auto mark = std::min(pattern.find_first_of("<["), pattern.size());
      text += pattern.substr(0, mark);
      pattern.remove_prefix(mark);
      if (pattern.empty()) break;
      if (pattern.front() == '[') {
        std::string_view past = cut(pattern, "]").substr(1);
        const std::string_view present = cut(past, "/");
        text += past_ ? past : present;
      } else {
        text += refer(cut(pattern, ">").substr(1), positive, topic);
      }
    }
    return text;
  }

  // Expands a reference without its brackets: "name", "!name", "name@topics".
  std::string refer(std::string_view reference, bool positive, std::string_view topic) {
    if (reference.front() == '!') {
      reference.remove_prefix(1);
      positive = !positive;
    }
    const std::string_view name = cut(reference, "@");
    if (!reference.empty()) topic = draw(reference, positive, topic);
    return expand(draw(name, positive, topic), positive, topic);
  }

  // An alternative of the rule `name`: a word that has not been said yet, where there is one.
  std::string_view draw(std::string_view name, bool positive, std::string_view topic) {
    std::vector<std::string_view> all;
    for (const std::string_view sentiment : {"", positive ? "+" : "-"}) {
      for (const std::string_view tag : {std::string_view(), std::string_view(domain_), topic}) {
        std::string key = std::string(name).append(sentiment);
        if (!tag.empty()) key.append("@").append(tag);
        const auto rule = grammar_.find(key);
        if (rule != grammar_.end()) all.insert(all.end(), rule->second.begin(), rule->second.end());
      }
    }
    if (all.empty()) {
      throw Error(ErrorKind::kInternal, "review grammar: no rule '" + std::string(name) + "' for " +
                                            domain_ + ", topic '" + std::string(topic) + "'");
    }
    std::vector<std::string_view> fresh;
    std::copy_if(all.begin(), all.end(), std::back_inserter(fresh),
                 [this](std::string_view words) { return !said_.contains(words); });
    const std::vector<std::string_view>& choices = fresh.empty() ? all : fresh;
    const std::string_view choice = choices[random_.below(choices.size())];
    if (choice.find('<') == std::string_view::npos) said_.insert(choice);
    return choice;
  }

  const Grammar& grammar_;
  RandomSequence& random_;
  const bool past_;
  std::string domain_;
  std::set<std::string_view> said_;
};

bool needs_an(std::string_view word) {
  constexpr std::string_view kVowels = "aeiouAEIOU";
  return kVowels.find(word.front()) != std::string_view::npos && !word.starts_with("use") &&
         !word.starts_with("one");
}

// The sentence with "an" for "a" where the next word begins with a vowel's sound.
std::string with_articles(std::string_view sentence) {
  std::string text;
  while (!sentence.empty()) {
    const std::string_view word = cut(sentence, " ");
    text += word;
    if ((word == "a" || word == "A") && needs_an(sentence)) text += 'n';
    if (!sentence.empty()) text += ' ';
  }
  return text;
}

char upper(char c) { return static_cast<char>(std::toupper(static_cast<unsigned char>(c))); }
char lower(char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); }

// Capitals and the last mark, in some of the ways in which people write reviews.
std::string as_typed(std::string text, RandomSequence& random) {
  text[0] = upper(text[0]);
  for (std::size_t i = 2; i < text.size(); ++i) {
    const bool begins = text[i - 1] == ' ' && (text[i - 2] == '?' || text[i - 2] == '.');
    if (begins) text[i] = upper(text[i]);
  }
  if (random.below(5) == 0) std::transform(text.begin(), text.end(), text.begin(), lower);
  if (text.back() == '?') return text;
  constexpr std::string_view kLastMarks = "............!  ";
  const char mark = kLastMarks[random.below(kLastMarks.size())];
  return mark == ' ' ? text : text + mark;
}

std::string write_review(const Grammar& grammar, bool positive, RandomSequence& random) {
  while (true) {
    const std::string text = with_articles(Sentence(grammar, random).write(positive));
    const auto words = 1 + static_cast<std::size_t>(std::count(text.begin(), text.end(), ' '));
    if (words >= kFewestWords && words <= kMostWords) return as_typed(text, random);
  }
}

}  // namespace

Dataset generate_reviews(std::size_t n, std::uint64_t seed) {
  static const Grammar grammar = parse({kReviewSentences, kReviewWords});
  RandomSequence random(seed, "pipeline/reviews");
  Dataset reviews{"generated reviews, seed " + std::to_string(seed), {}};
  reviews.examples.reserve(n);
  bool positive = false;
  for (std::size_t i = 0; i < n; ++i) {  // of every two, one is positive
    positive = i % 2 == 0 ? random.below(2) == 1 : !positive;
    reviews.examples.push_back({write_review(grammar, positive, random), std::nullopt, positive});
  }
  return reviews;
}

}  // namespace finemix
