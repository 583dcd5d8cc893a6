#include "finemix/pipeline/review_generator.h"

#include <algorithm>
#include <initializer_list>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "finemix/core/error.h"
#include "finemix/core/random.h"
#include "pipeline/review_sentences.h"
#include "pipeline/review_words.h"

namespace finemix {
namespace {

constexpr std::size_t kFewestWords = 4;
constexpr std::size_t kMostWords = 35;

using Alternatives = std::vector<std::string_view>;  // one of weight 3 is there three times
using Grammar = std::map<std::string, Alternatives, std::less<>>;

// Cuts `text` at the first `mark` and returns what stood before it.
std::string_view cut(std::string_view& text, std::string_view mark) {
  const std::size_t at = std::min(text.find(mark), text.size());
  const std::string_view before = text.substr(0, at);
  text.remove_prefix(std::min(at + mark.size(), text.size()));
  return before;
}

std::string_view trim(std::string_view text) {
  const std::size_t first = std::min(text.find_first_not_of(' '), text.size());
  return text.substr(first, text.find_last_not_of(' ') + 1 - first);
}

void parse(std::string_view text, Grammar& grammar) {
  Alternatives* rule = nullptr;
  while (!text.empty()) {
    std::string_view line = cut(text, "\n");
    if (line.empty()) continue;
    if (line.front() != ' ') rule = &grammar[std::string(cut(line, ": "))];
    while (!line.empty()) {
      std::string_view alternative = trim(cut(line, "|"));
      std::size_t weight = 1;
      if (alternative.find("* ") != std::string_view::npos) {
        weight = std::stoul(std::string(cut(alternative, "* ")));
      }
      if (!alternative.empty()) rule->insert(rule->end(), weight, alternative);
    }
  }
}

// Writes one sentence: knows what it is about, and what has been said already.
class Writer {
 public:
  Writer(const Grammar& grammar, RandomSequence& random)
      : grammar_(grammar), random_(random), past_(random.below(2) == 1) {}

  std::string write(bool positive) {
    domain_ = draw("domain", {positive, ""});
    return refer("review@subject", {positive, ""});
  }

 private:
  struct Context {
    bool positive;
    std::string_view topic;
  };

  std::string expand(std::string_view pattern, const Context& context) {
    std::string text;
    while (!pattern.empty()) {
      const std::size_t mark = std::min(pattern.find_first_of("<["), pattern.size());
      text += pattern.substr(0, mark);
      pattern.remove_prefix(mark);
      if (pattern.starts_with('<')) {
        text += refer(cut(pattern, ">").substr(1), context);
      } else if (pattern.starts_with('[')) {
        std::string_view past = cut(pattern, "]").substr(1);
        const std::string_view present = cut(past, "/");
        text += past_ ? past : present;
      }
    }
    return text;
  }

  // Expands what stands between < and >.
  std::string refer(std::string_view reference, Context context) {
    if (reference.starts_with('!')) {
      reference.remove_prefix(1);
      context.positive = !context.positive;
    }
    const std::string_view name = cut(reference, "@");
    if (!reference.empty()) context.topic = draw(reference, context);
    return expand(draw(name, context), context);
  }

  // An alternative of the rules `name` that hold; words not said yet, where there are any.
  std::string_view draw(std::string_view name, const Context& context) {
    Alternatives all;
    for (const std::string_view sentiment : {"", context.positive ? "+" : "-"}) {
      for (const std::string_view tag : {std::string_view(), domain_, context.topic}) {
        std::string rule = std::string(name).append(sentiment);
        if (!tag.empty()) rule.append("@").append(tag);
        const auto found = grammar_.find(rule);
        if (found != grammar_.end())
          all.insert(all.end(), found->second.begin(), found->second.end());
      }
    }
    if (all.empty()) {
      throw Error(ErrorKind::kInternal, "review grammar: found no rule '" + std::string(name) +
                                            "' for the domain '" + std::string(domain_) +
                                            "' and the topic '" + std::string(context.topic) + "'");
    }
    Alternatives fresh;
    std::copy_if(all.begin(), all.end(), std::back_inserter(fresh),
                 [this](std::string_view words) { return !said_.contains(words); });
    const Alternatives& choices = fresh.empty() ? all : fresh;
    const std::string_view choice = choices[random_.below(choices.size())];
    if (choice.find('<') == std::string_view::npos) said_.insert(choice);
    return choice;
  }

  const Grammar& grammar_;
  RandomSequence& random_;
  const bool past_;
  std::string_view domain_;
  std::set<std::string_view> said_;
};

// By the alphabet, not by the locale: the bytes are the same everywhere.
char upper(char c) { return 'a' <= c && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }
char lower(char c) { return 'A' <= c && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool needs_an(std::string_view word) {
  return std::string_view("aeiou").find(lower(word.front())) != std::string_view::npos &&
         !word.starts_with("use");
}

std::string with_articles(std::string_view sentence) {
  std::string text;
  while (!sentence.empty()) {
    const std::string_view word = cut(sentence, " ");
    text += word;
    if (sentence.empty()) break;
    if ((word == "a" || word == "A") && needs_an(sentence)) text += 'n';
    text += ' ';
  }
  return text;
}

// Capitals and the last mark, in some of the ways in which people type reviews.
std::string as_typed(std::string text, RandomSequence& random) {
  text.front() = upper(text.front());
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
    const std::string text = with_articles(Writer(grammar, random).write(positive));
    const auto words = 1 + static_cast<std::size_t>(std::count(text.begin(), text.end(), ' '));
    if (kFewestWords <= words && words <= kMostWords) return as_typed(text, random);
  }
}

Grammar review_grammar() {
  Grammar grammar;
  parse(kReviewSentences, grammar);
  parse(kReviewWords, grammar);
  return grammar;
}

}  // namespace

Dataset generate_reviews(std::size_t n, std::uint64_t seed) {
  static const Grammar grammar = review_grammar();
  RandomSequence random(seed, "pipeline/reviews");
  Dataset reviews{"generated reviews, seed " + std::to_string(seed), {}};
  reviews.examples.reserve(n);
  bool positive = false;
  for (std::size_t i = 0; i < n; ++i) {
    positive = i % 2 == 0 ? random.below(2) == 1 : !positive;  // one of each in every two
    reviews.examples.push_back({write_review(grammar, positive, random), std::nullopt, positive});
  }
  return reviews;
}

}  // namespace finemix
