#include "finemix/text/byte_bpe.h"

#include <algorithm>
#include <utility>

#include "finemix/core/error.h"
#include "finemix/core/quote.h"
#include "text/byte_alphabet.h"
#include "text/byte_words.h"
#include "text/pair_merges.h"

namespace finemix {
namespace {

[[noreturn]] void refuse(const ByteBpeConfig& config, const std::string& what) {
  throw Error(ErrorKind::kMalformed, printable(config.name) + ": " + what);
}

void check_each_once(const ByteBpeConfig& config, const std::vector<PairMerges::Merge>& merges) {
  std::vector<std::size_t> ranks(merges.size());
  for (std::size_t rank = 0; rank < ranks.size(); ++rank) ranks[rank] = rank;
  const auto pair = [&](std::size_t rank) {
    return std::pair(merges[rank].left, merges[rank].right);
  };
  std::ranges::stable_sort(ranks, {}, pair);
  const auto twice = std::ranges::adjacent_find(ranks, {}, pair);
  if (twice == ranks.end()) return;
  refuse(config, "merges " + std::to_string(*twice + 1) + " and " + std::to_string(twice[1] + 1) +
                     " join the same, " + quote(config.merges[*twice].first) + " and " +
                     quote(config.merges[*twice].second) + ", expected it once");
}

PairMerges make_merges(const ByteBpeConfig& config, const Vocabulary& vocabulary) {
  if (config.merges.size() > kMaxTokens) {
    refuse(config, "there are " + std::to_string(config.merges.size()) +
                       " merges, expected at most " + std::to_string(kMaxTokens));
  }
  std::vector<PairMerges::Merge> merges;
  merges.reserve(config.merges.size());
  const auto id = [&](const std::string& token, std::string_view role) {
    const std::int32_t known = vocabulary.find_of_model(token);
    if (known >= 0) return known;
    refuse(config, "merge " + std::to_string(merges.size() + 1) + " " + std::string(role) + " " +
                       quote(token) + ", which is not in the vocabulary of " +
                       std::to_string(vocabulary.of_model().size()) + " tokens");
  };
  for (const auto& [left, right] : config.merges) {
    merges.push_back({id(left, "joins"), id(right, "joins"), id(left + right, "makes")});
  }
  check_each_once(config, merges);
  return {merges, vocabulary.of_model().size()};
}

std::int32_t find_unknown(const ByteBpeConfig& config, const Vocabulary& vocabulary) {
  if (config.unknown_token.empty()) return -1;
  const std::int32_t id = vocabulary.find_of_model(config.unknown_token);
  if (id < 0) {
    refuse(config, "the unknown token " + quote(config.unknown_token) +
                       " is not in the vocabulary of " +
                       std::to_string(vocabulary.of_model().size()) + " tokens");
  }
  return id;
}

std::array<std::int32_t, 256> find_bytes(const Vocabulary& vocabulary) {
  std::array<std::int32_t, 256> ids;
  for (std::size_t byte = 0; byte < ids.size(); ++byte) {
    ids[byte] = vocabulary.find_of_model(byte_character(static_cast<unsigned char>(byte)));
  }
  return ids;
}

SubwordParts parts_of(const ByteBpeConfig& config) {
  Vocabulary vocabulary(config.name, config.vocabulary, config.added_tokens);
  auto model = std::make_unique<ByteBpeModel>(config, vocabulary);
  return {config, std::move(vocabulary), std::move(model)};
}

}  // namespace

// One text on its way to ids.
class ByteBpeModel::Pass {
 public:
  Pass(const ByteBpeModel& model, std::vector<std::int32_t>& ids) : model_(model), ids_(ids) {}

  // `readable` bytes can be read from where the word begins on.
  void append_word(std::string_view word, std::size_t readable) {
    const std::int32_t id = find_word(word, readable);
    if (id >= 0) return ids_.push_back(id);
    append_merged(word);
  }

