#include "io/safetensors_header.h"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <utility>

#include "finemix/core/error.h"
#include "finemix/core/quote.h"
#include "io/json_parse.h"

namespace finemix {
namespace {

// Bounds on what a header can make its reader hold; real files stay far below.
constexpr std::size_t kMaxMetadata = 10'000;
constexpr std::size_t kMaxTextBytes = 32 << 20;  // of all names and metadata together
constexpr std::size_t kMaxDepth = 3;             // header, entry, shape

// Follows the text from the header's `{` to its `}`. Nothing is kept but the result: a document of
// a 100 MB header would take gigabytes.
class HeaderParser : public JsonHandler {
 public:
  HeaderParser(std::string_view object, std::uint64_t data_bytes)
      : JsonHandler(object), data_bytes_(data_bytes) {}

  SafetensorsHeader take() { return std::move(header_); }

  bool null() override { unexpected("null"); }
  bool boolean(bool value) override { unexpected(value ? "true" : "false"); }
  bool number_float(number_float_t, const string_t& text) override { unexpected(text); }
  bool number_integer(number_integer_t value) override { unexpected(std::to_string(value)); }

  bool number_unsigned(number_unsigned_t value) override {
    if (place_ == Place::kShape) {
      if (value > std::numeric_limits<std::int64_t>::max()) unexpected(std::to_string(value));
      if (tensor().shape.size() == kMaxDimensions) {
        refuse("more than " + std::to_string(kMaxDimensions) + " dimensions in 'shape'");
      }
      tensor().shape.push_back(static_cast<std::int64_t>(value));
    } else if (place_ == Place::kOffsets && offset_count_ < offsets_.size()) {
      offsets_[offset_count_++] = value;
    } else {
      unexpected(std::to_string(value));
    }
    return true;
  }

  bool string(string_t& text) override {
    if (place_ == Place::kMetadata) {
      count_text(key_.size() + text.size());
      if (!header_.metadata.emplace(std::move(key_), std::move(text)).second) {
        refuse("a key of the metadata occurs twice, expected it once");
      }
      if (header_.metadata.size() > kMaxMetadata) {
        refuse("more than " + std::to_string(kMaxMetadata) + " entries of metadata");
      }
    } else if (place_ == Place::kTensor && key_ == "dtype") {
      const std::optional<DType> dtype = dtype_of(text);
      if (!dtype) refuse("dtype " + quote(text) + ", expected one of " + dtype_names());
      tensor().dtype = *dtype;
    } else {
      unexpected(quote(text));
    }
    return true;
  }

  bool key(string_t& name) override {
    key_ = std::move(name);
    if (place_ == Place::kTensor) begin_field();
    return true;
  }

  bool start_object(std::size_t) override {
    if (place_ == Place::kStart) {
      place_ = Place::kTop;
    } else if (place_ == Place::kTop && key_ == kSafetensorsMetadataKey) {
      if (std::exchange(metadata_seen_, true)) refuse("occurs twice, expected it once");
      place_ = Place::kMetadata;
    } else if (place_ == Place::kTop) {
      begin_tensor();
    } else {
      unexpected("an object");
    }
    return true;
  }

  bool end_object() override {
    if (place_ == Place::kTensor) end_tensor();
    place_ = Place::kTop;
    return true;
  }

  bool start_array(std::size_t) override {
    if (place_ != Place::kTensor || key_ == "dtype") unexpected("an array");
    place_ = key_ == "shape" ? Place::kShape : Place::kOffsets;
    return true;
  }

  bool end_array() override {
    place_ = Place::kTensor;
    return true;
  }

 private:
  static constexpr std::array<std::string_view, 3> kFields = {"dtype", "shape", "data_offsets"};

  enum class Place { kStart, kTop, kMetadata, kTensor, kShape, kOffsets };

  TensorInfo& tensor() { return header_.tensors.back(); }

