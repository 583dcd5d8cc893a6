// Matrix products of our own, on CPUs with AVX-512 or AVX2: of fp32 and, where there is
// AVX512_BF16, of bf16. All matrices are row-major without gaps. They are the same bits for any
// number of threads; blocked_product.h has how they are made.
#pragma once

#include <cstdint>

#include "finemix/model/pending_update.h"
#include "finemix/model/simd.h"

namespace finemix::own {

using simd::Bf16;

// The functions below are there for T = float and Bf16, and rows from 1 on. Whether they can run
// here, and are at least as fast as LibTorch's, as far as measured, for a layer of these sizes: not
// bf16 beside AMX or without AVX512_BF16, and the sizes are multiples of 32.
template <typename T>
bool suits(std::int64_t in, std::int64_t out);

// Elements of scratch memory for a right matrix of `columns` columns; it begins at a cache line.
constexpr std::int64_t panel_scratch(std::int64_t depth, std::int64_t columns) {
  return (depth + 1) / 2 * 2 * columns;
}

// y (rows, out) = x (rows, in) · wᵀ, w (out, in). `scratch` has panel_scratch(in, out) elements.
// `beside`, where there is one, is gone on with.
template <typename T>
void product(const T* x, const T* w, T* y, std::int64_t rows, std::int64_t in, std::int64_t out,
             T* scratch, PendingUpdate* beside = nullptr);
// Lays w out as product_packed() reads it: in · out elements, the first at a cache line's begin.
template <typename T>
void pack_weight(const T* w, T* packed, std::int64_t in, std::int64_t out);
// product(), of many calls on a weight that does not change meanwhile.
template <typename T>
void product_packed(const T* x, const T* packed, T* y, std::int64_t rows, std::int64_t in,
                    std::int64_t out);
// dx (rows, in) = dy (rows, out) · w. `scratch` has panel_scratch(out, in) elements.
template <typename T>
void input_gradient(const T* dy, const T* w, T* dx, std::int64_t rows, std::int64_t in,
                    std::int64_t out, T* scratch);
// dw (out, in) = dyᵀ · x. `scratch` has weight_gradient_scratch(rows, in, out) elements.
template <typename T>
void weight_gradient(const T* dy, const T* x, T* dw, std::int64_t rows, std::int64_t in,
                     std::int64_t out, T* scratch);
constexpr std::int64_t weight_gradient_scratch(std::int64_t rows, std::int64_t in,
                                               std::int64_t out) {
  return panel_scratch(rows, in + out);
}

}  // namespace finemix::own
