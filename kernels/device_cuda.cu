#include "kernels/device_cuda.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <utility>

#include "kernels/ops_cuda.hpp"
#include "kernels/staging_ring.hpp"
#ifdef MYRIAD_CUDA_EMULATION
#include <cmath>
#else
#include <cufft.h>
#endif

namespace myriad::kernels::cuda {

#ifdef MYRIAD_CUDA_EMULATION

namespace {

/// Transforms by their definition, sums in fp64. Takes a work area as large as plans of memory allow the library.
template <class T>
class DirectFft final : public RowFft {
 public:
  DirectFft(Device& device, std::int64_t n, std::int64_t rows) : device_(device), n_(n), rows_(rows) {
    for (std::int64_t j = 0; j < n; ++j) {
      const double angle = 2.0 * 3.14159265358979323846 * static_cast<double>(j) / static_cast<double>(n);
      turns_.push_back({std::cos(angle), std::sin(angle)});
    }
  }

  void forward(void* spectrum, const void* rows) override {
    take_work_area();
    emulation::issue([=, this] { transform(spectrum, rows); });
  }
  void inverse(void* rows, void* spectrum) override {
    take_work_area();
    emulation::issue([=, this] { transform_back(rows, spectrum); });
  }

 private:
  void take_work_area() const { device_.array<Complex<T>>(Device::k_fourth, rows_ * (n_ / 2 + 1)); }

  void transform(void* spectrum, const void* rows) const {
    const std::int64_t orders = n_ / 2 + 1;
    auto* const out = static_cast<Complex<T>*>(spectrum);
    const T* const in = static_cast<const T*>(rows);
    for (std::int64_t r = 0; r < rows_; ++r) {
      for (std::int64_t m = 0; m < orders; ++m) {
        double re = 0.0, im = 0.0;
        for (std::int64_t j = 0; j < n_; ++j) {
          const double x = static_cast<double>(in[r * n_ + j]);
          const Complex<double>& turn = turns_[static_cast<std::size_t>(m * j % n_)];
          re += x * turn.re;
          im -= x * turn.im;
        }
        out[r * orders + m] = {static_cast<T>(re), static_cast<T>(im)};
      }
    }
  }

  void transform_back(void* rows, void* spectrum) const {
    const std::int64_t orders = n_ / 2 + 1;
    auto* const in = static_cast<Complex<T>*>(spectrum);
    T* const out = static_cast<T*>(rows);
    for (std::int64_t r = 0; r < rows_; ++r) {
      for (std::int64_t j = 0; j < n_; ++j) {
        double sum = 0.0;
        for (std::int64_t m = 0; m < orders; ++m) {
          const double twice = m == 0 || 2 * m == n_ ? 1.0 : 2.0;
          const Complex<double>& turn = turns_[static_cast<std::size_t>(m * j % n_)];
          const Complex<T> x = in[r * orders + m];
          sum += twice * (static_cast<double>(x.re) * turn.re - static_cast<double>(x.im) * turn.im);
        }
        out[r * n_ + j] = static_cast<T>(sum);
      }
      // The library destroys its input: so does this, that nobody may rely on it.
      for (std::int64_t m = 0; m < orders; ++m) in[r * orders + m] = {static_cast<T>(NAN), static_cast<T>(NAN)};
    }
  }

  Device& device_;
  std::int64_t n_, rows_;
  std::vector<Complex<double>> turns_;  ///< exp(2 pi i j / n)
};

/// Waiting for one copy to the device does them all.
struct UploadMark {
  void wait() const { emulation::settle(); }
};

/// Copies when it is waited for, so that whoever changes the source too early is found out.
class LateCopy final : public PendingCopy {
 public:
  LateCopy(Device& device, void* to, const void* from, std::int64_t bytes)
      : device_(device), to_(to), from_(from), bytes_(bytes) {}
  ~LateCopy() override { LateCopy::wait(); }
  void wait() override {
    if (bytes_ > 0) device_.copy_out(to_, from_, bytes_);
    bytes_ = 0;
  }

