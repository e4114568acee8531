#include <memory>

#include "kernels/fft_providers.hpp"

#ifdef MYRIAD_HAVE_FFTW

#include <fftw3.h>

#include <Kokkos_Core.hpp>
#include <cstdint>
#include <mutex>

#include "kernels/thread_buffer.hpp"
#include "kernels/transform_shapes.hpp"

namespace myriad::kernels::detail {
namespace {

/// The two precisions of FFTW under one name.
template <class T>
struct Fftw;

template <>
struct Fftw<float> {
  using Plan = fftwf_plan;
  using Complex = fftwf_complex;
  static Plan make_forward(int n, float* in, Complex* out) {
    return fftwf_plan_dft_r2c_1d(n, in, out, FFTW_ESTIMATE);
  }
  static Plan make_inverse(int n, Complex* in, float* out) {
    return fftwf_plan_dft_c2r_1d(n, in, out, FFTW_ESTIMATE);
  }
  static void run(Plan plan, float* in, Complex* out) { fftwf_execute_dft_r2c(plan, in, out); }
  static void run(Plan plan, Complex* in, float* out) { fftwf_execute_dft_c2r(plan, in, out); }
  static void destroy(Plan plan) { fftwf_destroy_plan(plan); }
};

template <>
struct Fftw<double> {
  using Plan = fftw_plan;
  using Complex = fftw_complex;
  static Plan make_forward(int n, double* in, Complex* out) {
    return fftw_plan_dft_r2c_1d(n, in, out, FFTW_ESTIMATE);
  }
  static Plan make_inverse(int n, Complex* in, double* out) {
    return fftw_plan_dft_c2r_1d(n, in, out, FFTW_ESTIMATE);
  }
  static void run(Plan plan, double* in, Complex* out) { fftw_execute_dft_r2c(plan, in, out); }
  static void run(Plan plan, Complex* in, double* out) { fftw_execute_dft_c2r(plan, in, out); }
  static void destroy(Plan plan) { fftw_destroy_plan(plan); }
};

/// FFTW's planner is not thread-safe; its executor is.
std::mutex& planner_mutex() {
  static std::mutex mutex;
  return mutex;
}

/// One row at a time through aligned scratch: the same codelets run whatever the caller's alignment
/// and batch, and FFTW_ESTIMATE does not time, so the bits are the same in every run.
template <class T, class ExecSpace>
class FftwPlan final : public RunnableFftPlan {
 public:
  explicit FftwPlan(const FftSpec& s) : RunnableFftPlan(s) {
    AlignedBuffer buffer;
    T* row = buffer.get<T>(scratch_size());
    auto* spectrum = reinterpret_cast<Complex*>(row + row_size());
    const std::lock_guard lock(planner_mutex());
    forward_ = Fftw<T>::make_forward(static_cast<int>(s.nlon), row, spectrum);
    inverse_ = Fftw<T>::make_inverse(static_cast<int>(s.nlon), spectrum, row);
    MYRIAD_KERNEL_EXPECT(forward_ != nullptr && inverse_ != nullptr);
  }
  ~FftwPlan() override {
    const std::lock_guard lock(planner_mutex());
    Fftw<T>::destroy(forward_);
    Fftw<T>::destroy(inverse_);
  }

  void forward(TensorView fourier, ConstTensorView grid, FourierScale scale) const override {
    const FftSpec& s = spec();
    const std::int64_t channels = grid.dim(1);
    for_each_row("myriad::fft_forward_fftw", grid,
                 [&](std::int64_t b, std::int64_t k, std::int64_t c, T* row) {
                   const T* in = grid.as<T>() + b * grid.step(0) + (c * s.nlat + k) * s.nlon;
                   for (std::int64_t j = 0; j < s.nlon; ++j) row[j] = in[j];
                   T* spectrum = row + row_size();
                   Fftw<T>::run(forward_, row, reinterpret_cast<Complex*>(spectrum));
                   T* out = fourier.as<T>() + b * fourier.step(0) + 2 * (k * channels + c);
                   for (std::int64_t m = 0; m < s.mmax; ++m) {
                     const bool edge = is_edge_order(s, m);
                     const T factor = static_cast<T>(edge ? scale.edge : scale.interior);
                     T* to = out + 2 * m * s.nlat * channels;
                     to[0] = factor * spectrum[2 * m];
                     to[1] = edge ? T{0} : factor * spectrum[2 * m + 1];
                   }
                 });
  }

  void inverse(TensorView grid, ConstTensorView fourier, FourierScale scale) const override {
    const FftSpec& s = spec();
    const std::int64_t channels = grid.dim(1);
    const T interior = static_cast<T>(0.5 * scale.interior);
    const T at_edge = static_cast<T>(scale.edge);
    for_each_row("myriad::fft_inverse_fftw", grid,
                 [&](std::int64_t b, std::int64_t k, std::int64_t c, T* row) {
                   const T* in = fourier.as<T>() + b * fourier.step(0) + 2 * (k * channels + c);
                   T* spectrum = row + row_size();
                   for (std::int64_t m = 0; m < s.mmax; ++m) {
                     const T* from = in + 2 * m * s.nlat * channels;
                     const bool edge = is_edge_order(s, m);
                     spectrum[2 * m] = (edge ? at_edge : interior) * from[0];
                     spectrum[2 * m + 1] = edge ? T{0} : interior * from[1];
                   }
                   for (std::int64_t i = 2 * s.mmax; i < 2 * (s.nlon / 2 + 1); ++i)
                     spectrum[i] = T{0};
                   Fftw<T>::run(inverse_, reinterpret_cast<Complex*>(spectrum), row);
                   T* out = grid.as<T>() + b * grid.step(0) + (c * s.nlat + k) * s.nlon;
                   for (std::int64_t j = 0; j < s.nlon; ++j) out[j] = row[j];
                 });
  }

 private:
  using Complex = typename Fftw<T>::Complex;

  /// Values of the real row, padded so that the spectrum behind it is aligned.
  std::int64_t row_size() const { return (spec().nlon + 15) / 16 * 16; }
  std::int64_t scratch_size() const { return row_size() + 2 * (spec().nlon / 2 + 1); }

  template <class Body>
  void for_each_row(const char* label, const ConstTensorView& grid, const Body& body) const {
    const std::int64_t nlat = spec().nlat;
    const std::int64_t channels = grid.dim(1);
    Kokkos::parallel_for(label,
                         Kokkos::RangePolicy<ExecSpace, Kokkos::IndexType<std::int64_t>>(
                             0, grid.dim(0) * nlat * channels),
                         [&](std::int64_t task) {
                           static thread_local AlignedBuffer buffer;
                           body(task / (nlat * channels), task / channels % nlat, task % channels,
                                buffer.get<T>(scratch_size()));
                         });
  }

  typename Fftw<T>::Plan forward_;
  typename Fftw<T>::Plan inverse_;
};

}  // namespace

std::unique_ptr<RunnableFftPlan> make_fftw_plan(const FftSpec& spec) {
  using Space = Kokkos::DefaultHostExecutionSpace;
  if (spec.dtype == DType::f32) return std::make_unique<FftwPlan<float, Space>>(spec);
  return std::make_unique<FftwPlan<double, Space>>(spec);
}

}  // namespace myriad::kernels::detail

#else

namespace myriad::kernels::detail {

std::unique_ptr<RunnableFftPlan> make_fftw_plan(const FftSpec&) {
  return nullptr;
}

}  // namespace myriad::kernels::detail

#endif
