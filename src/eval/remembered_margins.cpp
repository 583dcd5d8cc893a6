#include "eval/remembered_margins.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>

#include <algorithm>

namespace finemix {
namespace {

std::string key(const EncodedTexts& texts, std::size_t text) {
  std::string key;
  const auto add = [&key](std::span<const std::byte> bytes) {
    key.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  };
  add(std::as_bytes(texts.ids(text)));
  add(std::as_bytes(texts.type_ids(text)));
  return key;
}

}  // namespace

at::Tensor RememberedMargins::operator()(std::span<const Phrase> phrases,
                                         std::span<const InsertionSlot> slots) {
  const auto labels = static_cast<std::size_t>(model_.model().config().num_labels);
  const EncodedTexts texts = with_phrases(phrases, slots);
  EncodedTexts unknown;
  std::vector<std::size_t> rows;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const auto [known, is_new] = rows_.try_emplace(key(texts, i), rows_.size());
    if (is_new) unknown.append(texts, i);
    rows.push_back(known->second);
  }
  if (!unknown.empty()) {
    const at::Tensor logits = model_(unknown).contiguous();
    const auto* first = logits.const_data_ptr<float>();
    logits_.insert(logits_.end(), first, first + logits.numel());
  }
  const at::Tensor all = at::from_blob(
      logits_.data(), {static_cast<std::int64_t>(rows_.size()), static_cast<std::int64_t>(labels)});
  return label_margins(all.index_select(0, to_index(rows)))
      .view({static_cast<std::int64_t>(phrases.size()), static_cast<std::int64_t>(slots.size()),
             static_cast<std::int64_t>(labels)});
}

}  // namespace finemix
