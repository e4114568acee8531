#pragma once
/// \file
/// Sorting networks over values that one thread holds in registers. Private to the *_cuda.cu files.

#include <cmath>

#include "kernels/device_cuda.hpp"

namespace myriad::kernels::cuda {

__device__ inline float smaller(float a, float b) { return fminf(a, b); }
__device__ inline float larger(float a, float b) { return fmaxf(a, b); }
// No instruction does this for fp64, and fmin() takes care of a NaN, which nobody sorts.
__device__ inline double smaller(double a, double b) { return b < a ? b : a; }
__device__ inline double larger(double a, double b) { return b < a ? a : b; }

/// One column in registers, by Batcher's merge exchange (Knuth, TAOCP 3, algorithm 5.2.2M); P, Q, R, D are Knuth's p, q, r, d.
template <int Size, int P, int Q, int R, int D, class T>
__device__ void exchange_all(T* x) {
  MYRIAD_UNROLL
  for (int i = 0; i < Size - D; ++i) {
    if ((i & P) != R) continue;
    const T low = smaller(x[i], x[i + D]);
    x[i + D] = larger(x[i], x[i + D]);
    x[i] = low;
  }
  if constexpr (Q != P) exchange_all<Size, P, Q / 2, P, Q - P>(x);
}

/// Largest power of two below \p size.
constexpr int half_of(int size) {
  int top = 1;
  while (2 * top < size) top *= 2;
  return top;
}

/// Sort x[0..Size) ascending. Call with P = half_of(Size).
template <int Size, int P, class T>
__device__ void sort_registers(T* x) {
  exchange_all<Size, P, half_of(Size), 0, P>(x);
  if constexpr (P > 1) sort_registers<Size, P / 2>(x);
}

/// The most values of type T that are sorted in registers: with more of them values spill.
template <class T>
inline constexpr int k_most_in_registers = sizeof(T) == 4 ? 64 : 24;

}  // namespace myriad::kernels::cuda
