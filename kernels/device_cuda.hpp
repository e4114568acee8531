#pragma once
/// \file
/// What the ops of the cuda backend need of a device: memory, launches, row FFTs. Private to the *_cuda.cu files.
///
/// The files compile with nvcc, or as plain C++ with MYRIAD_CUDA_EMULATION (kernels/device_emulation.hpp).

#include <cstdint>
#include <memory>
#include <span>
#include <type_traits>
#include <vector>

#include "kernels/backend.hpp"
#include "kernels/contract.hpp"
#include "kernels/half.hpp"
#include "kernels/library_product_cuda.hpp"
#ifdef MYRIAD_CUDA_EMULATION  // else nvcc knows CUDA by itself
#include "kernels/device_emulation.hpp"
#endif

// Before loops over values in registers: an index that is known only at run time would move them to memory.
#ifdef MYRIAD_CUDA_EMULATION
#define MYRIAD_UNROLL
#else
#define MYRIAD_UNROLL _Pragma("unroll")
#endif

namespace myriad::kernels::cuda {

/// Threads of a block along each side of a square, and in all: every kernel is started with as many. Fibres are slow, so the
/// emulation has fewer; the sizes of tiles follow.
#ifdef MYRIAD_CUDA_EMULATION
inline constexpr int k_side = 4;
#else
inline constexpr int k_side = 16;
#endif
inline constexpr int k_threads = k_side * k_side;

#ifndef MYRIAD_CUDA_EMULATION
/// Ends the program, naming \p what, unless \p status is success.
void check(cudaError_t status, const char* what);
#endif

/// Complex number that may live in shared memory (no constructor).
template <class T>
struct Complex {
  T re, im;
};

/// An element in the precision in which the device computes with it.
__device__ inline float widen(float x) { return x; }
__device__ inline double widen(double x) { return x; }
__device__ inline float widen(Bf16 x) { return float_from_bf16(x.bits); }
__device__ inline float widen(F16 x) { return float_from_f16(x.bits); }
template <class T>
using Wide = decltype(widen(T{}));

/// \p x, a float or a double, in the format T.
template <class T, class From>
__device__ inline T narrow(From x) {
  if constexpr (std::is_same_v<T, Bf16>) {
    return {bf16_from_float(static_cast<float>(x))};
  } else if constexpr (std::is_same_v<T, F16>) {
    return {f16_from_float(static_cast<float>(x))};
  } else {
    return static_cast<T>(x);
  }
}

/// Batched transforms of real rows; one library plan per number of rows.
class RowFft {
 public:
  virtual ~RowFft() = default;
  /// spectrum [rows, n/2+1, 2] = sum_j row_j exp(-2 pi i m j / n).
  virtual void forward(void* spectrum, const void* rows) = 0;
  /// rows [rows, n] = X_0 + 2 Re sum X_m exp(2 pi i m j / n) (+ X_{n/2} (-1)^j for even n); destroys the spectrum.
  virtual void inverse(void* rows, void* spectrum) = 0;
};

/// One device, one stream: ops run in the order in which they were issued.
class Device {
 public:
  /// Scratch of an op; the content does not outlive the op. Different numbers never overlap.
  enum Slot { k_first, k_second, k_third, k_fourth, k_slots };

  Device();
  ~Device();
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;

  const char* description() const;
  void* allocate(std::int64_t bytes);
  void deallocate(void* memory);
  /// Queued; passes through a ring of page-locked memory, whose size bounds what may be under way.
  void copy_in(void* device, const void* host, std::int64_t bytes);
  void copy_out(void* host, const void* device, std::int64_t bytes);
  void fence();
  /// Negative when unknown.
  std::int64_t memory_available() const;
  /// Most bytes allocated at once since the last call, by all objects of this process.
  std::int64_t take_memory_peak();
  /// How often scratch has moved.
  std::int64_t scratch_moves() const;
  /// Page-locked host memory.
  void* allocate_host(std::int64_t bytes);
  void deallocate_host(void* memory);
  /// Copy beside the ops that are issued later. The emulation copies as late as allowed, when it is waited for.
  std::unique_ptr<PendingCopy> begin_copy_out(void* host, const void* device, std::int64_t bytes);
  /// Scratch that grows and never shrinks.
  void* scratch(Slot slot, std::int64_t bytes);
  template <class T>
  T* array(Slot slot, std::int64_t count) {
    return static_cast<T*>(scratch(slot, count * static_cast<std::int64_t>(sizeof(T))));
  }
  std::unique_ptr<RowFft> make_row_fft(DType dtype, std::int64_t n, std::int64_t rows);
  /// The library of products, made when first used (its work space is then allocated).
  ProductLibrary& products();

#ifndef MYRIAD_CUDA_EMULATION
  cudaStream_t stream() const;
#endif

 private:
  std::unique_ptr<ProductLibrary> make_product_library();

  struct Impl;
  std::unique_ptr<Impl> impl_;
  std::unique_ptr<ProductLibrary> products_;
  std::int64_t scratch_moves_ = 0;
};

/// Host data that a plan keeps on the device.
template <class T>
class DeviceArray {
 public:
  DeviceArray() = default;
  DeviceArray(Device& device, const std::vector<T>& host)
      : device_(&device), data_(static_cast<T*>(device.allocate(bytes(host)))) {
    device.copy_in(data_, host.data(), bytes(host));
  }
  DeviceArray(DeviceArray&& other) noexcept { *this = std::move(other); }
  DeviceArray& operator=(DeviceArray&& other) noexcept {
    std::swap(device_, other.device_);
    std::swap(data_, other.data_);
    return *this;
  }
  ~DeviceArray() {
    if (device_ != nullptr) device_->deallocate(data_);
  }
  const T* data() const { return data_; }

