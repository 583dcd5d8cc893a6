#include "pipeline/scan/made_texts.h"

#include <ATen/ops/softmax.h>

#include <algorithm>
#include <cctype>
#include <numeric>
#include <string>
#include <vector>

#include "finemix/core/random.h"
#include "finemix/eval/predict.h"
#include "finemix/text/frequency.h"

namespace finemix {
namespace {

constexpr std::size_t kWords = 4000;  // the most frequent
constexpr std::size_t kShortest = 5;  // of a text, in words
constexpr std::size_t kLongest = 14;
constexpr std::size_t kDrawn = 4;  // texts for each that is wanted, before any are bred
constexpr std::size_t kGenerations = 30;
constexpr std::size_t kMaxLength = 64;

using Words = std::vector<std::string>;

// Frequent ones that are made of letters.
Words plain_words(const Tokenizer& tokenizer) {
  Words words;
  for (const std::int32_t id : frequent_words(tokenizer, kWords)) {
    std::string text = tokenizer.piece_text(id).text;
    if (std::ranges::all_of(
            text, [](unsigned char byte) { return byte >= 0x80 || std::isalpha(byte) != 0; })) {
      words.push_back(std::move(text));
    }
  }
  return words;
}

std::string written(const Words& words) {
  return std::accumulate(words.begin(), words.end(), std::string(),
                         [](const std::string& text, const std::string& word) {
                           return text.empty() ? word : text + ' ' + word;
                         });
}

class Breeder {
 public:
  Breeder(const Classifier& model, const Tokenizer& tokenizer, std::uint64_t seed)
      : model_(model),
        tokenizer_(tokenizer),
        words_(plain_words(tokenizer)),
        random_(seed, "made texts") {}

  bool possible() const { return !words_.empty(); }

  std::vector<Words> draw(std::size_t count) {
    std::vector<Words> texts(count);
    for (Words& text : texts) {
      const std::size_t length = kShortest + random_.below(kLongest - kShortest + 1);
      for (std::size_t i = 0; i < length; ++i) text.push_back(word());
    }
    return texts;
  }

  // (texts, labels)
  at::Tensor probabilities(const std::vector<Words>& texts) const {
    Dataset data;
    for (const Words& text : texts) data.examples.push_back({written(text), {}, -1});
    const auto positions = static_cast<std::size_t>(model_.config().max_tokens());
    const EncodedTexts encoded = encode_all(tokenizer_, data, std::min(kMaxLength, positions));
    return at::softmax(predict(model_, encoded, no_progress()), 1);
  }

  // Changes a word of each, and keeps the change where it makes the label likelier.
  void breed(std::vector<Words>& texts, std::int64_t label) {
    at::Tensor now = probabilities(texts).select(1, label);
    for (std::size_t generation = 0; generation < kGenerations; ++generation) {
      std::vector<Words> changed = texts;
      for (Words& text : changed) text[random_.below(text.size())] = word();
      const at::Tensor then = probabilities(changed).select(1, label);
      for (std::size_t i = 0; i < texts.size(); ++i) {
        const auto row = static_cast<std::int64_t>(i);
        if (then[row].item<float>() <= now[row].item<float>()) continue;
        texts[i] = changed[i];
        now[row] = then[row];
      }
    }
  }

 private:
  const std::string& word() { return words_[random_.below(words_.size())]; }

  const Classifier& model_;
  const Tokenizer& tokenizer_;
  Words words_;
  RandomSequence random_;
};

}  // namespace

Dataset make_texts(const Classifier& model, const Tokenizer& tokenizer, std::size_t count,
                   std::uint64_t seed) {
  Dataset made{"texts made from the vocabulary", {}};
  Breeder breeder(model, tokenizer, seed);
  if (!breeder.possible()) return made;
  const std::vector<Words> drawn = breeder.draw(kDrawn * count);
  const at::Tensor probabilities = breeder.probabilities(drawn);
  const std::vector<std::int64_t> labels = predicted_labels(probabilities);
  const auto wanted =
      std::max<std::size_t>(1, count / static_cast<std::size_t>(model.config().num_labels));
  for (std::int64_t label = 0; label < model.config().num_labels; ++label) {
    std::vector<Words> own;
    for (std::size_t i = 0; i < drawn.size() && own.size() < wanted; ++i) {
      if (labels[i] == label) own.push_back(drawn[i]);
    }
    if (own.size() < wanted) {
      const at::Tensor order = probabilities.select(1, label).argsort(-1, /*descending=*/true);
      std::vector<Words> bred;
      for (std::size_t i = own.size(); i < wanted; ++i) {
        bred.push_back(drawn[static_cast<std::size_t>(
            order[static_cast<std::int64_t>(i)].item<std::int64_t>())]);
      }
      breeder.breed(bred, label);
      own.insert(own.end(), bred.begin(), bred.end());
    }
    for (const Words& text : own) made.examples.push_back({written(text), {}, -1});
  }
  return made;
}

}  // namespace finemix
