#include "finemix/model/device.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <c10/core/DeviceGuard.h>
#include <dlfcn.h>

#include <cstdlib>
#include <filesystem>

#include "finemix/core/error.h"
#include "finemix/core/parallel.h"
#include "model/cpu_bf16.h"

namespace finemix {
namespace {

// Loads LibTorch's CUDA library from where its CPU library lies; its static initialisers register
// the CUDA backend. Returns why it cannot be used, or "".
std::string load_cuda() {
  Dl_info here{};
  if (dladdr(reinterpret_cast<const void*>(&at::globalContext), &here) == 0 || !here.dli_fname) {
    return "LibTorch's own library cannot be located";
  }
  const auto library = std::filesystem::path(here.dli_fname).parent_path() / "libtorch_cuda.so";
  if (!std::filesystem::exists(library)) {
    return "this LibTorch has no CUDA library (" + library.string() + ")";
  }
  if (!dlopen(library.c_str(), RTLD_NOW | RTLD_GLOBAL)) return dlerror();
  if (!at::globalContext().hasCUDA()) return "no CUDA device is visible";
  return "";
}

const std::string& why_no_cuda() {
  static const std::string reason = load_cuda();
  return reason;
}

std::int64_t cuda_index(std::string_view name) {
  if (name == "cuda") return 0;
  if (!name.starts_with("cuda:") || name.size() > 8) return -1;
  std::int64_t index = 0;
  for (const char c : name.substr(5)) {
    if (c < '0' || c > '9') return -1;
    index = 10 * index + (c - '0');
  }
  return name.size() > 5 ? index : -1;
}

}  // namespace

c10::Device choose_device(std::string_view name) {
  if (name == "cpu") return c10::Device(c10::kCPU);
  if (name == "auto") {
    return why_no_cuda().empty() ? c10::Device(c10::kCUDA, 0) : c10::Device(c10::kCPU);
  }
  const std::int64_t index = cuda_index(name);
  if (index < 0) {
    throw Error(ErrorKind::kUsage,
                "--device is '" + std::string(name) + "', expected auto, cpu, cuda or cuda:N");
  }
  if (!why_no_cuda().empty()) {
    throw Error(ErrorKind::kUsage, "--device " + std::string(name) + ": CUDA is not to be had: " +
                                       why_no_cuda() + "; use --device cpu");
  }
  const std::int64_t count = at::detail::getCUDAHooks().getNumGPUs();
  if (index >= count) {
    throw Error(ErrorKind::kUsage, "--device " + std::string(name) + ": there are " +
                                       std::to_string(count) + " CUDA devices, counted from 0");
  }
  return c10::Device(c10::kCUDA, static_cast<c10::DeviceIndex>(index));
}

std::string_view name_of(Precision precision) {
  return precision == Precision::kBf16 ? "bf16" : "fp32";
}

std::string_view precision_reason(Precision precision, c10::Device device) {
  const bool bf16 = precision == Precision::kBf16;
  if (device.is_cuda()) return bf16 ? "bf16, with fp32 master weights" : "fp32";
  switch (cpu_bf16()) {
    case CpuBf16::kNone:
      return bf16 ? "bf16, which is slow here: this CPU does not multiply it in hardware"
                  : "fp32; this CPU does not multiply bf16 in hardware";
    case CpuBf16::kAvx512Half:
      return bf16 ? "bf16, which this CPU multiplies at half the speed of fp32"
                  : "fp32, which this CPU multiplies at twice the speed of bf16";
    default:
      return bf16 ? "bf16, which this CPU multiplies faster, with fp32 master weights" : "fp32";
  }
}

bool multiplies_bf16(c10::Device device) {
  if (!device.is_cuda()) return pays(cpu_bf16());
  // The one thing in LibTorch's hooks that tells the capability; it looks at the current device.
  const c10::DeviceGuard current(device);
  return at::detail::getCUDAHooks().supportsBFloat16ConvolutionWithCuDNNv8();
}

Precision choose_precision(std::string_view name, c10::Device device) {
  if (name == "fp32") return Precision::kFp32;
  if (name == "bf16") return Precision::kBf16;
  if (name != "auto") {
    throw Error(ErrorKind::kUsage,
                "--precision is '" + std::string(name) + "', expected auto, fp32 or bf16");
  }
  return multiplies_bf16(device) ? Precision::kBf16 : Precision::kFp32;
}

void set_threads(int threads) {
  // Numbers too small for fp32's normal range are no use and slow; threads made from here on
  // inherit this, so it comes before the first loop over them.
  at::globalContext().setFlushDenormal(true);
  set_thread_count(threads);
  at::set_num_threads(thread_count());
}

}  // namespace finemix