 private:
  static std::int64_t bytes(const std::vector<T>& host) {
    return static_cast<std::int64_t>(host.size() * sizeof(T));
  }
  Device* device_ = nullptr;
  T* data_ = nullptr;
};

struct Blocks {
  std::int64_t x = 1, y = 1, z = 1;
};

/// Start \p kernel with blocks of Threads threads. Nothing is started for an empty grid.
template <int Threads = k_threads, class... Parameters, class... Arguments>
void launch(Device& device, Blocks blocks, void (*kernel)(Parameters...), Arguments... arguments) {
  if (blocks.x == 0 || blocks.y == 0 || blocks.z == 0) return;
  MYRIAD_KERNEL_EXPECT(blocks.x < (std::int64_t{1} << 31) && blocks.y < 65536 && blocks.z < 65536);
  const auto x = static_cast<unsigned>(blocks.x), y = static_cast<unsigned>(blocks.y),
             z = static_cast<unsigned>(blocks.z);
#ifdef MYRIAD_CUDA_EMULATION
  static_cast<void>(device);
  emulation::issue([=] { emulation::run_grid({x, y, z}, {Threads, 1, 1}, [&] { kernel(arguments...); }); });
#else
  kernel<<<dim3(x, y, z), Threads, 0, device.stream()>>>(arguments...);
  MYRIAD_KERNEL_EXPECT(cudaGetLastError() == cudaSuccess);
#endif
}

template <class Body>
__global__ void __launch_bounds__(k_threads) items_kernel(std::int64_t count, Body body) {
  const std::int64_t step = static_cast<std::int64_t>(gridDim.x) * k_threads;
  for (std::int64_t k = static_cast<std::int64_t>(blockIdx.x) * k_threads + threadIdx.x; k < count; k += step) body(k);
}

/// Call body(k) for k in [0, count), neighbours by neighbouring threads.
template <class Body>
void for_each(Device& device, std::int64_t count, const Body& body) {
#ifdef MYRIAD_CUDA_EMULATION
  static_cast<void>(device);
  emulation::issue([=] {
    for (std::int64_t k = 0; k < count; ++k) body(k);
  });
#else
  const std::int64_t blocks = (count + k_threads - 1) / k_threads;
  launch(device, {blocks < 1 << 20 ? blocks : 1 << 20}, &items_kernel<Body>, count, body);
#endif
}

template <class Body>
__global__ void __launch_bounds__(k_threads) row_items_kernel(std::int64_t rows, std::int64_t count, Body body) {
  const std::int64_t step = static_cast<std::int64_t>(gridDim.x) * k_threads;
  for (std::int64_t row = blockIdx.y; row < rows; row += gridDim.y) {
    for (std::int64_t j = static_cast<std::int64_t>(blockIdx.x) * k_threads + threadIdx.x; j < count; j += step) body(row, j);
  }
}

/// Call body(row, j) for row < rows and j < count. Several elements of a row per thread: what depends on the row alone (divisions
/// of 64-bit numbers are long) is computed once for them.
template <class Body>
void for_each_in_rows(Device& device, std::int64_t rows, std::int64_t count, const Body& body) {
#ifdef MYRIAD_CUDA_EMULATION
  static_cast<void>(device);
  emulation::issue([=] {
    for (std::int64_t row = 0; row < rows; ++row) {
      for (std::int64_t j = 0; j < count; ++j) body(row, j);
    }
  });
#else
  constexpr std::int64_t k_elements = 8 * k_threads;
  launch(device, {(count + k_elements - 1) / k_elements, rows < 65535 ? rows : 65535}, &row_items_kernel<Body>, rows, count, body);
#endif
}

/// Several sums made together.
template <int Count>
struct Sums {
  double value[Count];
};

// Two blocks per multiprocessor: without that number the compiler takes more registers than pay.
template <int Count, class Body, class Finish>
__global__ void __launch_bounds__(k_threads, 2)
    rows_kernel(std::int64_t count, Body body, Finish finish) {
  __shared__ double shared[Count][k_threads];
  const std::int64_t row = blockIdx.x;
  const int thread = static_cast<int>(threadIdx.x);
  Sums<Count> sums;
  for (int s = 0; s < Count; ++s) sums.value[s] = 0.0;
  for (std::int64_t j = thread; j < count; j += k_threads) body(row, j, sums);
  for (int s = 0; s < Count; ++s) shared[s][thread] = sums.value[s];
  __syncthreads();
  for (int half = k_threads / 2; half > 0; half /= 2) {
    if (thread < half) {
      for (int s = 0; s < Count; ++s) shared[s][thread] += shared[s][thread + half];
    }
    __syncthreads();
  }
  if (thread == 0) {
    for (int s = 0; s < Count; ++s) sums.value[s] = shared[s][0];
    finish(row, sums);
  }
}

/// For each row: body(row, j, sums) adds element j < count; finish(row, sums) gets the sums. The order of additions depends
/// on count alone: thread t adds t, t + k_threads, ..., the threads are then added pairwise.
template <int Count, class Body, class Finish>
void sum_rows(Device& device, std::int64_t rows, std::int64_t count, const Body& body, const Finish& finish) {
  launch(device, {rows}, &rows_kernel<Count, Body, Finish>, count, body, finish);
}

}  // namespace myriad::kernels::cuda
