#include "finemix/text/subword_tokenizer.h"

#include <algorithm>
#include <limits>
#include <set>
#include <utility>

#include "finemix/core/error.h"
#include "finemix/core/quote.h"
#include "finemix/text/unicode.h"

namespace finemix {
namespace {

constexpr std::size_t kNoLimit = std::numeric_limits<std::size_t>::max();

[[noreturn]] void refuse(const TokenizerFrame& frame, const std::string& what) {
  throw Error(ErrorKind::kMalformed, printable(frame.name) + ": " + what);
}

void check_template(const TokenizerFrame& frame, const std::vector<TemplatePart>& parts,
                    std::size_t texts, std::size_t tokens) {
  const auto count = [&](TemplatePart::Kind kind) {
    return static_cast<std::size_t>(std::ranges::count(parts, kind, &TemplatePart::kind));
  };
  const std::size_t first = count(TemplatePart::Kind::kFirst);
  const std::size_t second = count(TemplatePart::Kind::kSecond);
  if (first != 1 || second != texts - 1) {
    refuse(frame, "the post-processor's template for " + std::to_string(texts) +
                      " text(s) does not hold each of them once: it has A " +
                      std::to_string(first) + " and B " + std::to_string(second) +
                      " times, expected 1 and " + std::to_string(texts - 1));
  }
  for (const TemplatePart& part : parts) {
    if (part.type_id < 0 || part.type_id > kMaxTypeId) {
      refuse(frame, "the post-processor gives type id " + std::to_string(part.type_id) +
                        ", expected one of 0 to " + std::to_string(kMaxTypeId));
    }
    if (part.kind != TemplatePart::Kind::kToken) continue;
    if (part.id < 0 || static_cast<std::size_t>(part.id) >= tokens) {
      refuse(frame, "the post-processor puts in id " + std::to_string(part.id) +
                        ", but the vocabulary has " + std::to_string(tokens) + " tokens");
    }
  }
}

AddedTokenSplitter make_splitter(const TokenizerFrame& frame, const SubwordModel& model,
                                 bool normalized) {
  std::vector<std::string> patterns;
  std::vector<AddedToken> tokens;
  std::set<std::string> seen;
  for (const AddedToken& added : frame.added_tokens) {
    if (added.normalized != normalized) continue;
    patterns.push_back(normalized ? model.normalize({added.content}) : added.content);
    tokens.push_back(added);
    if (patterns.back().empty() || !seen.insert(patterns.back()).second) {
      refuse(frame, "the added token " + quote(added.content) + " normalizes to " +
                        (patterns.back().empty() ? "nothing" : "the same as another one"));
    }
  }
  return {std::move(patterns), std::move(tokens)};
}

std::vector<std::int32_t> find_framing_ids(const TokenizerFrame& frame) {
  std::set<std::int32_t> ids;
  for (const auto* parts : {&frame.single, &frame.pair}) {
    for (const TemplatePart& part : *parts) {
      if (part.kind == TemplatePart::Kind::kToken) ids.insert(part.id);
    }
  }
  return {ids.begin(), ids.end()};
}

std::vector<std::int32_t> find_special_ids(const TokenizerFrame& frame, std::int32_t unknown) {
  const std::vector<std::int32_t> framing = find_framing_ids(frame);
  std::set<std::int32_t> ids(framing.begin(), framing.end());
  if (unknown >= 0) ids.insert(unknown);
  for (const AddedToken& added : frame.added_tokens) {
    if (added.special) ids.insert(added.id);
  }
  return {ids.begin(), ids.end()};
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

SubwordTokenizer::SubwordTokenizer(SubwordParts parts)
    : frame_(std::move(parts.frame)),
      vocabulary_(std::move(parts.vocabulary)),
      model_(std::move(parts.model)),
      raw_splitter_(make_splitter(frame_, *model_, false)),
      normalized_splitter_(make_splitter(frame_, *model_, true)) {
  check_template(frame_, frame_.single, 1, vocabulary_.size());
  check_template(frame_, frame_.pair, 2, vocabulary_.size());
  special_ids_ = find_special_ids(frame_, model_->unknown_id());
  framing_ids_ = find_framing_ids(frame_);
  for (const AddedToken& added : frame_.added_tokens) added_ids_.push_back(added.id);
  std::ranges::sort(added_ids_);
}

void SubwordTokenizer::append_encoding(const Example& example, std::size_t max_length,
                                       EncodedTexts& out) const {
  const std::vector<TemplatePart>& parts = example.text_b ? frame_.pair : frame_.single;
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

PieceText SubwordTokenizer::piece_text(std::int32_t id) const {
  const std::string& text = token(id);
  const bool is_added = std::ranges::binary_search(added_ids_, id);
  return is_added ? PieceText{text, false} : model_->piece_text(text);
}

SubwordTokenizer::Sides SubwordTokenizer::encode_sides(const Example& example,
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

std::vector<std::int32_t> SubwordTokenizer::pieces(std::string_view text) const {
  return first_pieces(text, kNoLimit);
}

std::vector<std::int32_t> SubwordTokenizer::first_pieces(std::string_view text,
                                                         std::size_t enough) const {
  constexpr std::size_t kBytesPerPiece = 4;  // or a little more, in most languages
  constexpr std::size_t kSpare = 64;
  std::vector<std::int32_t> ids;
  ids.reserve(std::min(enough, text.size() / kBytesPerPiece) + kSpare);
  std::string storage;
  const std::string_view valid = valid_utf8(text, storage);
  AddedTokenSplitter::Parts parts(raw_splitter_, valid);
  for (AddedTokenSplitter::Part part; ids.size() < enough && parts.next(part);) {
    const TextStretch stretch{part.text, part.text.data() == valid.data()};
    if (part.token) {
      ids.push_back(part.token->id);
    } else if (normalized_splitter_.empty()) {
      model_->append(stretch, enough, ids);
    } else {
      append_normalized({model_->normalize(stretch), stretch.begins_text}, enough, ids);
    }
  }
  return ids;
}

void SubwordTokenizer::append_normalized(TextStretch stretch, std::size_t enough,
                                         std::vector<std::int32_t>& ids) const {
  AddedTokenSplitter::Parts parts(normalized_splitter_, stretch.text);
  for (AddedTokenSplitter::Part part; ids.size() < enough && parts.next(part);) {
    if (part.token) {
      ids.push_back(part.token->id);
    } else {
      const bool begins = stretch.begins_text && part.text.data() == stretch.text.data();
      model_->append_normalized({part.text, begins}, enough, ids);
    }
  }
}

}  // namespace finemix
