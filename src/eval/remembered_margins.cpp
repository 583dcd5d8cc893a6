#include "eval/remembered_margins.h"

#include <ATen/ops/from_blob.h>

#include <utility>

namespace finemix {
namespace {

constexpr std::size_t kMostRows = 1'000'000;  // some 200 MB

// What tells a text apart.
std::string key(const EncodedTexts& texts, std::size_t text) {
  std::string bytes;
  const auto add = [&bytes](std::span<const std::byte> part) {
    bytes.append(reinterpret_cast<const char*>(part.data()), part.size());
  };
  add(std::as_bytes(texts.ids(text)));
  add(std::as_bytes(texts.type_ids(text)));
  return bytes;
}

}  // namespace

at::Tensor RememberedMargins::operator()(std::span<const Phrase> phrases,
                                         std::span<const InsertionSlot> slots) {
  if (rows_.size() > kMostRows) {
    rows_.clear();
    logits_.clear();
  }
  const EncodedTexts texts = with_phrases(phrases, slots);
  std::unordered_map<std::string, std::size_t> added;
  EncodedTexts unknown;
  std::vector<std::size_t> rows;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    std::string text = key(texts, i);
    if (const auto known = rows_.find(text); known != rows_.end()) {
      rows.push_back(known->second);
      continue;
    }
    const auto [row, is_new] = added.try_emplace(std::move(text), rows_.size() + added.size());
    if (is_new) unknown.append(texts, i);
    rows.push_back(row->second);
  }
  if (!unknown.empty()) {
    const at::Tensor logits = model_(unknown).contiguous();  // may throw: nothing is known yet
    const auto* first = logits.const_data_ptr<float>();
    logits_.insert(logits_.end(), first, first + logits.numel());
    rows_.merge(added);
  }
  const std::int64_t labels = model_.model().config().num_labels;
  const at::Tensor all =
      at::from_blob(logits_.data(), {static_cast<std::int64_t>(rows_.size()), labels}, at::kFloat);
  return label_margins(all.index_select(0, to_index(rows)))
      .view({static_cast<std::int64_t>(phrases.size()), static_cast<std::int64_t>(slots.size()),
             labels});
}

}  // namespace finemix
