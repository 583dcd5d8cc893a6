#include "model/cpu_bf16.h"

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace finemix {
namespace {

#if defined(__x86_64__)
// Whether the operating system saves AMX's tiles: CPUID alone tells only that the CPU has them.
bool tiles_are_saved() {
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
  constexpr unsigned kOsxsave = 1u << 27;  // leaf 1, ecx
  if (!__get_cpuid(1, &eax, &ebx, &ecx, &edx) || (ecx & kOsxsave) == 0) return false;
  constexpr unsigned kTileState = 3u << 17;
  unsigned low = 0, high = 0;
  __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (low & kTileState) == kTileState;
}
#endif

CpuFeatures features_here() {
  CpuFeatures features;
#if defined(__x86_64__)
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
  constexpr unsigned kAmxBf16 = 1u << 22;    // leaf 7.0, edx
  constexpr unsigned kAvx512Bf16 = 1u << 5;  // leaf 7.1, eax
  // x86-64-v4 says that the operating system saves the wide registers.
  if (!__builtin_cpu_supports("x86-64-v4")) return features;
  features.intel = __builtin_cpu_is("intel");
  features.amx_bf16 = __get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) != 0 &&
                      (edx & kAmxBf16) != 0 && tiles_are_saved();
  features.avx512_bf16 =
      __get_cpuid_count(7, 1, &eax, &ebx, &ecx, &edx) != 0 && (eax & kAvx512Bf16) != 0;
#endif
  return features;
}

}  // namespace

CpuBf16 bf16_of(const CpuFeatures& features) {
  if (features.amx_bf16) return CpuBf16::kAmx;
  if (!features.avx512_bf16) return CpuBf16::kNone;
  return features.intel ? CpuBf16::kAvx512Half : CpuBf16::kAvx512;
}

CpuBf16 cpu_bf16() {
  static const CpuBf16 here = bf16_of(features_here());
  return here;
}

}  // namespace finemix
