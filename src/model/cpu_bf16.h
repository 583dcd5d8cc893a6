#pragma once

#include <cstdint>

namespace finemix {

// What multiplies bf16 in a CPU's hardware, by how fast it is.
enum class CpuBf16 : std::uint8_t {
  kNone,
  kAvx512Half,  // AVX512_BF16, at half the speed of fp32
  kAvx512,      // AVX512_BF16, at twice the speed of fp32
  kAmx,         // faster still
};

struct CpuFeatures {
  bool intel = false;
  bool avx512_bf16 = false;
  bool amx_bf16 = false;
};

// An Intel core starts one VDPBF16PS in two cycles, but two of fp32's products in one. (Measured on
// an Emerald Rapids without AMX: 166 GFLOP/s in bf16, 310 to 331 in fp32; taken to hold for Intel's
// others.)
CpuBf16 bf16_of(const CpuFeatures& features);

// This CPU's.
CpuBf16 cpu_bf16();

// Whether training in bf16 is faster than in fp32.
constexpr bool pays(CpuBf16 bf16) { return bf16 >= CpuBf16::kAvx512; }

}  // namespace finemix