 private:
  Device& device_;
  void* to_;
  const void* from_;
  std::int64_t bytes_;
};

/// Small, that tests go around it.
constexpr std::int64_t k_ring_bytes = 8192, k_ring_piece = 2048;

}  // namespace

struct Device::Impl {
  std::string description = "emulation of a CUDA device on the host, for tests";
  UploadMark queue_upload(void* to, const void* from, std::int64_t bytes) {
    emulation::postpone([=] { std::memcpy(to, from, static_cast<std::size_t>(bytes)); });
    return {};
  }
  std::unique_ptr<detail::StagingRing<UploadMark>> ring;
  void* ring_memory = nullptr;
  struct {
    void* memory = nullptr;
    std::int64_t bytes = 0;
  } scratch[k_slots];
};

bool choose_device(int, const char**) { return true; }
Device::Device() : impl_(std::make_unique<Impl>()) {}
void Device::copy_out(void* host, const void* device, std::int64_t bytes) {
  MYRIAD_KERNEL_EXPECT(!emulation::recording());
  emulation::settle();
  if (bytes > 0) std::memcpy(host, device, static_cast<std::size_t>(bytes));
}
std::unique_ptr<PendingCopy> Device::begin_copy_out(void* host, const void* device, std::int64_t bytes) {
  MYRIAD_KERNEL_EXPECT(!emulation::recording());
  return std::make_unique<LateCopy>(*this, host, device, bytes);
}
void Device::fence() {
  MYRIAD_KERNEL_EXPECT(!emulation::recording());
  emulation::settle();
}
std::unique_ptr<RowFft> Device::make_row_fft(DType dtype, std::int64_t n, std::int64_t rows) {
  if (dtype == DType::f32) return std::make_unique<DirectFft<float>>(*this, n, rows);
  return std::make_unique<DirectFft<double>>(*this, n, rows);
}

#else

namespace {

using cuda::check;  // of the run time; the next one would hide it

void check(cufftResult status, const char* what) {
  if (status == CUFFT_SUCCESS) return;
  std::fprintf(stderr, "cuFFT: %s failed with code %d\n", what, static_cast<int>(status));
  std::abort();
}

/// cuFFT, one plan each way; all plans share one work area.
template <class T>
class LibraryFft final : public RowFft {
 public:
  LibraryFft(Device& device, std::int64_t n, std::int64_t rows) : device_(device) {
    constexpr bool single = sizeof(T) == sizeof(float);
    long long length = n;
    for (cufftHandle* plan : {&forward_, &inverse_}) {
      std::size_t work = 0;
      check(cufftCreate(plan), "cufftCreate");
      check(cufftSetAutoAllocation(*plan, 0), "cufftSetAutoAllocation");
      const cufftType type = plan == &forward_ ? (single ? CUFFT_R2C : CUFFT_D2Z) : (single ? CUFFT_C2R : CUFFT_Z2D);
      check(cufftMakePlanMany64(*plan, 1, &length, nullptr, 1, 0, nullptr, 1, 0, type, rows, &work), "cufftMakePlanMany64");
      check(cufftSetStream(*plan, device.stream()), "cufftSetStream");
      work_ = std::max(work_, static_cast<std::int64_t>(work));
    }
  }
  ~LibraryFft() override {
    cufftDestroy(forward_);
    cufftDestroy(inverse_);
  }

  void forward(void* spectrum, const void* rows) override {
    void* const in = const_cast<void*>(rows);  // out of place: the library keeps it
    give_work_area(forward_);
    if constexpr (sizeof(T) == sizeof(float)) {
      check(cufftExecR2C(forward_, static_cast<cufftReal*>(in), static_cast<cufftComplex*>(spectrum)), "cufftExecR2C");
    } else {
      check(cufftExecD2Z(forward_, static_cast<cufftDoubleReal*>(in), static_cast<cufftDoubleComplex*>(spectrum)),
            "cufftExecD2Z");
    }
  }
  void inverse(void* rows, void* spectrum) override {
    give_work_area(inverse_);
    if constexpr (sizeof(T) == sizeof(float)) {
      check(cufftExecC2R(inverse_, static_cast<cufftComplex*>(spectrum), static_cast<cufftReal*>(rows)), "cufftExecC2R");
    } else {
      check(cufftExecZ2D(inverse_, static_cast<cufftDoubleComplex*>(spectrum), static_cast<cufftDoubleReal*>(rows)),
            "cufftExecZ2D");
    }
  }

