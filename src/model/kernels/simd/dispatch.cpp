#include "finemix/model/simd.h"
#include "model/cpu_bf16.h"

namespace finemix::simd {

std::int64_t attention_scratch(std::int64_t length, std::int64_t head_size) {
  // What attention_backward lays out, the larger of the two, with a block of 32 queries.
  constexpr std::int64_t kBlock = 32;
  const auto padded = [](std::int64_t n) { return (n + 15) / 16 * 16; };
  return 6 * padded(length) * padded(head_size) + 5 * kBlock * padded(head_size) +
         4 * kBlock * padded(length);
}

#if defined(__x86_64__)
#define FINEMIX_TABLES(isa)                \
  namespace isa {                          \
  extern const Kernels<float> table_float; \
  extern const Kernels<Bf16> table_Bf16;   \
  }
FINEMIX_TABLES(baseline)
FINEMIX_TABLES(avx2)
FINEMIX_TABLES(avx512)
FINEMIX_TABLES(avx512bf16)

namespace {

template <typename T>
const Kernels<T>& best(const Kernels<T>& plain, const Kernels<T>& v3, const Kernels<T>& v4,
                       const Kernels<T>& with_bf16) {
  if (__builtin_cpu_supports("x86-64-v4")) {
    return cpu_bf16() == CpuBf16::kAvx512 ? with_bf16 : v4;  // where bf16 is faster than fp32
  }
  return __builtin_cpu_supports("x86-64-v3") ? v3 : plain;
}

}  // namespace

template <>
const Kernels<float>& kernels<float>() {
  static const Kernels<float>& chosen =
      best(baseline::table_float, avx2::table_float, avx512::table_float, avx512bf16::table_float);
  return chosen;
}
template <>
const Kernels<Bf16>& kernels<Bf16>() {
  static const Kernels<Bf16>& chosen =
      best(baseline::table_Bf16, avx2::table_Bf16, avx512::table_Bf16, avx512bf16::table_Bf16);
  return chosen;
}
#else
namespace baseline {
extern const Kernels<float> table_float;
extern const Kernels<Bf16> table_Bf16;
}  // namespace baseline

template <>
const Kernels<float>& kernels<float>() {
  return baseline::table_float;
}
template <>
const Kernels<Bf16>& kernels<Bf16>() {
  return baseline::table_Bf16;
}
#endif

}  // namespace finemix::simd
