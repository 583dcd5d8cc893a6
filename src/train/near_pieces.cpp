#include "finemix/train/near_pieces.h"

#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/topk.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <limits>
#include <set>

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
void find_near(const at::Tensor& directions, const std::vector<std::int64_t>& ids,
               const at::Tensor& bias, std::int64_t count, NearPieces& found) {
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

}  // namespace

NearPieces near_pieces(std::span<const std::int32_t> ids, const at::Tensor& embeddings,
                       const Tokenizer& tokenizer, std::span<const std::int64_t> excluded,
                       std::int64_t count) {
  const std::vector<Kind> kinds = kinds_of_rows(tokenizer, embeddings.size(0));
  const at::Tensor rows = embeddings.to(at::kFloat);
  const at::Tensor directions =
      rows / at::linalg_vector_norm(rows, 2, at::IntArrayRef{1}, true).clamp_min(1e-12);
  const std::set<std::int32_t> wanted(ids.begin(), ids.end());
  NearPieces found;
  for (const Kind kind : {Kind::kWord, Kind::kContinuation}) {
    std::vector<std::int64_t> of_kind;
    for (const std::int32_t id : wanted) {
      if (kinds[static_cast<std::size_t>(id)] == kind) of_kind.push_back(id);
    }
    find_near(directions, of_kind, barred(kinds, kind, excluded), count, found);
  }
  return found;
}

}  // namespace finemix