 private:
  void give_work_area(cufftHandle plan) {
    if (work_ > 0) check(cufftSetWorkArea(plan, device_.scratch(Device::k_fourth, work_)), "cufftSetWorkArea");
  }

  Device& device_;
  std::int64_t work_ = 0;
  cufftHandle forward_ = 0, inverse_ = 0;
};

/// A point in a stream.
class Event {
 public:
  Event() { check(cudaEventCreateWithFlags(&event_, cudaEventDisableTiming), "cudaEventCreate"); }
  Event(Event&& other) noexcept : event_(std::exchange(other.event_, nullptr)) {}
  ~Event() {
    if (event_ != nullptr) cudaEventDestroy(event_);
  }
  void record(cudaStream_t stream) { check(cudaEventRecord(event_, stream), "cudaEventRecord"); }
  /// What is issued to \p stream from now on runs after this point.
  void hold_back(cudaStream_t stream) const { check(cudaStreamWaitEvent(stream, event_, 0), "cudaStreamWaitEvent"); }
  void wait() const { check(cudaEventSynchronize(event_), "cudaEventSynchronize"); }

 private:
  cudaEvent_t event_ = nullptr;
};
using UploadMark = Event;

class StreamCopy final : public PendingCopy {
 public:
  explicit StreamCopy(cudaStream_t stream) { done_.record(stream); }
  ~StreamCopy() override { StreamCopy::wait(); }
  void wait() override { done_.wait(); }

