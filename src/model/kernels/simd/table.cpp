#include "model/kernels/simd/functions.h"

namespace finemix::simd::FINEMIX_ISA {

#define FINEMIX_TABLE(T)                                                       \
  extern const Kernels<T> table_##T;                                           \
  const Kernels<T> table_##T = {norm_forward<T>,       norm_backward<T>,       \
                                activation_forward<T>, activation_backward<T>, \
                                column_sums<T>,        attention_forward<T>,   \
                                attention_backward<T>, adamw<T>,               \
                                squared_length<T>,     decay};
FINEMIX_TABLE(float)
FINEMIX_TABLE(Bf16)

}  // namespace finemix::simd::FINEMIX_ISA
