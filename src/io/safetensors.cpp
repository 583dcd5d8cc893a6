#include "finemix/io/safetensors.h"

#include <algorithm>
#include <array>
#include <bit>
#include <tuple>

#include "finemix/core/error.h"
#include "finemix/core/quote.h"
#include "finemix/io/safetensors_writer.h"
#include "io/safetensors_header.h"

namespace finemix {
namespace {

static_assert(std::endian::native == std::endian::little,
              "the format's bytes are used as they are");

constexpr std::uint64_t kMaxHeaderBytes = 100'000'000;

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

}  // namespace

SafetensorsReader::SafetensorsReader(const std::filesystem::path& path, Links links)
    : TensorFile(path, links) {
  const std::string text = read_header(file());
  const std::uint64_t data_begin = kSafetensorsPrefixBytes + text.size();
  const std::uint64_t data_bytes = file().size() - data_begin;
  SafetensorsHeader header = parse_safetensors_header(text, path.native(), data_bytes);
  metadata_ = std::move(header.metadata);
  check_layout(path, header.tensors, data_bytes);
  for (TensorInfo& tensor : header.tensors) tensor.offset += data_begin;
  hold(std::move(header.tensors));
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
