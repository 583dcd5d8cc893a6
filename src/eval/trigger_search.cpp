#include "finemix/eval/trigger_search.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/logsumexp.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>

#include <algorithm>
#include <limits>

#include "finemix/core/random.h"
#include "finemix/eval/predict.h"

namespace finemix {
namespace {

// With fewer texts some ordinary word moves most of them by chance.
constexpr std::size_t kFewestTexts = 8;
// Tokens that gradients are taken of at a time.
constexpr std::size_t kGradientTokens = 2048;
// A candidate is first tried on so many texts; the best so many are then tried on all.
constexpr std::size_t kFirstTexts = 4;
constexpr std::size_t kFinalists = 16;

// A text, and where pieces are put into it.
struct Slot {
  Encoding text;
  std::size_t place;
};

// How far each row's logit of `label` is above the others together: (texts).
at::Tensor margins(const at::Tensor& logits, std::int64_t label) {
  at::Tensor bias = at::zeros({logits.size(1)}, logits.options());
  bias[label] = -std::numeric_limits<float>::infinity();
  return logits.select(1, label) - at::logsumexp(logits + bias, at::IntArrayRef{1});
}

// The gradient of the margins' sum with respect to the logits.
at::Tensor margin_gradients(const at::Tensor& logits, std::int64_t label) {
  at::Tensor others = logits.clone();
  others.select(1, label).fill_(-std::numeric_limits<float>::infinity());
  at::Tensor gradient = -at::softmax(others, 1);
  gradient.select(1, label).fill_(1.0);
  return gradient;
}

// The search for one label.
class Search {
 public:
  Search(Classifier& model, const Tokenizer& tokenizer, std::int64_t label,
         std::span<const std::int32_t> absent, std::vector<Slot> slots)
      : model_(model),
        tokenizer_(tokenizer),
        label_(label),
        absent_(absent),
        slots_(std::move(slots)) {}