 private:
  Event done_;
};

/// Holds the forcing of a step of some members at 0.25 degrees; larger inputs take turns.
constexpr std::int64_t k_ring_bytes = 64 << 20, k_ring_piece = 4 << 20;

}  // namespace

struct Device::Impl {
  UploadMark queue_upload(void* to, const void* from, std::int64_t bytes) {
    check(cudaMemcpyAsync(to, from, static_cast<std::size_t>(bytes), cudaMemcpyHostToDevice, stream), "copy to the device");
    Event done;
    done.record(stream);
    return done;
  }
  cudaStream_t stream = nullptr;
  cudaStream_t output = nullptr;  ///< copies to the host beside the ops
  std::string description;
  std::unique_ptr<detail::StagingRing<UploadMark>> ring;
  void* ring_memory = nullptr;
  struct {
    void* memory = nullptr;
    std::int64_t bytes = 0;
  } scratch[k_slots];
};

bool choose_device(int local_rank, const char** why) {
  int count = 0;
  cudaError_t status = cudaGetDeviceCount(&count);
  if (status == cudaSuccess && count == 0) status = cudaErrorNoDevice;
  // Ranks that share a device would wait for each other and for its memory.
  if (status == cudaSuccess && local_rank >= count) {
    *why = "more ranks on this node than GPUs";
    return false;
  }
  if (status == cudaSuccess) status = cudaSetDevice(local_rank);
  if (status == cudaSuccess) return true;
  *why = cudaGetErrorString(status);
  return false;
}

Device::Device() : impl_(std::make_unique<Impl>()) {
  int number = 0, runtime = 0, driver = 0, fft = 0;
  check(cudaGetDevice(&number), "cudaGetDevice");
  for (cudaStream_t* stream : {&impl_->stream, &impl_->output}) {
    check(cudaStreamCreateWithFlags(stream, cudaStreamNonBlocking), "cudaStreamCreate");
  }
  cudaDeviceProp device{};
  check(cudaGetDeviceProperties(&device, number), "cudaGetDeviceProperties");
  check(cudaRuntimeGetVersion(&runtime), "cudaRuntimeGetVersion");
  check(cudaDriverGetVersion(&driver), "cudaDriverGetVersion");
  check(cufftGetVersion(&fft), "cufftGetVersion");
  impl_->description = std::string(device.name) + ", compute capability " + std::to_string(device.major) + "." +
                       std::to_string(device.minor) + ", " + std::to_string(device.totalGlobalMem >> 20) + " MiB, CUDA " +
                       std::to_string(runtime) + ", driver " + std::to_string(driver) + ", cuFFT " + std::to_string(fft);
}
std::unique_ptr<PendingCopy> Device::begin_copy_out(void* host, const void* device, std::int64_t bytes) {
  Event ready;
  ready.record(impl_->stream);
  ready.hold_back(impl_->output);
  if (bytes > 0) check(cudaMemcpyAsync(host, device, static_cast<std::size_t>(bytes), cudaMemcpyDeviceToHost, impl_->output), "copy to the host");
  return std::make_unique<StreamCopy>(impl_->output);
}
void Device::copy_out(void* host, const void* device, std::int64_t bytes) {
  if (bytes > 0) check(cudaMemcpyAsync(host, device, static_cast<std::size_t>(bytes), cudaMemcpyDeviceToHost, impl_->stream), "copy to the host");
  fence();
}
void Device::fence() { check(cudaStreamSynchronize(impl_->stream), "cudaStreamSynchronize"); }
cudaStream_t Device::stream() const { return impl_->stream; }
std::unique_ptr<RowFft> Device::make_row_fft(DType dtype, std::int64_t n, std::int64_t rows) {
  if (dtype == DType::f32) return std::make_unique<LibraryFft<float>>(*this, n, rows);
  return std::make_unique<LibraryFft<double>>(*this, n, rows);
}

#endif

Device::~Device() {
  fence();
  products_.reset();
  for (auto& slot : impl_->scratch) deallocate(slot.memory);
  impl_->ring.reset();
  deallocate_host(impl_->ring_memory);
#ifndef MYRIAD_CUDA_EMULATION
  cudaStreamDestroy(impl_->output);
  cudaStreamDestroy(impl_->stream);
#endif
}

ProductLibrary& Device::products() {
  if (!products_) products_ = make_product_library();
  return *products_;
}

std::int64_t Device::scratch_moves() const { return scratch_moves_; }

void Device::copy_in(void* device, const void* host, std::int64_t bytes) {
#ifdef MYRIAD_CUDA_EMULATION
  MYRIAD_KERNEL_EXPECT(!emulation::recording());
#endif
  if (bytes > 0 && !impl_->ring) {
    impl_->ring_memory = allocate_host(k_ring_bytes);
    impl_->ring = std::make_unique<detail::StagingRing<UploadMark>>(static_cast<char*>(impl_->ring_memory), k_ring_bytes);
  }
  for (std::int64_t done = 0; done < bytes; done += k_ring_piece) {
    const std::int64_t piece = std::min(k_ring_piece, bytes - done);
    char* const staged = impl_->ring->reserve(piece);
    std::memcpy(staged, static_cast<const char*>(host) + done, static_cast<std::size_t>(piece));
    impl_->ring->commit(impl_->queue_upload(static_cast<char*>(device) + done, staged, piece));
  }
}

const char* Device::description() const { return impl_->description.c_str(); }

void* Device::scratch(Slot slot, std::int64_t bytes) {
  auto& place = impl_->scratch[slot];
  if (bytes > place.bytes) {
    fence();  // kernels under way may use the old memory
    deallocate(place.memory);
    place = {};
    place.memory = allocate(bytes);
    place.bytes = bytes;
    ++scratch_moves_;
  }
  return place.memory;
}

std::shared_ptr<Device> make_device() { return std::make_shared<Device>(); }
const char* description(const Device& device) { return device.description(); }
void* allocate(Device& device, std::int64_t bytes) { return device.allocate(bytes); }
void deallocate(Device& device, void* memory) { device.deallocate(memory); }
void copy_in(Device& device, void* to, const void* host, std::int64_t bytes) { device.copy_in(to, host, bytes); }
void copy_out(Device& device, void* host, const void* from, std::int64_t bytes) { device.copy_out(host, from, bytes); }
void fence(Device& device) { device.fence(); }
std::int64_t memory_available(const Device& device) { return device.memory_available(); }
std::int64_t take_memory_peak(Device& device) { return device.take_memory_peak(); }
void* allocate_host(Device& device, std::int64_t bytes) { return device.allocate_host(bytes); }
void deallocate_host(Device& device, void* memory) { device.deallocate_host(memory); }
std::unique_ptr<PendingCopy> begin_copy_out(Device& device, void* host, const void* from, std::int64_t bytes) {
  return device.begin_copy_out(host, from, bytes);
}

}  // namespace myriad::kernels::cuda
