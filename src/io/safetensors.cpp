#include "finemix/io/safetensors.h"

#include <algorithm>
#include <array>
#include <bit>
#include <numeric>
#include <tuple>

#include "finemix/core/error.h"
#include "finemix/core/quote.h"
#include "finemix/core/stop.h"
#include "finemix/io/safetensors_writer.h"
#include "io/safetensors_header.h"

namespace finemix {
namespace {

static_assert(std::endian::native == std::endian::little,
              "the format's bytes are used as they are");

constexpr std::uint64_t kMaxHeaderBytes = 100'000'000;
constexpr std::size_t kChunkBytes = 64 << 10;

[[noreturn]] void refuse(const std::filesystem::path& path, const std::string& found) {
  throw Error(ErrorKind::kMalformed, printable(path.native()) + ": " + found);
}

std::string read_header(const InputFile& file) {
  std::array<std::uint8_t, kSafetensorsPrefixBytes> prefix{};
  if (file.size() < prefix.size()) {
    refuse(file.path(),
           std::to_string(file.size()) +
               " bytes, expected at least the 8 of a safetensors file's header length");
  }
  file.read(0, std::as_writable_bytes(std::span(prefix)));
  const auto length = std::bit_cast<std::uint64_t>(prefix);
  const std::uint64_t limit = std::min(kMaxHeaderBytes, file.size() - prefix.size());
  if (length > limit) {
    refuse(file.path(), "header of " + std::to_string(length) + " bytes, expected at most " +
                            std::to_string(limit) + ": cut short, or not a safetensors file");
  }
  std::string text(length, '\0');
  file.read(prefix.size(), std::as_writable_bytes(std::span(text)));
  if (!text.starts_with('{')) {
    refuse(file.path(), "the header begins with " + quote(text.substr(0, 1)) +
                            ", expected '{': not a safetensors file");
  }
  return text;
}

// Sorts by place in the data section, and checks that the tensors fill it without hole or overlap.
void check_layout(const std::filesystem::path& path, std::vector<TensorInfo>& tensors,
                  std::uint64_t data_bytes) {
  std::sort(tensors.begin(), tensors.end(), [](const TensorInfo& a, const TensorInfo& b) {
    return std::tie(a.offset, a.bytes, a.name) < std::tie(b.offset, b.bytes, b.name);
  });
  std::uint64_t end = 0;
  for (const TensorInfo& tensor : tensors) {
    if (tensor.offset != end) {
      refuse(path, "tensor " + quote(tensor.name) + " begins at byte " +
                       std::to_string(tensor.offset) + " of the data, expected " +
                       std::to_string(end) + ": " +
                       (tensor.offset < end ? "it overlaps another" : "there is a hole before it"));
    }
    end += tensor.bytes;
  }
  if (end != data_bytes) {
    refuse(path, "the tensors end at byte " + std::to_string(end) + " of the data, expected " +
                     std::to_string(data_bytes) + ", the end of the file");
  }
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

SafetensorsReader::SafetensorsReader(const std::filesystem::path& path, Links links)
    : file_(path, links) {
  const std::string text = read_header(file_);
  const std::uint64_t data_begin = kSafetensorsPrefixBytes + text.size();
  const std::uint64_t data_bytes = file_.size() - data_begin;
  SafetensorsHeader header = parse_safetensors_header(text, path.native(), data_bytes);
  tensors_ = std::move(header.tensors);
  metadata_ = std::move(header.metadata);
  check_layout(path, tensors_, data_bytes);
  by_name_ = sorted_by_name(path, tensors_);

  std::array<std::byte, kChunkBytes> chunk;
  for (TensorInfo& tensor : tensors_) {
    tensor.offset += data_begin;
    if (tensor.dtype != DType::kBool) continue;
    for (std::uint64_t done = 0; done < tensor.bytes; done += chunk.size()) {
      throw_if_stopped();
      const auto part =
          std::span(chunk).first(std::min<std::uint64_t>(chunk.size(), tensor.bytes - done));
      file_.read(tensor.offset + done, part);
      check_booleans(path, tensor, part);
    }
  }
}

const TensorInfo* SafetensorsReader::find(std::string_view name) const {
  const auto found =
      std::lower_bound(by_name_.begin(), by_name_.end(), name,
                       [&](std::size_t i, std::string_view key) { return tensors_[i].name < key; });
  if (found == by_name_.end() || tensors_[*found].name != name) return nullptr;
  return &tensors_[*found];
}

void SafetensorsReader::read(const TensorInfo& info, std::span<std::byte> out) const {
  if (out.size() != info.bytes) {
    throw Error(ErrorKind::kInternal, "tensor " + quote(info.name) + " has " +
                                          std::to_string(info.bytes) + " bytes, but " +
                                          std::to_string(out.size()) + " are to be read");
  }
  read(info, 0, out);
}

void SafetensorsReader::read(const TensorInfo& info, std::uint64_t offset,
                             std::span<std::byte> out) const {
  if (offset > info.bytes || out.size() > info.bytes - offset) {
    throw Error(ErrorKind::kInternal, "tensor " + quote(info.name) + " has " +
                                          std::to_string(info.bytes) + " bytes, but " +
                                          std::to_string(out.size()) + " are to be read from " +
                                          std::to_string(offset));
  }
  file_.read(info.offset + offset, out);
  // Again, though they were checked on opening: these bytes are the ones that are used.
  if (info.dtype == DType::kBool) check_booleans(path(), info, out);
}

void write_safetensors(const std::filesystem::path& path, std::span<const TensorBytes> tensors,
                       const std::map<std::string, std::string>& metadata) {
  std::vector<TensorInfo> infos;
  std::map<std::string_view, const TensorBytes*> by_name;
  for (const TensorBytes& tensor : tensors) {
    if (tensor_bytes(tensor.dtype, tensor.shape) != tensor.bytes.size()) {
      throw Error(ErrorKind::kInternal, "tensor " + quote(tensor.name) + " cannot be written: " +
                                            std::to_string(tensor.bytes.size()) +
                                            " bytes are not what its shape and dtype take");
    }
    infos.push_back({tensor.name, tensor.dtype, tensor.shape});
    by_name.emplace(tensor.name, &tensor);
  }
  const SafetensorsPlan plan = plan_safetensors(std::move(infos), metadata);
  SafetensorsWriter writer(path, plan);
  for (const TensorInfo& info : plan.tensors) writer.write(by_name.at(info.name)->bytes);
  writer.finish();
}

}  // namespace finemix
