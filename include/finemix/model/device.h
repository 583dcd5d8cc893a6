#pragma once

#include <c10/core/Device.h>

#include <string>
#include <string_view>

namespace finemix {

enum class Precision { kFp32, kBf16 };

// "auto", "cpu", "cuda" or "cuda:N". CUDA is used when the LibTorch beside the program has its CUDA
// library and that library loads and finds a device; `auto` falls back to the CPU. Throws kUsage
// saying why CUDA is not to be had when it was asked for by name.
c10::Device choose_device(std::string_view name);

// Whether `device` multiplies bf16 faster than fp32: a CPU as it tells, a CUDA device from compute
// capability 8.0 on.
bool multiplies_bf16(c10::Device device);

// "auto", "fp32" or "bf16", for training on `device`: auto is bf16 where multiplies_bf16(), else
// fp32. Throws kUsage on other names.
Precision choose_precision(std::string_view name, c10::Device device);

// "fp32" or "bf16".
std::string_view name_of(Precision precision);

// The precision of matrix products, and why: for the log.
std::string_view precision_reason(Precision precision, c10::Device device);

// Threads of LibTorch and of finemix's own loops; 0 is the cores this process may run on.
void set_threads(int threads);

}  // namespace finemix
