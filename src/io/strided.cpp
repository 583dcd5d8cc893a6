#include "io/strided.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "finemix/core/error.h"
#include "finemix/core/quote.h"
#include "finemix/core/stop.h"

namespace finemix {
namespace {

constexpr std::uint64_t kWindowBytes = 256 << 10;

struct Dimension {
  std::uint64_t size;
  std::uint64_t from;  // elements in the file to the next index
  std::uint64_t to;    // elements row-major to the next index
};

// Those that have a next index, the longest stride first. As no two indices mean one element, a
// stride leads past all that the shorter ones reach: the elements are in the order of the file.
std::vector<Dimension> in_file_order(const TensorInfo& info) {
  std::vector<Dimension> dimensions;
  std::uint64_t to = 1;
  for (std::size_t d = info.shape.size(); d-- > 0;) {
    const auto size = static_cast<std::uint64_t>(info.shape[d]);
    if (size > 1) dimensions.push_back({size, static_cast<std::uint64_t>(info.strides[d]), to});
    to *= size;
  }
  std::sort(dimensions.begin(), dimensions.end(),
            [](const Dimension& a, const Dimension& b) { return a.from > b.from; });
  return dimensions;
}

// A stretch of a file, for whoever wants bytes of it in its order.
class Window {
 public:
  Window(const InputFile& file, std::uint64_t end)
      : file_(file), end_(end), buffer_(kWindowBytes) {}

  const std::byte* at(std::uint64_t from, std::uint64_t bytes) {
    if (from + bytes > window_end_) {
      throw_if_stopped();
      window_begin_ = from;
      window_end_ = std::min(end_, from + kWindowBytes);
      file_.read(from, std::span(buffer_).first(window_end_ - from));
    }
    return &buffer_[from - window_begin_];
  }

 private:
  const InputFile& file_;
  const std::uint64_t end_;
  std::uint64_t window_begin_ = 0;
  std::uint64_t window_end_ = 0;
  std::vector<std::byte> buffer_;
};

template <std::size_t width>
void gather(const InputFile& file, const TensorInfo& info, std::byte* out) {
  const std::vector<Dimension> dimensions = in_file_order(info);
  const Dimension inner = dimensions.back();
  std::vector<std::uint64_t> index(dimensions.size() - 1);
  Window window(file, info.offset + info.reach());
  std::uint64_t from = 0;
  std::uint64_t to = 0;
  for (;;) {
    for (std::uint64_t i = 0; i < inner.size; ++i) {
      std::memcpy(out + (to + i * inner.to) * width,
                  window.at(info.offset + (from + i * inner.from) * width, width), width);
    }
    std::size_t d = index.size();
    for (; d-- > 0; index[d] = 0) {
      from += dimensions[d].from;
      to += dimensions[d].to;
      if (++index[d] < dimensions[d].size) break;
      from -= dimensions[d].size * dimensions[d].from;
      to -= dimensions[d].size * dimensions[d].to;
    }
    if (d > index.size()) return;  // went below the first
  }
}

void gather(const InputFile& file, const TensorInfo& info, std::byte* out) {
  switch (dtype_size(info.dtype)) {
    case 1:
      return gather<1>(file, info, out);
    case 2:
      return gather<2>(file, info, out);
    case 4:
      return gather<4>(file, info, out);
    default:
      return gather<8>(file, info, out);
  }
}

}  // namespace

struct GatheredTensor::Whole {
  TensorInfo info;
  std::vector<std::byte> bytes;
};

void GatheredTensor::read(const InputFile& file, const TensorInfo& info, std::uint64_t offset,
                          std::span<std::byte> out) {
  const std::uint64_t width = dtype_size(info.dtype);
  if (offset % width != 0 || out.size() % width != 0) {
    throw Error(ErrorKind::kInternal,
                "part of an element of tensor " + quote(info.name) + " is to be read");
  }
  if (out.size() == info.bytes) return gather(file, info, out.data());

  const std::scoped_lock lock(mutex_);
  const bool held = whole_ != nullptr && whole_->info.offset == info.offset &&
                    whole_->info.shape == info.shape && whole_->info.strides == info.strides;
  if (!held) {
    whole_ = nullptr;  // before the next is there too
    auto whole = std::make_shared<Whole>(Whole{info, std::vector<std::byte>(info.bytes)});
    gather(file, info, whole->bytes.data());
    whole_ = std::move(whole);
  }
  std::copy_n(whole_->bytes.begin() + static_cast<std::ptrdiff_t>(offset), out.size(), out.begin());
}

}  // namespace finemix
