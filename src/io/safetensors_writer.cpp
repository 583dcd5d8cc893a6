#include "finemix/io/safetensors_writer.h"

#include <algorithm>
#include <array>
#include <bit>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "finemix/core/error.h"
#include "finemix/core/quote.h"
#include "finemix/io/json.h"
#include "io/output_file.h"
#include "io/safetensors_header.h"

namespace finemix {
namespace {

[[noreturn]] void refuse_to_write(const TensorInfo& tensor, const std::string& found) {
  throw Error(ErrorKind::kInternal,
              "tensor " + quote(tensor.name) + " cannot be written: " + found);
}

void check_and_size(std::vector<TensorInfo>& tensors) {
  std::set<std::string_view> names;
  for (TensorInfo& tensor : tensors) {
    const std::string_view fault = name_fault(tensor.name);
    if (!fault.empty()) refuse_to_write(tensor, "its name " + std::string(fault));
    if (!names.insert(tensor.name).second) refuse_to_write(tensor, "it is given twice");
    const std::optional<std::uint64_t> bytes = tensor_bytes(tensor.dtype, tensor.shape);
    if (!bytes) refuse_to_write(tensor, "its shape takes over 2^63 bytes");
    tensor.bytes = *bytes;
  }
}

// Widest first: each tensor begins at a multiple of its width, since all before it end at one.
void sort_in_file_order(std::vector<TensorInfo>& tensors) {
  std::sort(tensors.begin(), tensors.end(), [](const TensorInfo& a, const TensorInfo& b) {
    if (dtype_size(a.dtype) != dtype_size(b.dtype))
      return dtype_size(a.dtype) > dtype_size(b.dtype);
    return a.name < b.name;
  });
}

std::string header_text(const std::vector<TensorInfo>& tensors,
                        const std::map<std::string, std::string>& metadata) try {
  std::string text = "{";
  if (!metadata.empty()) {
    text += Json(kSafetensorsMetadataKey).dump() + ":" + Json(metadata).dump();
  }
  std::uint64_t offset = 0;
  for (const TensorInfo& tensor : tensors) {
    const Json entry = {{"dtype", dtype_name(tensor.dtype)},
                        {"shape", tensor.shape},
                        {"data_offsets", {offset, offset + tensor.bytes}}};
    text += (text.size() > 1 ? "," : "") + Json(tensor.name).dump() + ":" + entry.dump();
    offset += tensor.bytes;
  }
  text += "}";
  text.append((8 - text.size() % 8) % 8, ' ');
  return text;
} catch (const nlohmann::json::exception& error) {
  throw Error(ErrorKind::kInternal, std::string("safetensors header: ") + printable(error.what()));
}

}  // namespace

std::uint64_t SafetensorsPlan::file_bytes() const {
  return tensors.empty() ? header.size() : tensors.back().offset + tensors.back().bytes;
}

SafetensorsPlan plan_safetensors(std::vector<TensorInfo> tensors,
                                 const std::map<std::string, std::string>& metadata) {
  check_and_size(tensors);
  sort_in_file_order(tensors);
  const std::string text = header_text(tensors, metadata);
  const auto length = std::bit_cast<std::array<char, kSafetensorsPrefixBytes>>(
      static_cast<std::uint64_t>(text.size()));
  SafetensorsPlan plan{std::string(length.data(), length.size()) + text, std::move(tensors)};
  std::uint64_t offset = plan.header.size();
  for (TensorInfo& tensor : plan.tensors) {
    tensor.offset = offset;
    offset += tensor.bytes;
  }
  return plan;
}

struct SafetensorsWriter::Impl {
  OutputFile file;
  std::uint64_t left;  // bytes of data
};

SafetensorsWriter::SafetensorsWriter(const std::filesystem::path& path, const SafetensorsPlan& plan)
    : impl_(new Impl{OutputFile(path), plan.file_bytes() - plan.header.size()}) {
  impl_->file.write(std::as_bytes(std::span(plan.header)));
}

SafetensorsWriter::~SafetensorsWriter() = default;

void SafetensorsWriter::write(std::span<const std::byte> bytes) {
  if (bytes.size() > impl_->left) {
    throw Error(ErrorKind::kInternal, "safetensors: " + std::to_string(bytes.size()) +
                                          " bytes to write, but room for " +
                                          std::to_string(impl_->left));
  }
  impl_->file.write(bytes);
  impl_->left -= bytes.size();
}

void SafetensorsWriter::finish() {
  if (impl_->left != 0) {
    throw Error(ErrorKind::kInternal,
                "safetensors: " + std::to_string(impl_->left) + " bytes are missing at the end");
  }
  // Here, while it is open: an error of writing is told to this descriptor, perhaps to no later
  // one.
  impl_->file.sync();
  impl_->file.keep();
}

}  // namespace finemix
