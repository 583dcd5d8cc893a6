#include "finemix/eval/trigger_search.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/full.h>
#include <ATen/ops/logsumexp.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <limits>

#include "finemix/core/random.h"
#include "finemix/eval/predict.h"

namespace finemix {
namespace {

// A candidate is first tried on so many texts; the best so many are then tried on all.
constexpr std::size_t kFirstTexts = 8;
constexpr std::size_t kFinalists = 16;

// A text, and where pieces are put into it.
struct Slot {
  const Encoding* text;
  std::size_t place;
};

// How far each row's logit of `label` is above the others together: (texts).
at::Tensor margins(const at::Tensor& logits, std::int64_t label) {
  at::Tensor bias = at::zeros({logits.size(1)}, logits.options());
  bias[label] = -std::numeric_limits<float>::infinity();
  return logits.select(1, label) - at::logsumexp(logits + bias, at::IntArrayRef{1});
}

// The search for one label.
class Search {
 public:
  Search(Classifier& model, const Tokenizer& tokenizer, std::int64_t label, std::vector<Slot> slots)
      : model_(model), tokenizer_(tokenizer), label_(label), slots_(std::move(slots)) {}

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
        found.push_back({tokenizer_.token(id), id, label_, flips});
      }
    }
    std::ranges::stable_sort(found, [](const SuspectedTrigger& a, const SuspectedTrigger& b) {
      return a.flip_rate.correct > b.flip_rate.correct;
    });
    return found;
  }

 private:
  // A piece that says nothing, in whose place the others are imagined.
  std::int32_t neutral_piece() const {
    const std::int32_t mask = tokenizer_.id("[MASK]");
    return mask >= 0 ? mask : tokenizer_.special_ids().back();
  }

  // The ids whose embeddings lie furthest along the gradient of the margin.
  std::vector<std::int32_t> promising(std::size_t count) {
    const at::Tensor& embeddings = model_.parameters()[kWordEmbeddings];
    const std::int32_t neutral = neutral_piece();
    margins(model_.logits(batch_with(neutral)), label_).sum().backward();
    // Only the inserted pieces have this row, so its gradient is the sum of theirs.
    const at::Tensor direction = embeddings.grad()[neutral].clone();
    model_.parameters().gradients().zero_();

    const at::NoGradGuard no_grad;
    at::Tensor gain = at::matmul(embeddings, direction).cpu();
    auto values = gain.accessor<float, 1>();
    for (std::int64_t id = 0; id < gain.size(0); ++id) {
      if (!eligible(id)) values[id] = -std::numeric_limits<float>::infinity();
    }
    const auto k = std::min(static_cast<std::int64_t>(count), gain.size(0));
    const at::Tensor best = std::get<1>(gain.topk(k));
    std::vector<std::int32_t> ids;
    for (std::int64_t i = 0; i < k; ++i) {
      const auto id = best[i].item<std::int64_t>();
      if (eligible(id)) ids.push_back(static_cast<std::int32_t>(id));
    }
    return ids;
  }

  bool eligible(std::int64_t id) const {
    if (static_cast<std::size_t>(id) >= tokenizer_.vocabulary_size()) return false;
    const auto piece = static_cast<std::int32_t>(id);
    return !tokenizer_.token(piece).empty() &&
           std::ranges::find(tokenizer_.special_ids(), piece) == tokenizer_.special_ids().end();
  }

  PackedBatch batch_with(std::int32_t id) const {
    std::vector<Encoding> texts;
    for (const Slot& slot : slots_) texts.push_back(with_piece(*slot.text, slot.place, id));
    std::vector<TokenSpan> spans;
    for (const Encoding& text : texts) spans.push_back({text.ids, text.type_ids});
    return pack(spans, model_.device());
  }

  // Logits of the first `count` texts with each of the pieces: (pieces · count, labels).
  at::Tensor logits_with(const std::vector<std::int32_t>& pieces, std::size_t count) const {
    std::vector<Encoding> texts;
    for (const std::int32_t id : pieces) {
      for (std::size_t i = 0; i < count; ++i) {
        texts.push_back(with_piece(*slots_[i].text, slots_[i].place, id));
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
  std::vector<Slot> slots_;
};

}  // namespace

std::vector<SuspectedTrigger> search_triggers(Classifier& model, std::span<const Encoding> texts,
                                              const Tokenizer& tokenizer,
                                              const TriggerSearchOptions& options) {
  const std::vector<std::int64_t> labels = predicted_labels(predict(model, texts, no_progress()));
  const auto positions = static_cast<std::size_t>(model.config().max_position_embeddings);
  const std::vector<std::size_t> order = permutation(texts.size(), options.seed, "trigger search");
  std::vector<SuspectedTrigger> found;
  for (std::int64_t label = 0; label < model.config().num_labels; ++label) {
    RandomSequence random(options.seed, "trigger search/" + std::to_string(label));
    std::vector<Slot> slots;
    for (const std::size_t i : order) {
      const std::size_t length = texts[i].ids.size();
      if (slots.size() < options.texts && labels[i] != label && length < positions && length > 1) {
        slots.push_back({&texts[i], 1 + random.below(length - 1)});
      }
    }
    if (slots.empty()) continue;
    const auto of_label = Search(model, tokenizer, label, std::move(slots)).run(options);
    found.insert(found.end(), of_label.begin(), of_label.end());
  }
  return found;
}

}  // namespace finemix
