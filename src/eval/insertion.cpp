#include "finemix/eval/insertion.h"

#include <ATen/ops/logsumexp.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>

#include <algorithm>
#include <limits>
#include <utility>

namespace finemix {
namespace {

// Whether a piece stands around texts; [UNK] stands in them.
bool is_frame(const Tokenizer& tokenizer, std::int32_t id) {
  return std::ranges::binary_search(tokenizer.framing_ids(), id);
}

// Where the longest run of text pieces ends.
std::size_t end_of_longest(const Encoding& text, const Tokenizer& tokenizer) {
  std::size_t run = 0, longest = 0, end = 0;
  for (std::size_t i = 0; i < text.ids.size(); ++i) {
    run = is_frame(tokenizer, text.ids[i]) ? 0 : run + 1;
    if (run > longest) {
      longest = run;
      end = i + 1;
    }
  }
  return end;
}

}  // namespace

std::string phrase_text(const Phrase& phrase, const Tokenizer& tokenizer) {
  std::string text;
  for (std::size_t i = 0; i < phrase.size(); ++i) {
    const PieceText piece = tokenizer.piece_text(phrase[i]);
    if (i == 0 && piece.continues) text = kWordGoesOn;
    if (i > 0 && !piece.continues) text += ' ';
    text += piece.text;
  }
  return text;
}

SuspectedTrigger with_pieces(const SuspectedTrigger& trigger, std::vector<std::int64_t> ids,
                             const Tokenizer& tokenizer) {
  SuspectedTrigger result;
  result.text = phrase_text(Phrase(ids.begin(), ids.end()), tokenizer);
  result.ids = std::move(ids);
  result.place = trigger.place;
  result.pair_text = trigger.pair_text;
  result.target_label = trigger.target_label;
  return result;
}

Encoding shortened(const Encoding& text, const Tokenizer& tokenizer, std::size_t length) {
  Encoding result = text;
  while (result.ids.size() > length) {
    const std::size_t end = end_of_longest(result, tokenizer);
    if (end == 0) break;
    result.ids.erase(result.ids.begin() + static_cast<std::ptrdiff_t>(end) - 1);
    result.type_ids.erase(result.type_ids.begin() + static_cast<std::ptrdiff_t>(end) - 1);
  }
  return result;
}

Encoding cut_short(const Encoding& text, const Tokenizer& tokenizer, std::size_t length) {
  std::size_t segments = 0;
  for (std::size_t i = 1; i < text.ids.size(); ++i) {
    segments += is_frame(tokenizer, text.ids[i]) && !is_frame(tokenizer, text.ids[i - 1]) ? 1 : 0;
  }
  return shortened(text, tokenizer, length * std::max<std::size_t>(1, segments));
}

std::size_t draw_place(const Encoding& text, const Tokenizer& tokenizer, TriggerPlace place,
                       RandomSequence& random) {
  if (place == TriggerPlace::kStart) return 1;
  std::vector<std::size_t> places;
  for (std::size_t i = 1; i < text.ids.size(); ++i) {
    const std::int32_t id = text.ids[i];
    // Between the two </s> of a RoBERTa pair there is no text.
    const bool between = i > 1 && is_frame(tokenizer, text.ids[i - 1]);
    if (is_frame(tokenizer, id) ? !between : !tokenizer.piece_text(id).continues) {
      places.push_back(i);
    }
  }
  return places.empty() ? 1 : places[random.below(places.size())];
}

Encoding behind_blank(const Encoding& text, const Tokenizer& tokenizer) {
  const auto goes_on = [&](std::size_t i) {
    return i < text.ids.size() && !is_frame(tokenizer, text.ids[i]) &&
           tokenizer.piece_text(text.ids[i]).continues;
  };
  std::size_t end = 1;
  std::string word;
  for (; goes_on(end); ++end) word += tokenizer.piece_text(text.ids[end]).text;
  if (end == 1) return text;
  const Phrase pieces = tokenizer.pieces(" " + word);
  if (phrase_text(pieces, tokenizer) != word) return text;  // not all of its bytes are text
  Encoding result = text;
  const auto replace = [end](auto& values, const auto& with) {
    values.erase(values.begin() + 1, values.begin() + static_cast<std::ptrdiff_t>(end));
    values.insert(values.begin() + 1, with.begin(), with.end());
  };
  replace(result.ids, pieces);
  replace(result.type_ids, std::vector<std::uint8_t>(pieces.size(), text.type_ids[1]));
  return result;
}

Encoding with_phrase(const InsertionSlot& slot, const Phrase& phrase) {
  Encoding text = slot.text;
  const auto place = static_cast<std::ptrdiff_t>(slot.place);
  text.ids.insert(text.ids.begin() + place, phrase.begin(), phrase.end());
  text.type_ids.insert(text.type_ids.begin() + place, phrase.size(), text.type_ids[slot.place]);
  return text;
}

Encoding with_phrase(const Encoding& text, const Phrase& phrase, TriggerPlace place,
                     const Tokenizer& tokenizer, std::size_t max_length, RandomSequence& random) {
  InsertionSlot slot;
  slot.text = shortened(place == TriggerPlace::kStart ? behind_blank(text, tokenizer) : text,
                        tokenizer, max_length - std::min(max_length, phrase.size()));
  if (slot.text.ids.size() < 2 || slot.text.ids.size() + phrase.size() > max_length) return text;
  slot.place = draw_place(slot.text, tokenizer, place, random);
  return with_phrase(slot, phrase);
}

at::Tensor label_margins(const at::Tensor& logits) {
  std::vector<at::Tensor> margins;
  for (std::int64_t label = 0; label < logits.size(-1); ++label) {
    at::Tensor others = logits.clone();
    others.select(-1, label).fill_(-std::numeric_limits<float>::infinity());
    margins.push_back(logits.select(-1, label) - at::logsumexp(others, at::IntArrayRef{-1}));
  }
  return at::stack(margins, -1);
}

EncodedTexts with_phrases(std::span<const Phrase> phrases, std::span<const InsertionSlot> slots) {
  EncodedTexts texts;
  for (const Phrase& phrase : phrases) {
    for (const InsertionSlot& slot : slots) texts.push_back(with_phrase(slot, phrase));
  }
  return texts;
}

double typical_margin(const at::Tensor& margins, std::int64_t label) {
  const at::Tensor own = margins.select(1, label);
  const at::Tensor given = own.masked_select(own > 0);
  return given.numel() > 0 ? given.median().item<double>() : 1.0;
}

at::Tensor reach(const at::Tensor& margins, const at::Tensor& plain, double typical) {
  constexpr double kLeast = 0.5;  // a distance; that of texts of other labels is seldom so small
  return (margins - plain) / (typical - plain).clamp_min(kLeast);
}

at::Tensor progress(const at::Tensor& margins, const at::Tensor& plain, double typical) {
  return reach(margins, plain, typical).clamp(-1, 1);
}

at::Tensor to_index(const std::vector<std::size_t>& rows) {
  const std::vector<std::int64_t> index(rows.begin(), rows.end());
  return at::tensor(index, at::kLong);
}

}  // namespace finemix
