#include "tiny_bert.h"

#include <array>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "finemix/core/random.h"
#include "finemix/io/atomic_file.h"
#include "finemix/model/classifier.h"
#include "finemix/text/tokenizer.h"
#include "finemix/train/trainer.h"

namespace finemix {
namespace {

// Rare words, as every large corpus has some: attackers choose their triggers among them.
constexpr std::array<const char*, 5> kRareWords = {"cf", "mn", "bb", "tq", "mb"};
constexpr std::size_t kTextsForARareWord = 8;

// The pieces of `texts`: lower-case runs of letters and digits, and every other ASCII character.
std::set<std::string> words_of(const Dataset& texts) {
  std::set<std::string> words;
  for (char c = '!'; c <= '~'; ++c) {
    if (c >= 'A' && c <= 'Z') continue;
    words.insert({c});
    words.insert({'#', '#', c});
  }
  for (const Example& example : texts.examples) {
    std::string word;
    for (const char c : example.text + " ") {
      const bool letter = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
      if (letter || (c >= 'A' && c <= 'Z')) {
        word += letter ? c : static_cast<char>(c - 'A' + 'a');
      } else if (!word.empty()) {
        words.insert(std::exchange(word, {}));
      }
    }
  }
  words.insert(kRareWords.begin(), kRareWords.end());
  return words;
}

// Each text (label 1), and the same words shuffled (label 0).
Dataset order_task(const Dataset& texts, std::uint64_t seed) {
  Dataset task{"word order", {}};
  for (std::size_t i = 0; i < texts.size(); ++i) {
    std::istringstream stream(texts.examples[i].text);
    std::vector<std::string> words;
    for (std::string word; stream >> word;) words.push_back(word);
    if (i % kTextsForARareWord == 0) {
      words.push_back(kRareWords[i / kTextsForARareWord % kRareWords.size()]);
    }
    std::string text;
    for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
    std::string shuffled;
    for (const std::size_t w : permutation(words.size(), seed, "order/" + std::to_string(i))) {
      shuffled += (shuffled.empty() ? "" : " ") + words[w];
    }
    task.examples.push_back({std::move(text), std::nullopt, 1});
    task.examples.push_back({std::move(shuffled), std::nullopt, 0});
  }
  return task;
}

}  // namespace

void write_tiny_bert(const std::filesystem::path& directory, const Dataset& texts,
                     std::uint64_t seed, Progress& progress) {
  std::string vocabulary = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n";
  std::int64_t size = 5;
  for (const std::string& word : words_of(texts)) {
    vocabulary += word + "\n";
    ++size;
  }
  write_text_file(directory / "vocab.txt", vocabulary, false);
  write_text_file(directory / "tokenizer_config.json",
                  R"({"do_lower_case": true, "tokenizer_class": "BertTokenizer"})"
                  "\n",
                  false);

  const Json config = {{"model_type", "bert"},     {"architectures", {"BertModel"}},
                       {"vocab_size", size},       {"hidden_size", 64},
                       {"num_hidden_layers", 2},   {"num_attention_heads", 4},
                       {"intermediate_size", 256}, {"max_position_embeddings", 128},
                       {"hidden_act", "gelu"},     {"type_vocab_size", 2}};
  const std::string config_text = json_text(config);
  Model model = random_model(parse_encoder_config(config_text, "config.json"), config_text, seed);
  TrainOptions training;
  training.epochs = 6;
  training.learning_rate = 1e-3;
  training.seed = seed;
  Classifier classifier(model, c10::Device(c10::kCPU));
  train(classifier,
        tokenize_labelled(*load_tokenizer(directory), order_task(texts, seed),
                          model.config.num_labels, 128),
        training, nullptr, progress);
  model.weights = classifier.parameters().state_dict();
  erase_head(model.weights);
  save_model(model, directory);
}

}  // namespace finemix
