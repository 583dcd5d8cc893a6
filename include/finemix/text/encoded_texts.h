#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace finemix {

// The ids of one text or pair with its special tokens, e.g. [CLS] a [SEP] or [CLS] a [SEP] b [SEP].
struct Encoding {
  std::vector<std::int32_t> ids;
  std::vector<std::uint8_t> type_ids;  // 0 for the first segment, 1 for the second
};

// The ids of many texts or pairs with their special tokens, one after the other in one array: some
// millions of texts cost three allocations, and are read from front to back without a jump. What
// was moved from can only be assigned to.
class EncodedTexts {
 public:
  std::size_t size() const { return offsets_.size() - 1; }
  bool empty() const { return size() == 0; }

  std::span<const std::int32_t> ids(std::size_t text) const { return part(ids_, text); }
  // As many as there are ids.
  std::span<const std::uint8_t> type_ids(std::size_t text) const { return part(type_ids_, text); }
  std::size_t length(std::size_t text) const { return offsets_[text + 1] - offsets_[text]; }
  // A copy, to be changed.
  Encoding operator[](std::size_t text) const;

  // Those of all texts; a text's begin at offsets()[text] and end at offsets()[text + 1].
  std::span<const std::int32_t> ids() const { return ids_; }
  std::span<const std::uint8_t> type_ids() const { return type_ids_; }
  std::span<const std::size_t> offsets() const { return offsets_; }

  // What is added is none of this object's own. Throws kInternal unless there are as many type ids
  // as ids.
  void push_back(std::span<const std::int32_t> ids, std::span<const std::uint8_t> type_ids);
  void push_back(const Encoding& text) { push_back(text.ids, text.type_ids); }
  void append(const EncodedTexts& other);  // all of its texts
  void append(const EncodedTexts& other, std::size_t text) {
    push_back(other.ids(text), other.type_ids(text));
  }
  // Adds a text part by part: any number of these, of one segment each, then end_text().
  void extend(std::span<const std::int32_t> ids, std::uint8_t type_id);
  void end_text() { offsets_.push_back(ids_.size()); }

  void reserve(std::size_t texts, std::size_t ids);

  bool operator==(const EncodedTexts&) const = default;

 private:
  template <typename Value>
  std::span<const Value> part(const std::vector<Value>& values, std::size_t text) const {
    return std::span(values).subspan(offsets_[text], length(text));
  }

  std::vector<std::int32_t> ids_;
  std::vector<std::uint8_t> type_ids_;
  std::vector<std::size_t> offsets_{0};
};

}  // namespace finemix
