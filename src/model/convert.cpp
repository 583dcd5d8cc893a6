#include "finemix/model/convert.h"

#include <c10/util/BFloat16.h>
#include <c10/util/Half.h>

#include <cstdint>
#include <cstring>
#include <type_traits>

#include "finemix/core/error.h"

namespace finemix {
namespace {

// Calls body with a value of the type that stands for `dtype`.
template <typename Body>
void with_type(DType dtype, const Body& body) {
  switch (dtype) {
    case DType::kF32:
      return body(float{});
    case DType::kF16:
      return body(c10::Half{});
    case DType::kBF16:
      return body(c10::BFloat16{});
    case DType::kF64:
      return body(double{});
    default:
      throw Error(ErrorKind::kInternal,
                  "convert: dtype " + std::string(dtype_name(dtype)) + " is no floating-point one");
  }
}

}  // namespace

bool is_floating(DType dtype) {
  return dtype == DType::kF32 || dtype == DType::kF16 || dtype == DType::kBF16 ||
         dtype == DType::kF64;
}

void convert(DType from, std::span<const std::byte> in, DType to, std::span<std::byte> out) {
  if (from == to) {
    std::memcpy(out.data(), in.data(), in.size());
    return;
  }
  with_type(from, [&](auto source) {
    with_type(to, [&](auto target) {
      using Source = decltype(source);
      using Target = decltype(target);
      const auto* values = reinterpret_cast<const Source*>(in.data());
      auto* results = reinterpret_cast<Target*>(out.data());
      const std::size_t count = out.size() / sizeof(Target);
      for (std::size_t i = 0; i < count; ++i) {
        // By way of fp32, as models are in memory.
        results[i] = static_cast<Target>(static_cast<float>(values[i]));
      }
    });
  });
}

}  // namespace finemix
