#include "model/kernels/own_product.h"

#include <type_traits>

#include "model/kernels/blocked_product.h"

namespace finemix::own {
namespace {

template <typename T>
bool has_avx512() {
  static const bool has = Avx512Tiles<T>::available();
  return has;
}

// Calls use(BlockedProduct of this processor).
template <typename T, typename Use>
void with_blocked(const Use& use) {
  if constexpr (std::is_same_v<T, float>) {
    if (!has_avx512<T>()) return use(BlockedProduct<Avx2Tiles>());
  }
  use(BlockedProduct<Avx512Tiles<T>>());
}

}  // namespace

template <typename T>
bool suits(std::int64_t in, std::int64_t out) {
  static const bool has_any =
      has_avx512<T>() || (std::is_same_v<T, float> && Avx2Tiles::available());
  return has_any && in % kSizeStep == 0 && out % kSizeStep == 0;
}

template <typename T>
void product(const T* x, const T* w, T* y, std::int64_t rows, std::int64_t in, std::int64_t out,
             T* scratch, PendingUpdate* beside) {
  with_blocked<T>([&](auto blocked) { blocked.product(x, w, y, rows, in, out, scratch, beside); });
}

template <typename T>
void pack_weight(const T* w, T* packed, std::int64_t in, std::int64_t out) {
  with_blocked<T>([&](auto blocked) { blocked.pack_weight(w, packed, in, out); });
}

template <typename T>
void product_packed(const T* x, const T* packed, T* y, std::int64_t rows, std::int64_t in,
                    std::int64_t out) {
  with_blocked<T>([&](auto blocked) { blocked.product_packed(x, packed, y, rows, in, out); });
}

template <typename T>
void input_gradient(const T* dy, const T* w, T* dx, std::int64_t rows, std::int64_t in,
                    std::int64_t out, T* scratch) {
  with_blocked<T>([&](auto blocked) { blocked.input_gradient(dy, w, dx, rows, in, out, scratch); });
}

template <typename T>
void weight_gradient(const T* dy, const T* x, T* dw, std::int64_t rows, std::int64_t in,
                     std::int64_t out, T* scratch) {
  T* const left = scratch + panel_scratch(rows, in);
  with_blocked<T>(
      [&](auto blocked) { blocked.weight_gradient(dy, x, dw, rows, in, out, scratch, left); });
}

template bool suits<float>(std::int64_t, std::int64_t);
template bool suits<Bf16>(std::int64_t, std::int64_t);
template void product(const float*, const float*, float*, std::int64_t, std::int64_t, std::int64_t,
                      float*, PendingUpdate*);
template void product(const Bf16*, const Bf16*, Bf16*, std::int64_t, std::int64_t, std::int64_t,
                      Bf16*, PendingUpdate*);
template void pack_weight(const float*, float*, std::int64_t, std::int64_t);
template void pack_weight(const Bf16*, Bf16*, std::int64_t, std::int64_t);
template void product_packed(const float*, const float*, float*, std::int64_t, std::int64_t,
                             std::int64_t);
template void product_packed(const Bf16*, const Bf16*, Bf16*, std::int64_t, std::int64_t,
                             std::int64_t);
template void input_gradient(const float*, const float*, float*, std::int64_t, std::int64_t,
                             std::int64_t, float*);
template void input_gradient(const Bf16*, const Bf16*, Bf16*, std::int64_t, std::int64_t,
                             std::int64_t, Bf16*);
template void weight_gradient(const float*, const float*, float*, std::int64_t, std::int64_t,
                              std::int64_t, float*);
template void weight_gradient(const Bf16*, const Bf16*, Bf16*, std::int64_t, std::int64_t,
                              std::int64_t, Bf16*);

}  // namespace finemix::own
