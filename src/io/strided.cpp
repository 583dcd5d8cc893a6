#include "io/strided.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "finemix/core/error.h"
#include "finemix/core/quote.h"

namespace finemix {
namespace {

constexpr std::uint64_t kPieceElements = 64 << 10;
constexpr std::uint64_t kWindowBytes = 64 << 10;
// What is read and not wanted costs less than another read does, up to about so much.
constexpr std::uint64_t kGapBytes = 1 << 10;

// An element that is wanted: where its bytes lie, and where they go.
struct Element {
  std::uint64_t from;  // bytes from the start of the file
  std::uint64_t to;    // bytes from the start of the piece
};

// Those with row-major places [begin, begin + count) in the tensor.
void list_elements(const TensorInfo& info, std::uint64_t begin, std::uint64_t count,
                   std::vector<Element>& elements) {
  const std::uint64_t width = dtype_size(info.dtype);
  std::vector<std::uint64_t> index(info.shape.size());
  std::uint64_t from = 0;
  for (std::size_t d = index.size(); d-- > 0;) {
    const auto size = static_cast<std::uint64_t>(info.shape[d]);
    index[d] = begin % size;
    begin /= size;
    from += index[d] * static_cast<std::uint64_t>(info.strides[d]);
  }
  elements.clear();
  for (std::uint64_t i = 0; i < count; ++i) {
    elements.push_back({info.offset + from * width, i * width});
    for (std::size_t d = index.size(); d-- > 0;) {
      const auto stride = static_cast<std::uint64_t>(info.strides[d]);
      from += stride;
      if (++index[d] < static_cast<std::uint64_t>(info.shape[d])) break;
      from -= index[d] * stride;
      index[d] = 0;
    }
  }
}

}  // namespace

void read_strided(const InputFile& file, const TensorInfo& info, std::uint64_t offset,
                  std::span<std::byte> out) {
  const std::uint64_t width = dtype_size(info.dtype);
  if (offset % width != 0 || out.size() % width != 0) {
    throw Error(ErrorKind::kInternal,
                "part of an element of tensor " + quote(info.name) + " is to be read");
  }
  std::vector<Element> elements;
  std::vector<std::byte> window;
  for (std::uint64_t begin = offset / width; !out.empty();) {
    const std::uint64_t count = std::min<std::uint64_t>(kPieceElements, out.size() / width);
    list_elements(info, begin, count, elements);
    // In the order of the file, so that one read fetches many.
    std::sort(elements.begin(), elements.end(),
              [](const Element& a, const Element& b) { return a.from < b.from; });
    for (std::size_t i = 0; i < elements.size();) {
      const std::uint64_t from = elements[i].from;
      std::size_t end = i + 1;
      while (end < elements.size() && elements[end].from - elements[end - 1].from <= kGapBytes &&
             elements[end].from + width - from <= kWindowBytes) {
        ++end;
      }
      window.resize(elements[end - 1].from + width - from);
      file.read(from, window);
      for (; i < end; ++i) {
        std::memcpy(&out[elements[i].to], &window[elements[i].from - from], width);
      }
    }
    out = out.subspan(count * width);
    begin += count;
  }
}

}  // namespace finemix
