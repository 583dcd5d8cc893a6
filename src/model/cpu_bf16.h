#pragma once

namespace finemix {

// What multiplies bf16 in this CPU's hardware. AMX, where there is one, is the faster of the two.
enum class CpuBf16 { kNone, kAvx512, kAmx };

CpuBf16 cpu_bf16();

}  // namespace finemix
