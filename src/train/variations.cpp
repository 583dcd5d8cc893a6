#include "finemix/train/variations.h"

#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/topk.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <limits>
#include <set>
#include <unordered_map>

#include "finemix/core/random.h"
#include "finemix/core/stop.h"

namespace finemix {
namespace {

enum class Kind : std::uint8_t { kFixed, kWord, kContinuation };

// What each row of the embeddings may be swapped for: only others of its kind.
std::vector<Kind> kinds_of_rows(const Tokenizer& tokenizer, std::int64_t rows) {
  std::vector<Kind> kinds(static_cast<std::size_t>(rows), Kind::kFixed);
  for (std::size_t id = 0; id < kinds.size(); ++id) {
    const auto piece = static_cast<std::int32_t>(id);
    if (!is_text_piece(tokenizer, piece)) continue;
    kinds[id] = tokenizer.piece_text(piece).continues ? Kind::kContinuation : Kind::kWord;
  }
  return kinds;
}

using Neighbours = std::unordered_map<std::int32_t, std::vector<std::int32_t>>;

// -inf for the rows that may not be swapped in for `kind`, (rows).
at::Tensor barred(const std::vector<Kind>& kinds, Kind kind,
                  std::span<const std::int64_t> excluded) {
  at::Tensor bias = at::zeros({static_cast<std::int64_t>(kinds.size())}, at::kFloat);
  auto values = bias.accessor<float, 1>();
  constexpr float kNever = -std::numeric_limits<float>::infinity();
  for (std::size_t id = 0; id < kinds.size(); ++id) {
    if (kinds[id] != kind) values[static_cast<std::int64_t>(id)] = kNever;
  }
  for (const std::int64_t id : excluded) values[id] = kNever;
  return bias;
}

// The rows of the nearest direction (cosine) for each of `ids`, which are of one kind.
void find_neighbours(const at::Tensor& directions, const std::vector<std::int64_t>& ids,
                     const at::Tensor& bias, std::int64_t count, Neighbours& found) {
  constexpr std::size_t kChunk = 256;  // ids; bounds the similarities held at once
  const auto similar = bias.isfinite().sum().item<std::int64_t>();
  const std::int64_t k = std::min(count + 1, similar);  // a piece is its own nearest
  for (std::size_t begin = 0; begin < ids.size() && k > 0; begin += kChunk) {
    throw_if_stopped();
    const std::size_t size = std::min(kChunk, ids.size() - begin);
    const at::Tensor rows = at::tensor(at::ArrayRef<std::int64_t>(ids.data() + begin, size));
    const at::Tensor nearest = std::get<1>(
        at::topk(at::matmul(directions.index_select(0, rows), directions.t()) + bias, k));
    const auto table = nearest.accessor<std::int64_t, 2>();
    for (std::size_t i = 0; i < size; ++i) {
      std::vector<std::int32_t>& list = found[static_cast<std::int32_t>(ids[begin + i])];
      for (std::int64_t j = 0; j < k; ++j) {
        const std::int64_t id = table[static_cast<std::int64_t>(i)][j];
        if (id != ids[begin + i] && list.size() < static_cast<std::size_t>(count)) {
          list.push_back(static_cast<std::int32_t>(id));
        }
      }
    }
  }
}

Neighbours neighbours_of(const EncodedTexts& texts, const at::Tensor& embeddings,
                         const std::vector<Kind>& kinds, std::span<const std::int64_t> excluded,
                         std::int64_t count) {
  const at::Tensor rows = embeddings.to(at::kFloat);
  const at::Tensor directions =
      rows / at::linalg_vector_norm(rows, 2, at::IntArrayRef{1}, true).clamp_min(1e-12);
  const std::set<std::int32_t> seen(texts.ids().begin(), texts.ids().end());
  Neighbours found;
  for (const Kind kind : {Kind::kWord, Kind::kContinuation}) {
    std::vector<std::int64_t> ids;
    for (const std::int32_t id : seen) {
      if (kinds[static_cast<std::size_t>(id)] == kind) ids.push_back(id);
    }
    find_neighbours(directions, ids, barred(kinds, kind, excluded), count, found);
  }
  return found;
}

class Varier {
 public:
  Varier(const Neighbours& neighbours, const Tokenizer& tokenizer, std::uint64_t seed)
      : neighbours_(neighbours),
        special_(tokenizer.special_ids().begin(), tokenizer.special_ids().end()),
        random_(seed, "variations") {}

