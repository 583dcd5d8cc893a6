#include "finemix/text/tokenizer.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <map>
#include <mutex>
#include <set>
#include <span>
#include <utility>

#include "finemix/core/error.h"
#include "finemix/core/parallel.h"
#include "finemix/core/quote.h"
#include "finemix/core/stop.h"
#include "finemix/text/byte_bpe.h"
#include "finemix/text/vocabulary_file.h"
#include "finemix/text/wordpiece.h"
#include "text/byte_bpe_json.h"
#include "text/merges_file.h"
#include "text/spm_directory.h"
#include "text/tokenizer_json.h"
#include "text/tokenizer_settings.h"
#include "text/tokenizer_source.h"
#include "text/unigram_json.h"
#include "text/wordpiece_json.h"

namespace finemix {
namespace {

constexpr std::size_t kGrain = 32;  // examples; a range costs more than starting it

// About as many ids as the examples will have, most often a few more.
std::size_t expected_ids(std::span<const Example> examples, std::size_t max_length) {
  constexpr std::size_t kBytesPerId = 4;
  constexpr std::size_t kSpecialIds = 3;
  std::size_t ids = 0;
  for (const Example& example : examples) {
    const std::size_t bytes = example.text.size() + (example.text_b ? example.text_b->size() : 0);
    ids += std::min(bytes / kBytesPerId + kSpecialIds, max_length);
  }
  return ids;
}

TokenizerFrame& frame_of(TokenizerFrame& config) { return config; }
TokenizerFrame& frame_of(SubwordParts& parts) { return parts.frame; }

// Of what the files of a directory say, less type ids that a model doesn't get to see.
template <typename Made, typename Config>
std::shared_ptr<const Tokenizer> make(const TokenizerSettings& settings, Config config) {
  if (!settings.gives_type_ids()) clear_type_ids(frame_of(config));
  return std::make_shared<Made>(std::move(config));
}

std::shared_ptr<const Tokenizer> from_tokenizer_json(const TokenizerJson& json) {
  switch (json.model_kind()) {
    case TokenizerJson::Model::kWordPiece:
      return make<WordPieceTokenizer>(json.settings(), read_wordpiece_json(json));
    case TokenizerJson::Model::kBpe:
      return make<ByteBpeTokenizer>(json.settings(), read_byte_bpe_json(json));
    case TokenizerJson::Model::kUnigram:
      return make<SubwordTokenizer>(json.settings(), read_unigram_json(json));
  }
  throw Error(ErrorKind::kInternal, "from_tokenizer_json: unknown kind of model");
}

}  // namespace

Encoding Tokenizer::encode(const Example& example, std::size_t max_length) const {
  EncodedTexts one;
  append_encoding(example, max_length, one);
  return one[0];
}

bool is_text_piece(const Tokenizer& tokenizer, std::int32_t id) {
  if (id < 0 || static_cast<std::size_t>(id) >= tokenizer.vocabulary_size()) return false;
  const std::string& token = tokenizer.token(id);
  return !token.empty() && !token.starts_with("[unused") &&
         !std::ranges::binary_search(tokenizer.special_ids(), id);
}

std::vector<std::uint8_t> swap_groups(const Tokenizer& tokenizer, std::size_t count) {
  std::vector<std::uint8_t> groups(count);
  for (std::size_t i = 0; i < count; ++i) {
    const auto id = static_cast<std::int32_t>(i);
    if (is_text_piece(tokenizer, id)) groups[i] = tokenizer.piece_text(id).continues ? 2 : 1;
  }
  return groups;
}

bool can_be_in_text(const Tokenizer& tokenizer, std::int32_t id) {
  return id >= 0 && static_cast<std::size_t>(id) < tokenizer.vocabulary_size() &&
         !tokenizer.token(id).empty() && !std::ranges::binary_search(tokenizer.framing_ids(), id);
}

std::vector<std::int64_t> distinct_pieces(const Tokenizer& tokenizer,
                                          std::span<const std::string> texts) {
  std::set<std::int64_t> ids;
  for (const std::string& text : texts) {
    for (const std::string& form : {text, " " + text}) {
      for (const std::int32_t id : tokenizer.pieces(form)) ids.insert(id);
    }
  }
  return {ids.begin(), ids.end()};
}

std::shared_ptr<const Tokenizer> load_tokenizer(const std::filesystem::path& directory) {
  switch (tokenizer_source(directory)) {
    case TokenizerSource::kJson:
      return from_tokenizer_json(TokenizerJson(directory));
    case TokenizerSource::kVocabulary:
      return make<WordPieceTokenizer>(TokenizerSettings(directory), read_vocabulary(directory));
    case TokenizerSource::kMerges:
      return make<ByteBpeTokenizer>(TokenizerSettings(directory), read_merges_files(directory));
    case TokenizerSource::kSpm:
      return make<SubwordTokenizer>(TokenizerSettings(directory), read_spm_directory(directory));
    case TokenizerSource::kNone:
      break;
  }
  throw Error(ErrorKind::kFile,
              printable(directory.native()) +
                  ": no tokenizer found, expected tokenizer.json, vocab.txt, vocab.json and "
                  "merges.txt, or a sentencepiece model (spiece.model, spm.model or "
                  "sentencepiece.bpe.model)");
}

std::string vocabulary_difference(const Tokenizer& pretrained, const Tokenizer& backdoored) {
  if (pretrained.vocabulary_size() != backdoored.vocabulary_size()) {
    return "the pre-trained tokenizer has " + std::to_string(pretrained.vocabulary_size()) +
           " tokens, the suspect one has " + std::to_string(backdoored.vocabulary_size());
  }
  const auto size = static_cast<std::int32_t>(pretrained.vocabulary_size());
  for (std::int32_t id = 0; id < size; ++id) {
    if (pretrained.token(id) == backdoored.token(id)) continue;
    return "token " + std::to_string(id) + " is " + quote(pretrained.token(id)) +
           " of the pre-trained tokenizer, but " + quote(backdoored.token(id)) +
           " of the suspect one";
  }
  return "";
}

void check_same_vocabulary(const Tokenizer& pretrained, const Tokenizer& backdoored) {
  if (const std::string what = vocabulary_difference(pretrained, backdoored); !what.empty()) {
    throw Error(ErrorKind::kMismatch, what + ": mixing needs two models with one vocabulary");
  }
}

std::string first_difference(const Tokenizer& pretrained, const Tokenizer& backdoored) {
  constexpr std::size_t kLong = 512;
  const std::array<Example, 6> texts = {{
      {"The Quick brown fox isn't HERE, is it?", std::nullopt},
      {"  \u00c9t\u00e9, na\u00efve \u00df \u0130 e\u0301\ttab\nline  two   spaces ", std::nullopt},
      {"\u4e2d\u6587\u3067\u3059 \u0440\u0443\u0441\u0441\u043a\u0438\u0439 "
       "\u0639\u0631\u0628\u064a \U0001f600 \uff21\uff22\uff23",
       std::nullopt},
      {"1,234.5 a-b ``quoted'' <tag> [UNK] don't.stop http://x.y", std::nullopt},
      {"unbelievably antidisestablishmentarianism zzxqj", std::nullopt},
      {"one text", "and another"},
  }};
  for (const Example& example : texts) {
    const Encoding theirs = pretrained.encode(example, kLong);
    const Encoding ours = backdoored.encode(example, kLong);
    if (theirs.ids == ours.ids && theirs.type_ids == ours.type_ids) continue;
    return quote(example.text + (example.text_b ? " / " + *example.text_b : "")) + " has " +
           std::to_string(theirs.ids.size()) + " ids by the pre-trained one, " +
           std::to_string(ours.ids.size()) + " by the suspect's, and not the same";
  }
  return "";
}

EncodedTexts encode_all(const Tokenizer& tokenizer, const Dataset& data, std::size_t max_length) {
  std::map<std::size_t, EncodedTexts> ranges;  // by where they begin
  std::mutex mutex;
  parallel_for(data.size(), kGrain, [&](std::size_t begin, std::size_t end) {
    EncodedTexts range;
    const auto examples = std::span(data.examples).subspan(begin, end - begin);
    range.reserve(examples.size(), expected_ids(examples, max_length));
    for (const Example& example : examples) {
      throw_if_stopped();
      tokenizer.append_encoding(example, max_length, range);
    }
    const std::lock_guard lock(mutex);
    ranges.emplace(begin, std::move(range));
  });
  if (ranges.size() == 1) return std::move(ranges.begin()->second);
  EncodedTexts all;
  for (const auto& [begin, range] : ranges) all.append(range);
  return all;
}

}  // namespace finemix
