#include "finemix/io/tensor_file.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <string>
#include <tuple>
#include <utility>

#include "finemix/core/error.h"
#include "finemix/core/quote.h"
#include "finemix/core/stop.h"
#include "io/strided.h"

namespace finemix {
namespace {

constexpr std::size_t kChunkBytes = 64 << 10;

[[noreturn]] void refuse(const std::filesystem::path& path, const std::string& found) {
  throw Error(ErrorKind::kMalformed, printable(path.native()) + ": " + found);
}

std::vector<std::size_t> sorted_by_name(const std::filesystem::path& path,
                                        const std::vector<TensorInfo>& tensors) {
  const auto name = [&](std::size_t i) -> const std::string& { return tensors[i].name; };
  std::vector<std::size_t> order(tensors.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return name(a) < name(b); });
  const auto twice = std::adjacent_find(
      order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return name(a) == name(b); });
  if (twice != order.end()) {
    refuse(path, "tensor " + quote(name(*twice)) + " occurs twice, expected it once");
  }
  return order;
}

void check_booleans(const std::filesystem::path& path, const TensorInfo& info,
                    std::span<const std::byte> bytes) {
  const auto wrong =
      std::find_if(bytes.begin(), bytes.end(), [](std::byte byte) { return byte > std::byte{1}; });
  if (wrong != bytes.end()) {
    refuse(path, "tensor " + quote(info.name) + " of BOOL holds byte " +
                     std::to_string(std::to_integer<int>(*wrong)) + ", expected 0 or 1");
  }
}

}  // namespace

void TensorFile::hold(std::vector<TensorInfo> tensors) {
  tensors_ = std::move(tensors);
  std::sort(tensors_.begin(), tensors_.end(), [](const TensorInfo& a, const TensorInfo& b) {
    return std::tie(a.offset, a.bytes, a.name) < std::tie(b.offset, b.bytes, b.name);
  });
  by_name_ = sorted_by_name(path(), tensors_);

  gathered_ = std::make_shared<GatheredTensor>();

  // Each byte once, however many tensors share it.
  std::array<std::byte, kChunkBytes> chunk;
  std::uint64_t checked = 0;
  for (const TensorInfo& tensor : tensors_) {
    if (tensor.dtype != DType::kBool) continue;
    const std::uint64_t end = tensor.offset + tensor.reach();
    for (checked = std::max(checked, tensor.offset); checked < end;) {
      throw_if_stopped();
      const std::span part =
          std::span(chunk).first(std::min<std::uint64_t>(chunk.size(), end - checked));
      file_.read(checked, part);
      check_booleans(path(), tensor, part);
      checked += part.size();
    }
  }
}

const TensorInfo* TensorFile::find(std::string_view name) const {
  const auto found =
      std::lower_bound(by_name_.begin(), by_name_.end(), name,
                       [&](std::size_t i, std::string_view key) { return tensors_[i].name < key; });
  if (found == by_name_.end() || tensors_[*found].name != name) return nullptr;
  return &tensors_[*found];
}

void TensorFile::read(const TensorInfo& info, std::span<std::byte> out) const {
  if (out.size() != info.bytes) {
    throw Error(ErrorKind::kInternal, "tensor " + quote(info.name) + " has " +
                                          std::to_string(info.bytes) + " bytes, but " +
                                          std::to_string(out.size()) + " are to be read");
  }
  read(info, 0, out);
}

void TensorFile::read(const TensorInfo& info, std::uint64_t offset,
                      std::span<std::byte> out) const {
  if (offset > info.bytes || out.size() > info.bytes - offset) {
    throw Error(ErrorKind::kInternal, "tensor " + quote(info.name) + " has " +
                                          std::to_string(info.bytes) + " bytes, but " +
                                          std::to_string(out.size()) + " are to be read from " +
                                          std::to_string(offset));
  }
  if (info.strides.empty()) {
    file_.read(info.offset + offset, out);
  } else {
    gathered_->read(file_, info, offset, out);
  }
  // Again, though they were checked on opening: these bytes are the ones that are used.
  if (info.dtype == DType::kBool) check_booleans(path(), info, out);
}

void TensorFile::read_ahead(const TensorInfo& info, std::uint64_t offset,
                            std::uint64_t bytes) const {
  if (info.strides.empty()) file_.read_ahead(info.offset + offset, bytes);
}

}  // namespace finemix
