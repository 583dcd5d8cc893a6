// What each file of this folder defines, in the namespace of its instruction set.
#pragma once

#include "finemix/model/simd.h"

namespace finemix::simd::FINEMIX_ISA {

template <typename T>
void norm_forward(const NormForward<T>& call, std::int64_t begin, std::int64_t end);
template <typename T>
void norm_backward(const NormBackward<T>& call, std::int64_t begin, std::int64_t end, float* sums);
template <typename T>
void activation_forward(const ActivationForward<T>& call, std::int64_t begin, std::int64_t end);
template <typename T>
void activation_backward(const T* slope, std::int64_t width, std::int64_t begin, std::int64_t end,
                         T* gradient, float* sums);
template <typename T>
void column_sums(const T* rows, std::int64_t width, std::int64_t begin, std::int64_t end,
                 float* sums);
template <typename T>
void attention_forward(const AttentionForward<T>& call, std::int64_t text, std::int64_t head,
                       float* scratch);
template <typename T>
void attention_backward(const AttentionBackward<T>& call, std::int64_t text, std::int64_t head,
                        float* scratch);
template <typename T>
void adamw(const AdamWStep& step, std::int64_t n, const T* gradient, float* weight, float* first,
           float* second, T* operand);
template <typename T>
double squared_length(const T* values, std::int64_t n);
void decay(const float* decays, std::int64_t steps, std::int64_t n, float* weight);

}  // namespace finemix::simd::FINEMIX_ISA
