#include "finemix/text/unigram.h"

#include <algorithm>
#include <cmath>
#include <span>
#include <string>

#include "finemix/core/error.h"
#include "finemix/core/quote.h"
#include "finemix/text/unicode.h"
#include "text/byte_piece.h"

namespace finemix {
namespace {

constexpr double kUnknownPenalty = 10;

// The best way that ends at a byte: its last piece, and the sum of its scores.
struct Best {
  double score = 0;
  std::int32_t id = -1;
  std::uint32_t length = 0;  // of the last piece; 0 where no way ends yet
};

std::size_t character_length(char first) {
  const auto lead = static_cast<unsigned char>(first);
  return lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
}

[[noreturn]] void refuse(const Unigram::Config& config, const std::string& what) {
  throw Error(ErrorKind::kMalformed, printable(config.name) + ": " + what);
}

std::span<const std::string> checked(std::span<const std::string> pieces,
                                     const Unigram::Config& config) {
  if (pieces.size() != config.scores.size()) {
    throw Error(ErrorKind::kInternal, "Unigram: " + std::to_string(pieces.size()) + " pieces and " +
                                          std::to_string(config.scores.size()) + " scores");
  }
  for (std::size_t id = 0; id < pieces.size(); ++id) {
    const std::string said = "piece " + std::to_string(id);
    if (pieces[id].empty()) refuse(config, said + " is empty");
    if (!std::isfinite(config.scores[id])) {
      refuse(config, said + ", " + quote(pieces[id]) + ", has a score that is not finite");
    }
  }
  if (config.unknown_id < 0 || config.unknown_id >= static_cast<std::int64_t>(pieces.size())) {
    refuse(config, "the unknown piece has id " + std::to_string(config.unknown_id) +
                       ", but there are " + std::to_string(pieces.size()) + " pieces");
  }
  return pieces;
}

}  // namespace

Unigram::Unigram(const Vocabulary& vocabulary, const Config& config)
    : trie_(checked(vocabulary.of_model(), config)),
      scores_(config.scores),
      unknown_id_(static_cast<std::int32_t>(config.unknown_id)),
      unknown_score_(*std::ranges::min_element(scores_) - kUnknownPenalty) {
  if (!config.byte_fallback) return;
  for (unsigned byte = 0; byte < 256; ++byte) byte_ids_.push_back(trie_.find(byte_piece(byte)));
}

void Unigram::append(std::string_view word, std::vector<std::int32_t>& ids) const {
  std::vector<Best> best(word.size() + 1);
  for (std::size_t begin = 0; begin < word.size();) {
    const double before = best[begin].score;
    const auto offer = [&](std::size_t length, double score, std::int32_t id) {
      Best& end = best[begin + length];
      if (end.length > 0 && before + score <= end.score) return;
      end = {before + score, id, static_cast<std::uint32_t>(length)};
    };
    const std::size_t character = character_length(word[begin]);
    bool known = false;  // whether the character is a piece
    PieceTrie::Node node = PieceTrie::kRoot;
    for (std::size_t end = begin; end < word.size();) {
      node = trie_.child(node, word[end++]);
      if (node == PieceTrie::kNowhere) break;
      const std::int32_t id = trie_.value(node);
      if (id < 0) continue;
      offer(end - begin, scores_[static_cast<std::size_t>(id)], id);
      known |= end - begin == character;
    }
    if (!known) offer(character, unknown_score_, unknown_id_);
    begin += character;
  }

  // From the end to the beginning; the ids are turned round then.
  const std::size_t first = ids.size();
  for (std::size_t end = word.size(); end > 0;) {
    std::size_t begin = end - best[end].length;
    if (best[end].id != unknown_id_) {
      ids.push_back(best[end].id);
    } else {
      while (begin > 0 && best[begin].id == unknown_id_) begin -= best[begin].length;
      const std::size_t behind = ids.size();
      append_unknown(word.substr(begin, end - begin), ids);
      std::reverse(ids.begin() + static_cast<std::ptrdiff_t>(behind), ids.end());
    }
    end = begin;
  }
  std::reverse(ids.begin() + static_cast<std::ptrdiff_t>(first), ids.end());
}

void Unigram::append_unknown(std::string_view part, std::vector<std::int32_t>& ids) const {
  // Characters that are unknown one by one may be a piece together.
  const std::int32_t whole = trie_.find(part);
  if (whole >= 0) {
    ids.push_back(whole);
    return;
  }
  const auto id_of = [&](char byte) { return byte_ids_[static_cast<unsigned char>(byte)]; };
  if (!byte_ids_.empty() && std::ranges::all_of(part, [&](char c) { return id_of(c) >= 0; })) {
    for (const char byte : part) ids.push_back(id_of(byte));
  } else {
    ids.push_back(unknown_id_);
  }
}

}  // namespace finemix