  // The word by its bytes and the merges alone.
  void append_merged(std::string_view word) {
    if (word.size() > PairMerges::kMaxSymbols) {
      throw Error(ErrorKind::kMalformed, "a text has a word of " + std::to_string(word.size()) +
                                             " bytes, expected at most " +
                                             std::to_string(PairMerges::kMaxSymbols));
    }
    bytes_.clear();
    bool unknown = false;
    for (const char c : word) {
      const std::int32_t id = model_.byte_ids_[static_cast<unsigned char>(c)];
      if (id >= 0) {
        bytes_.push_back(id);
      } else if (model_.unknown_id_ >= 0 && !(unknown && model_.fuse_unknown_)) {
        bytes_.push_back(model_.unknown_id_);
      }
      unknown = id < 0;
    }
    model_.merges_->append(bytes_, scratch_, ids_);
  }

 private:
  std::int32_t find_word(std::string_view word, std::size_t readable) const {
    if (word.size() > WordKey::kMaxBytes) return model_.words_.find(word);
    const std::int32_t id = model_.short_words_.find(
        readable >= WordKey::kReadBytes ? WordKey(word.data(), word.size()) : WordKey(word));
    return id < 0 && model_.whole_words_ ? model_.words_.find(word) : id;
  }

  const ByteBpeModel& model_;
  std::vector<std::int32_t>& ids_;
  std::vector<std::int32_t> bytes_;
  PairMerges::Scratch scratch_;
};

ByteBpeModel::ByteBpeModel(const ByteBpeConfig& config, const Vocabulary& vocabulary)
    : add_prefix_space_(config.add_prefix_space),
      split_words_(config.split_words),
      whole_words_(config.whole_words),
      fuse_unknown_(config.fuse_unknown),
      unknown_id_(find_unknown(config, vocabulary)),
      byte_ids_(find_bytes(vocabulary)),
      merges_(std::make_unique<PairMerges>(make_merges(config, vocabulary))),
      short_words_({}),
      words_({}) {
  std::vector<std::string> words;
  std::vector<std::int32_t> ids;
  Pass pass(*this, ids);
  for (const std::string& token : vocabulary.of_model()) {
    words.push_back(bytes_of_token(token));
    if (whole_words_) continue;
    ids.clear();
    pass.append_merged(words.back());
    // What the merges never make, like "<s>", is no word.
    const auto id = static_cast<std::int32_t>(words.size() - 1);
    if (ids.size() != 1 || ids.front() != id) words.back().clear();
  }
  short_words_ = WordTable(words);
  for (std::string& word : words) {
    // That table may lack some, which the merges make as well, but for whole words.
    if (word.size() <= WordKey::kMaxBytes && !whole_words_) word.clear();
  }
  words_ = PieceTrie(words);
}

ByteBpeModel::~ByteBpeModel() = default;

void ByteBpeModel::append(TextStretch stretch, std::size_t enough,
                          std::vector<std::int32_t>& ids) const {
  std::string prefixed;
  std::string_view rest = stretch.text;
  if (add_prefix_space_ && !rest.starts_with(' ')) {
    prefixed.reserve(rest.size() + 1);
    rest = prefixed.append(1, ' ').append(rest);
  }
  Pass pass(*this, ids);
  while (!rest.empty() && ids.size() < enough) {
    const std::size_t size = split_words_ ? first_word_size(rest) : rest.size();
    pass.append_word(rest.substr(0, size), rest.size());
    rest.remove_prefix(size);
  }
}

PieceText ByteBpeModel::piece_text(const std::string& token) const {
  const std::string bytes = bytes_of_token(token);
  if (bytes.empty()) return {token, false};
  const bool begins = bytes.front() == ' ';
  return {bytes.substr(begins ? 1 : 0), !begins};
}

ByteBpeTokenizer::ByteBpeTokenizer(const ByteBpeConfig& config)
    : SubwordTokenizer(parts_of(config)) {}

}  // namespace finemix