  Encoding operator()(const Encoding& text) {
    const float swapped = random_.uniform();
    const bool crop = random_.uniform() < 0.5f;
    Encoding result;
    for (std::size_t begin = 0; begin < text.ids.size();) {
      std::size_t end = begin;
      while (end < text.ids.size() && !special_.contains(text.ids[end])) ++end;
      auto [first, last] = crop ? part(begin, end) : std::pair(begin, end);
      for (std::size_t i = first; i < last; ++i) append(result, text, i, swapped);
      if (end < text.ids.size()) append(result, text, end, 0);
      begin = end + 1;
    }
    return result;
  }

 private:
  // A stretch of [begin, end) of at least a quarter of its length.
  std::pair<std::size_t, std::size_t> part(std::size_t begin, std::size_t end) {
    const std::size_t length = end - begin;
    const std::size_t least = std::max<std::size_t>(2, length / 4);
    if (length <= least) return {begin, end};
    const std::size_t kept = least + random_.below(length - least + 1);
    const std::size_t first = begin + random_.below(length - kept + 1);
    return {first, first + kept};
  }

  void append(Encoding& result, const Encoding& text, std::size_t place, float swapped) {
    std::int32_t id = text.ids[place];
    if (swapped > 0 && random_.uniform() < swapped) {
      const auto known = neighbours_.find(id);
      if (known != neighbours_.end() && !known->second.empty()) {
        id = known->second[random_.below(known->second.size())];
      }
    }
    result.ids.push_back(id);
    result.type_ids.push_back(text.type_ids[place]);
  }

  const Neighbours& neighbours_;
  std::set<std::int32_t> special_;
  RandomSequence random_;
};

}  // namespace

EncodedTexts vary_texts(const EncodedTexts& texts, const at::Tensor& embeddings,
                        const Tokenizer& tokenizer, std::span<const std::int64_t> excluded,
                        const VariationOptions& options) {
  EncodedTexts varied;
  if (texts.empty()) return varied;
  const std::vector<Kind> kinds = kinds_of_rows(tokenizer, embeddings.size(0));
  const Neighbours neighbours =
      neighbours_of(texts, embeddings, kinds, excluded, options.neighbours);
  Varier vary(neighbours, tokenizer, options.seed);
  for (std::size_t i = 0; i < options.count; ++i) varied.push_back(vary(texts[i % texts.size()]));
  return varied;
}

void remove_pieces(EncodedTexts& texts, std::span<const std::int32_t> pieces) {
  if (pieces.empty()) return;
  EncodedTexts result;
  for (std::size_t text = 0; text < texts.size(); ++text) {
    const auto ids = texts.ids(text);
    for (std::size_t i = 0; i < ids.size(); ++i) {
      if (std::ranges::find(pieces, ids[i]) != pieces.end()) continue;
      result.extend(ids.subspan(i, 1), texts.type_ids(text)[i]);
    }
    result.end_text();
  }
  texts = std::move(result);
}

void insert_pieces(EncodedTexts& texts, std::span<const std::int32_t> pieces, double share,
                   const Tokenizer& tokenizer, std::size_t max_length, std::uint64_t seed) {
  if (pieces.empty()) return;
  RandomSequence random(seed, "inserted pieces");
  EncodedTexts result;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    Encoding text = texts[i];
    if (random.uniform() < share) {
      text = with_room(text, tokenizer, max_length);
      const std::size_t length = text.ids.size();
      if (length >= 2 && length < max_length) {
        const std::int32_t id = pieces[random.below(pieces.size())];
        text = with_piece(text, 1 + random.below(length - 1), id);
      }
    }
    result.push_back(text);
  }
  texts = std::move(result);
}

}  // namespace finemix