  void begin_tensor() {
    if (header_.tensors.size() == kMaxTensors) {
      refuse("one tensor more than the " + std::to_string(kMaxTensors) + " that are allowed");
    }
    const std::string_view fault = name_fault(key_);
    if (!fault.empty()) {
      refuse("the name " + std::string(fault) + ", of tensor " +
             std::to_string(header_.tensors.size() + 1) + " of the header");
    }
    count_text(key_.size());
    header_.tensors.emplace_back().name = std::move(key_);
    fields_seen_ = {};
    offset_count_ = 0;
    place_ = Place::kTensor;
  }

  void begin_field() {
    const auto field = std::find(kFields.begin(), kFields.end(), key_);
    if (field == kFields.end()) {
      refuse("key " + quote(key_) + ", expected only dtype, shape and data_offsets");
    }
    if (std::exchange(fields_seen_[static_cast<std::size_t>(field - kFields.begin())], true)) {
      refuse("key " + quote(key_) + " occurs twice, expected it once");
    }
  }

  void end_tensor() {
    const auto missing = std::find(fields_seen_.begin(), fields_seen_.end(), false);
    if (missing != fields_seen_.end()) {
      const auto field = static_cast<std::size_t>(missing - fields_seen_.begin());
      refuse("key " + quote(kFields[field]) +
             " is missing, expected dtype, shape and data_offsets");
    }
    const auto [begin, end] = offsets_;
    if (offset_count_ != offsets_.size()) {
      refuse("'data_offsets' has " + std::to_string(offset_count_) + " numbers, expected 2");
    }
    if (begin > end || end > data_bytes_) {
      refuse("'data_offsets' go from " + std::to_string(begin) + " to " + std::to_string(end) +
             ", expected a range within the " + std::to_string(data_bytes_) + " bytes of data");
    }
    const std::optional<std::uint64_t> bytes = tensor_bytes(tensor().dtype, tensor().shape);
    if (bytes != end - begin) {
      refuse("shape " + shape_text(tensor().shape) + " of " +
             std::string(dtype_name(tensor().dtype)) + " takes " +
             (bytes ? std::to_string(*bytes) : "over 2^63") + " bytes, but data_offsets give " +
             std::to_string(end - begin));
    }
    tensor().offset = begin;
    tensor().bytes = *bytes;
  }

  void count_text(std::size_t bytes) {
    text_bytes_ += bytes;
    if (text_bytes_ > kMaxTextBytes) {
      refuse("names and metadata of more than " + std::to_string(kMaxTextBytes) + " bytes");
    }
  }

  // The entry that the parser is in, for errors.
  std::string entry() const {
    const bool in_tensor =
        place_ == Place::kTensor || place_ == Place::kShape || place_ == Place::kOffsets;
    if (in_tensor) return "tensor " + quote(header_.tensors.back().name);
    return place_ == Place::kStart ? "header" : "header entry " + quote(key_);
  }

  [[noreturn]] void refuse(const std::string& found) const {
    throw Error(ErrorKind::kMalformed, printable(object()) + ": " + entry() + ": " + found);
  }

  [[noreturn]] void unexpected(const std::string& found) const {
    refuse(printable(found) + ", expected " + std::string(expected()));
  }

  std::string_view expected() const {
    switch (place_) {
      case Place::kMetadata:
        return "a string";
      case Place::kTensor:
        return key_ == "dtype" ? "a string for 'dtype'" : "arrays for 'shape' and 'data_offsets'";
      case Place::kShape:
        return "whole numbers from 0 to 2^63 - 1 in 'shape'";
      case Place::kOffsets:
        return "two whole numbers in 'data_offsets'";
      default:
        return "an object";
    }
  }

  std::uint64_t data_bytes_;
  SafetensorsHeader header_;
  Place place_ = Place::kStart;
  std::string key_;
  std::size_t text_bytes_ = 0;
  bool metadata_seen_ = false;
  std::array<bool, 3> fields_seen_{};
  std::array<std::uint64_t, 2> offsets_{};
  std::size_t offset_count_ = 0;
};

}  // namespace

SafetensorsHeader parse_safetensors_header(std::string_view text, std::string_view object,
                                           std::uint64_t data_bytes) {
  HeaderParser parser(object, data_bytes);
  parse_json_text(text, object, kMaxDepth, parser);
  return parser.take();
}

}  // namespace finemix
