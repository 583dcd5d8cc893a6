// Products of bf16 matrices on CPUs with AVX512_BF16, whose instruction adds the products of two
// neighbouring pairs to an fp32 sum. All matrices are row-major without gaps. Sums are fp32 in the
// order of the summed dimension, whatever the number of threads, and rounded once at the end.
// Nothing is compiled or set up for a number of rows, and none is rounded up.
#pragma once

#include <cstdint>

#include "finemix/model/simd.h"

namespace finemix::bf16 {

using simd::Bf16;

// Whether the functions below can run here, and are the fastest that there is for a layer of these
// sizes: not beside AMX, and the sizes are multiples of 32.
bool suits(std::int64_t in, std::int64_t out);

// y (rows, out) = x (rows, in) · wᵀ, w (out, in).
void product(const Bf16* x, const Bf16* w, Bf16* y, std::int64_t rows, std::int64_t in,
             std::int64_t out);
// dx (rows, in) = dy (rows, out) · w.
void input_gradient(const Bf16* dy, const Bf16* w, Bf16* dx, std::int64_t rows, std::int64_t in,
                    std::int64_t out);
// dw (out, in) = dyᵀ · x. `scratch` has weight_gradient_scratch(rows, out) elements.
void weight_gradient(const Bf16* dy, const Bf16* x, Bf16* dw, std::int64_t rows, std::int64_t in,
                     std::int64_t out, Bf16* scratch);
constexpr std::int64_t weight_gradient_scratch(std::int64_t rows, std::int64_t out) {
  return (rows + 1) / 2 * 2 * out;
}

}  // namespace finemix::bf16
