#include "finemix/text/wordpiece.h"

#include <algorithm>
#include <limits>
#include <set>
#include <unordered_set>
#include <utility>

#include "finemix/core/error.h"
#include "finemix/core/quote.h"
#include "finemix/text/unicode.h"

namespace finemix {
namespace {

// Far above any real vocabulary; they keep a hostile one from costing much memory or time.
constexpr std::size_t kMaxTokenBytes = 512;
constexpr std::size_t kMaxVocabularyBytes = 32 << 20;
constexpr std::size_t kMaxWordCharacters = 1'000;

constexpr std::size_t kNoLimit = std::numeric_limits<std::size_t>::max();

[[noreturn]] void refuse(const WordPieceConfig& config, const std::string& what) {
  throw Error(ErrorKind::kMalformed, printable(config.name) + ": " + what);
}

void check_vocabulary(const WordPieceConfig& config) {
  const std::size_t tokens = config.vocabulary.size() + config.added_tokens.size();
  if (tokens > kMaxTokens) {
    refuse(config, "the vocabulary has " + std::to_string(tokens) + " tokens, expected at most " +
                       std::to_string(kMaxTokens));
  }
  std::size_t bytes = 0;
  std::unordered_map<std::string_view, std::size_t> seen;
  for (std::size_t id = 0; id < config.vocabulary.size(); ++id) {
    const std::string& token = config.vocabulary[id];
    if (token.size() > kMaxTokenBytes) {
      refuse(config, "token " + std::to_string(id) + " is " + std::to_string(token.size()) +
                         " bytes long, expected at most " + std::to_string(kMaxTokenBytes));
    }
    bytes += token.size();
    if (token.empty()) continue;
    const auto [first, is_new] = seen.emplace(token, id);
    if (!is_new) {
      refuse(config, "token " + quote(token) + " has two ids, " + std::to_string(first->second) +
                         " and " + std::to_string(id) + ", expected one");
    }
  }
  if (bytes > kMaxVocabularyBytes) {
    refuse(config, "the vocabulary has " + std::to_string(bytes) + " bytes, expected at most " +
                       std::to_string(kMaxVocabularyBytes));
  }
  if (!seen.contains(config.unknown_token)) {
    refuse(config, "the unknown token " + quote(config.unknown_token) +
                       " is not in the vocabulary of " + std::to_string(seen.size()) + " tokens");
  }
  if (config.max_word_characters > kMaxWordCharacters) {
    refuse(config, "max_input_chars_per_word is " + std::to_string(config.max_word_characters) +
                       ", expected at most " + std::to_string(kMaxWordCharacters));
  }
}

void check_template(const WordPieceConfig& config, const std::vector<TemplatePart>& parts,
                    std::size_t texts, std::size_t tokens) {
  const auto count = [&](TemplatePart::Kind kind) {
    return static_cast<std::size_t>(std::ranges::count(parts, kind, &TemplatePart::kind));
  };
  if (count(TemplatePart::Kind::kFirst) != 1 || count(TemplatePart::Kind::kSecond) != texts - 1) {
    refuse(config, "the post-processor's template for " + std::to_string(texts) +
                       " text(s) does not hold each of them once");
  }
  for (const TemplatePart& part : parts) {
    if (part.type_id < 0 || part.type_id > kMaxTypeId) {
      refuse(config, "the post-processor gives type id " + std::to_string(part.type_id) +
                         ", expected one of 0 to " + std::to_string(kMaxTypeId));
    }
    if (part.kind != TemplatePart::Kind::kToken) continue;
    if (part.id < 0 || static_cast<std::size_t>(part.id) >= tokens) {
      refuse(config, "the post-processor puts in id " + std::to_string(part.id) +
                         ", but the vocabulary has " + std::to_string(tokens) + " tokens");
    }
  }
}

// The vocabulary with the added tokens behind it. They must fit: the `tokenizers` package gives a
// token the id of the vocabulary, else the next free one, whatever the file says.
std::vector<std::string> all_tokens(const WordPieceConfig& config, const WordEncoder& vocabulary) {
  std::vector<std::string> tokens = config.vocabulary;
  std::unordered_set<std::string_view> seen;
  for (const AddedToken& added : config.added_tokens) {
    if (added.content.empty() || added.content.size() > kMaxTokenBytes) {
      refuse(config, "added token " + std::to_string(added.id) + " is " +
                         std::to_string(added.content.size()) + " bytes long, expected 1 to " +
                         std::to_string(kMaxTokenBytes));
    }
    if (!seen.insert(added.content).second) {
      refuse(config, "the added token " + quote(added.content) + " is there twice");
    }
    const std::int32_t known = vocabulary.find(added.content);
    const std::int32_t expected = known >= 0 ? known : static_cast<std::int32_t>(tokens.size());
    if (added.id != expected) {
      refuse(config, "the added token " + quote(added.content) + " has id " +
                         std::to_string(added.id) + ", expected " + std::to_string(expected) +
                         (known >= 0 ? " as in the vocabulary" : ", the first free one"));
    }
    if (known < 0) tokens.push_back(added.content);
  }
  return tokens;
}

AddedTokenSplitter make_splitter(const WordPieceConfig& config, bool normalized) {
  std::vector<std::string> patterns;
  std::vector<AddedToken> tokens;
  std::set<std::string> seen;
  for (const AddedToken& added : config.added_tokens) {
    if (added.normalized != normalized) continue;
    patterns.push_back(normalized ? config.normalizer.normalize(added.content) : added.content);
    tokens.push_back(added);
    if (patterns.back().empty() || !seen.insert(patterns.back()).second) {
      refuse(config, "the added token " + quote(added.content) + " normalizes to " +
                         (patterns.back().empty() ? "nothing" : "the same as another one"));
    }
  }
  return {std::move(patterns), std::move(tokens)};
}

std::vector<std::int32_t> find_special_ids(const WordPieceConfig& config, std::int32_t unknown) {
  std::set<std::int32_t> ids{unknown};
  for (const AddedToken& added : config.added_tokens) {
    if (added.special) ids.insert(added.id);
  }
  for (const auto* parts : {&config.single, &config.pair}) {
    for (const TemplatePart& part : *parts) {
      if (part.kind == TemplatePart::Kind::kToken) ids.insert(part.id);
    }
  }
  return {ids.begin(), ids.end()};
}

const WordPieceConfig& checked(const WordPieceConfig& config) {
  check_vocabulary(config);
  return config;
}

}  // namespace

PairLengths truncated(PairLengths lengths, std::size_t room) {
  if (lengths.first + lengths.second <= room) return lengths;
  const bool swapped = lengths.first > lengths.second;
  std::size_t shorter = std::min(lengths.first, lengths.second);
  std::size_t longer = shorter > room ? shorter : std::max(shorter, room - shorter);
  if (shorter + longer > room) {
    shorter = room / 2;
    longer = shorter + room % 2;
  }
  return swapped ? PairLengths{longer, shorter} : PairLengths{shorter, longer};
}

WordPieceTokenizer::WordPieceTokenizer(WordPieceConfig config)
    : config_(std::move(config)),
      words_(checked(config_)),
      tokens_(all_tokens(config_, words_)),
      raw_splitter_(make_splitter(config_, false)),
      normalized_splitter_(make_splitter(config_, true)) {
  for (std::size_t id = config_.vocabulary.size(); id < tokens_.size(); ++id) {
    added_ids_.emplace(tokens_[id], static_cast<std::int32_t>(id));
  }
  check_template(config_, config_.single, 1, tokens_.size());
  check_template(config_, config_.pair, 2, tokens_.size());
  special_ids_ = find_special_ids(config_, words_.find(config_.unknown_token));
}

void WordPieceTokenizer::append_encoding(const Example& example, std::size_t max_length,
                                         EncodedTexts& out) const {
  const std::vector<TemplatePart>& parts = example.text_b ? config_.pair : config_.single;
  const std::size_t special = parts.size() - (example.text_b ? 2 : 1);
  if (max_length < special) {
    throw Error(ErrorKind::kUsage, "the maximum length is " + std::to_string(max_length) +
                                       ", expected at least " + std::to_string(special) +
                                       ", the special tokens alone");
  }
  const Sides sides = encode_sides(example, max_length - special);
  for (const TemplatePart& part : parts) {
    const auto type_id = static_cast<std::uint8_t>(part.type_id);
    switch (part.kind) {
      case TemplatePart::Kind::kFirst:
        out.extend(sides.first, type_id);
        break;
      case TemplatePart::Kind::kSecond:
        out.extend(sides.second, type_id);
        break;
      case TemplatePart::Kind::kToken:
        out.extend({&part.id, 1}, type_id);
        break;
    }
  }
  out.end_text();
}

WordPieceTokenizer::Sides WordPieceTokenizer::encode_sides(const Example& example,
                                                           std::size_t room) const {
  if (!example.text_b) {
    Sides sides{first_pieces(example.text, room), {}};
    sides.first.resize(std::min(sides.first.size(), room));
    return sides;
  }
  // A side that is over the room is as good as one that is far over it, but for one thing: when
  // both are, the longer one gets the odd id.
  const std::size_t enough = room + (room < kNoLimit ? 1 : 0);
  Sides sides{first_pieces(example.text, enough), first_pieces(*example.text_b, enough)};
  if (room % 2 != 0 && sides.first.size() > room && sides.second.size() > room) {
    sides.first = pieces(example.text);
    sides.second = first_pieces(*example.text_b, sides.first.size() + 1);
  }
  const PairLengths lengths = truncated({sides.first.size(), sides.second.size()}, room);
  sides.first.resize(lengths.first);
  sides.second.resize(lengths.second);
  return sides;
}

std::vector<std::int32_t> WordPieceTokenizer::pieces(std::string_view text) const {
  return first_pieces(text, kNoLimit);
}

std::vector<std::int32_t> WordPieceTokenizer::first_pieces(std::string_view text,
                                                           std::size_t enough) const {
  constexpr std::size_t kBytesPerPiece = 4;  // or a little more, in most languages
  constexpr std::size_t kSpare = 64;
  std::vector<std::int32_t> ids;
  ids.reserve(std::min(enough, text.size() / kBytesPerPiece) + kSpare);
  std::string valid;
  AddedTokenSplitter::Parts parts(raw_splitter_, valid_utf8(text, valid));
  for (AddedTokenSplitter::Part part; ids.size() < enough && parts.next(part);) {
    if (part.token) {
      ids.push_back(part.token->id);
    } else if (normalized_splitter_.empty()) {
      words_.append_raw(part.text, enough, ids);
    } else {
      append_normalized(config_.normalizer.normalize(part.text), enough, ids);
    }
  }
  return ids;
}

void WordPieceTokenizer::append_normalized(std::string_view text, std::size_t enough,
                                           std::vector<std::int32_t>& ids) const {
  AddedTokenSplitter::Parts parts(normalized_splitter_, text);
  for (AddedTokenSplitter::Part part; ids.size() < enough && parts.next(part);) {
    if (part.token) {
      ids.push_back(part.token->id);
    } else {
      words_.append_normalized(part.text, enough, ids);
    }
  }
}

const std::string& WordPieceTokenizer::token(std::int32_t id) const {
  if (id < 0 || static_cast<std::size_t>(id) >= tokens_.size()) {
    throw Error(ErrorKind::kInternal, "WordPieceTokenizer::token: id " + std::to_string(id) +
                                          ", expected one of " + std::to_string(tokens_.size()));
  }
  return tokens_[static_cast<std::size_t>(id)];
}

std::int32_t WordPieceTokenizer::id(std::string_view token) const {
  if (const std::int32_t known = words_.find(token); known >= 0) return known;
  const auto added = added_ids_.find(std::string(token));
  return added == added_ids_.end() ? -1 : added->second;
}

}  // namespace finemix
