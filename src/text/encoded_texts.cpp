#include "finemix/text/encoded_texts.h"

#include <string>

#include "finemix/core/error.h"

namespace finemix {

Encoding EncodedTexts::operator[](std::size_t text) const {
  const auto own_ids = ids(text);
  const auto own_types = type_ids(text);
  return {{own_ids.begin(), own_ids.end()}, {own_types.begin(), own_types.end()}};
}

void EncodedTexts::push_back(std::span<const std::int32_t> ids,
                             std::span<const std::uint8_t> type_ids) {
  if (ids.size() != type_ids.size()) {
    throw Error(ErrorKind::kInternal, "EncodedTexts::push_back: " + std::to_string(ids.size()) +
                                          " ids, but " + std::to_string(type_ids.size()) +
                                          " type ids");
  }
  ids_.insert(ids_.end(), ids.begin(), ids.end());
  type_ids_.insert(type_ids_.end(), type_ids.begin(), type_ids.end());
  end_text();
}

void EncodedTexts::append(const EncodedTexts& other) {
  const std::size_t before = ids_.size();
  ids_.insert(ids_.end(), other.ids_.begin(), other.ids_.end());
  type_ids_.insert(type_ids_.end(), other.type_ids_.begin(), other.type_ids_.end());
  for (std::size_t text = 0; text < other.size(); ++text) {
    offsets_.push_back(before + other.offsets_[text + 1]);
  }
}

void EncodedTexts::extend(std::span<const std::int32_t> ids, std::uint8_t type_id) {
  ids_.insert(ids_.end(), ids.begin(), ids.end());
  type_ids_.resize(ids_.size(), type_id);
}

void EncodedTexts::reserve(std::size_t texts, std::size_t ids) {
  ids_.reserve(ids);
  type_ids_.reserve(ids);
  offsets_.reserve(texts + 1);
}

}  // namespace finemix