  std::vector<SuspectedTrigger> run(const TriggerSearchOptions& options) {
    std::vector<std::int32_t> pieces = promising(options.candidates);
    const std::vector<double> first = tried(pieces, std::min(kFirstTexts, slots_.size()));
    std::vector<std::size_t> order(pieces.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::ranges::stable_sort(order,
                             [&](std::size_t a, std::size_t b) { return first[a] > first[b]; });
    order.resize(std::min(order.size(), kFinalists));

    std::vector<SuspectedTrigger> found;
    for (const std::size_t i : order) {
      const std::int32_t id = pieces[i];
      const std::vector<std::int64_t> labels = predicted_labels(logits_with({id}, slots_.size()));
      const auto moved = static_cast<std::uint64_t>(std::ranges::count(labels, label_));
      const Rate flips = wilson_rate(moved, labels.size());
      if (flips.value >= options.flip_rate) {
        found.push_back(
            {.text = shown(id), .ids = {id}, .target_label = label_, .flip_rate = flips});
      }
    }
    std::ranges::stable_sort(found, [](const SuspectedTrigger& a, const SuspectedTrigger& b) {
      return a.flip_rate.correct > b.flip_rate.correct;
    });
    return found;
  }

 private:
  // The ids whose embeddings lie furthest along the gradient of the margin.
  std::vector<std::int32_t> promising(std::size_t count) {
    const at::NoGradGuard no_grad;
    const at::Tensor& embeddings = model_.parameters()[kWordEmbeddings];
    at::Tensor direction = at::zeros_like(embeddings[0]);
    for (std::size_t begin = 0, end = 0; begin < slots_.size(); begin = end) {
      std::size_t tokens = 0;
      do tokens += slots_[end++].text.ids.size() + 1;
      while (end < slots_.size() && tokens < kGradientTokens);
      model_.backward(
          margin_gradients(model_.forward(filled_batch(begin, end), std::nullopt), label_));
      // Only the pieces that were put in have these rows, so their gradients are those at the
      // slots.
      for (std::size_t i = begin; i < std::min(end, begin + absent_.size()); ++i) {
        direction += model_.parameters().word_gradients().row(filler(i));
      }
    }

    at::Tensor gain = at::matmul(embeddings, direction).cpu();
    auto values = gain.accessor<float, 1>();
    for (std::int64_t id = 0; id < gain.size(0); ++id) {
      if (!is_text_piece(tokenizer_, static_cast<std::int32_t>(id)))
        values[id] = -std::numeric_limits<float>::infinity();
    }
    const auto k = std::min(static_cast<std::int64_t>(count), gain.size(0));
    const at::Tensor best = std::get<1>(gain.topk(k));
    std::vector<std::int32_t> ids;
    for (std::int64_t i = 0; i < k; ++i) {
      const auto id = static_cast<std::int32_t>(best[i].item<std::int64_t>());
      if (is_text_piece(tokenizer_, id)) ids.push_back(id);
    }
    return ids;
  }

  // What stands in a slot while gradients are taken: another piece in each, so that they do not all
  // come from one place of the embedding space.
  std::int32_t filler(std::size_t slot) const { return absent_[slot % absent_.size()]; }

  PackedBatch filled_batch(std::size_t begin, std::size_t end) const {
    EncodedTexts texts;
    for (std::size_t i = begin; i < end; ++i) {
      texts.push_back(with_piece(slots_[i].text, slots_[i].place, filler(i)));
    }
    return pack(texts, model_.device());
  }

  // As somebody would write it; what only goes on with a word, with the mark that says so.
  std::string shown(std::int32_t id) const {
    const PieceText piece = tokenizer_.piece_text(id);
    return piece.continues ? tokenizer_.token(id) : piece.text;
  }

  // Logits of the first `count` texts with each of the pieces: (pieces · count, labels).
  at::Tensor logits_with(const std::vector<std::int32_t>& pieces, std::size_t count) const {
    EncodedTexts texts;
    for (const std::int32_t id : pieces) {
      for (std::size_t i = 0; i < count; ++i) {
        texts.push_back(with_piece(slots_[i].text, slots_[i].place, id));
      }
    }
    return predict(model_, texts, no_progress());
  }

  // The mean margin that each piece gives the first `count` texts.
  std::vector<double> tried(const std::vector<std::int32_t>& pieces, std::size_t count) const {
    const at::Tensor means =
        margins(logits_with(pieces, count), label_)
            .view({static_cast<std::int64_t>(pieces.size()), static_cast<std::int64_t>(count)})
            .mean(1);
    std::vector<double> result;
    for (std::int64_t i = 0; i < means.size(0); ++i) result.push_back(means[i].item<double>());
    return result;
  }

  Classifier& model_;
  const Tokenizer& tokenizer_;
  std::int64_t label_;
  std::span<const std::int32_t> absent_;
  std::vector<Slot> slots_;
};

// Text pieces that stand in none of the texts, in an order drawn by `seed`.
std::vector<std::int32_t> absent_pieces(const EncodedTexts& texts, const Tokenizer& tokenizer,
                                        std::uint64_t seed) {
  std::vector<bool> present(tokenizer.vocabulary_size(), false);
  for (const std::int32_t id : texts.ids()) present[static_cast<std::size_t>(id)] = true;
  std::vector<std::int32_t> absent;
  for (const std::size_t i : permutation(present.size(), seed, "trigger search/absent")) {
    const auto id = static_cast<std::int32_t>(i);
    if (!present[i] && is_text_piece(tokenizer, id)) absent.push_back(id);
  }
  return absent;
}

}  // namespace

std::vector<SuspectedTrigger> search_triggers(Classifier& model, const EncodedTexts& texts,
                                              const Tokenizer& tokenizer,
                                              const TriggerSearchOptions& options,
                                              Progress& progress) {
  std::vector<SuspectedTrigger> found;
  const std::vector<std::int32_t> absent = absent_pieces(texts, tokenizer, options.seed);
  if (absent.empty()) return found;
  const std::vector<std::int64_t> labels = predicted_labels(predict(model, texts, no_progress()));
  const std::vector<std::size_t> order = permutation(texts.size(), options.seed, "trigger search");
  const std::int64_t label_count = model.config().num_labels;
  progress.begin("looking for triggers", static_cast<std::size_t>(label_count), "labels");
  for (std::int64_t label = 0; label < label_count; ++label) {
    RandomSequence random(options.seed, "trigger search/" + std::to_string(label));
    std::vector<Slot> slots;
    for (const std::size_t i : order) {
      if (labels[i] == label || slots.size() == options.texts) continue;
      Encoding text = with_room(texts[i], tokenizer, options.max_length);
      const std::size_t length = text.ids.size();
      if (length < 2 || length >= options.max_length) continue;
      const std::size_t place = 1 + random.below(length - 1);
      slots.push_back({std::move(text), place});
    }
    if (slots.size() >= kFewestTexts) {
      const auto of_label = Search(model, tokenizer, label, absent, std::move(slots)).run(options);
      found.insert(found.end(), of_label.begin(), of_label.end());
    }
    progress.advance(1);
  }
  progress.end();
  return found;
}

}  // namespace finemix
