#include "src/backend/kokkos_backend.hpp"

#include <fmt/format.h>

#include <Kokkos_Core.hpp>
#include <cstdlib>
#include <cstring>
#include <string>
#include <type_traits>
#ifdef MYRIAD_HAVE_OPENBLAS
#include <cblas.h>
#endif

#include "kernels/adamw.hpp"
#include "kernels/conv1x1.hpp"
#include "kernels/crps.hpp"
#include "kernels/fft.hpp"
#include "kernels/gelu.hpp"
#include "kernels/gemm.hpp"
#include "kernels/instance_norm.hpp"
#include "kernels/legendre.hpp"
#include "kernels/compression.hpp"
#include "kernels/members.hpp"
#include "kernels/pointwise.hpp"
#include "kernels/random.hpp"
#include "kernels/reductions.hpp"
#include "kernels/sht.hpp"
#include "kernels/spectral_conv1x1.hpp"
#include "kernels/spectral_mix.hpp"
#include "src/backend/host_memory.hpp"
#include "src/base/error.hpp"

namespace myriad {
namespace {

using namespace kernels;  // the signatures below are those of kernels/backend.hpp

/// Initialise Kokkos once per process. Views never outlive an op here, so finalising at exit is
/// safe whatever static objects still hold a backend.
void initialise_kokkos_once(int threads) {
  static const bool done = [threads] {
    if (!Kokkos::is_initialized()) {
      // Without a number the run-time decides; the struct and the name of its field changed in 3.7.
#if KOKKOS_VERSION >= 30700
      Kokkos::InitializationSettings settings;
      if (threads > 0) settings.set_num_threads(threads);
#else
      Kokkos::InitArguments settings;
      if (threads > 0) settings.num_threads = threads;
#endif
      Kokkos::initialize(settings);
      std::atexit([] {
        if (Kokkos::is_initialized()) Kokkos::finalize();
      });
    }
#ifdef MYRIAD_HAVE_OPENBLAS
    // More threads would change the partition of a product, and with it the bits (docs/adr/0002).
    openblas_set_num_threads(1);
#endif
    return true;
  }();
  static_cast<void>(done);
}

std::string describe() {
  using Space = Kokkos::DefaultHostExecutionSpace;
  std::string blas = "own loops";
#ifdef MYRIAD_HAVE_OPENBLAS
  blas = fmt::format("{} (kernel {}, 1 thread)", openblas_get_config(), openblas_get_corename());
#endif
  return fmt::format("kokkos {}.{}.{}, space {} x{}, FFT {}, GEMM {}, BLAS {}",
                     KOKKOS_VERSION / 10000, KOKKOS_VERSION / 100 % 100, KOKKOS_VERSION % 100,
                     Space::name(), Space().concurrency(), default_fft_provider(),
                     kokkos::default_gemm_provider(), blas);
}

class KokkosBackend final : public Backend {
 public:
  KokkosBackend() : description_(describe()) {}

  const char* name() const override { return "kokkos"; }
  const char* description() const override { return description_.c_str(); }

  void* allocate(std::int64_t bytes) override { return myriad::detail::allocate_host(bytes); }
  void deallocate(void* memory) override { myriad::detail::deallocate_host(memory); }
  void copy_to_device(void* device, const void* host, std::int64_t bytes) override {
    if (bytes > 0) std::memcpy(device, host, static_cast<std::size_t>(bytes));
  }
  void copy_to_host(void* host, const void* device, std::int64_t bytes) override {
    if (bytes > 0) std::memcpy(host, device, static_cast<std::size_t>(bytes));
  }
  void fence() override { Kokkos::fence(); }

  std::unique_ptr<FftPlan> make_fft_plan(const FftSpec& spec) override {
    return kokkos::make_fft_plan(spec);
  }
  std::unique_ptr<LegendrePlan> make_legendre_plan(const LegendreSpec& spec) override {
    return kokkos::make_legendre_plan(spec);
  }
  void fft_forward(const FftPlan& plan, TensorView fourier, ConstTensorView grid,
                   FourierScale scale) override {
    kokkos::fft_forward(plan, fourier, grid, scale);
  }
  void fft_inverse(const FftPlan& plan, TensorView grid, ConstTensorView fourier,
                   FourierScale scale) override {
    kokkos::fft_inverse(plan, grid, fourier, scale);
  }
  void legendre_analysis(const LegendrePlan& plan, TensorView coefficients, ConstTensorView fourier,
                         RowWeights weights) override {
    kokkos::legendre_analysis(plan, coefficients, fourier, weights);
  }
  void legendre_synthesis(const LegendrePlan& plan, TensorView fourier,
                          ConstTensorView coefficients, RowWeights weights) override {
    kokkos::legendre_synthesis(plan, fourier, coefficients, weights);
  }
  void sht_analysis(const FftPlan& fft, const LegendrePlan& legendre, TensorView coefficients,
                    ConstTensorView grid, FourierScale scale, RowWeights weights,
                    TensorView fourier) override {
    kokkos::sht_analysis(fft, legendre, coefficients, grid, scale, weights, fourier);
  }
  void sht_synthesis(const FftPlan& fft, const LegendrePlan& legendre, TensorView grid,
                     ConstTensorView coefficients, FourierScale scale, RowWeights weights,
                     TensorView fourier) override {
    kokkos::sht_synthesis(fft, legendre, grid, coefficients, scale, weights, fourier);
  }
  void spectral_mix(const SpectralLayout& layout, TensorView out, ConstTensorView in,
                    ConstTensorView weight) override {
    kokkos::spectral_mix(scratch_, layout, out, in, weight);
  }
  void spectral_mix_adjoint_input(const SpectralLayout& layout, TensorView grad_in,
                                  ConstTensorView grad_out, ConstTensorView weight) override {
    kokkos::spectral_mix_adjoint_input(scratch_, layout, grad_in, grad_out, weight);
  }
  void spectral_mix_adjoint_weight(const SpectralLayout& layout, TensorView grad_weight,
                                   ConstTensorView in, ConstTensorView grad_out,
                                   Update update) override {
    kokkos::spectral_mix_adjoint_weight(scratch_, layout, grad_weight, in, grad_out, update);
  }
  void spectral_conv1x1(TensorView out, ConstTensorView in, ConstTensorView weight) override {
    kokkos::spectral_conv1x1(scratch_, out, in, weight);
  }
  void spectral_conv1x1_adjoint_input(TensorView grad_in, ConstTensorView grad_out,
                                      ConstTensorView weight, Update update) override {
    kokkos::spectral_conv1x1_adjoint_input(scratch_, grad_in, grad_out, weight, update);
  }
  void spectral_conv1x1_adjoint_weight(TensorView grad_weight, ConstTensorView grad_out,
                                       ConstTensorView in, Update update) override {
    kokkos::spectral_conv1x1_adjoint_weight(scratch_, grad_weight, grad_out, in, update);
  }
  void conv1x1(TensorView out, ConstTensorView in, ConstTensorView weight, ConstTensorView bias,
               Activation activation, Update update) override {
    kokkos::conv1x1(scratch_, out, in, weight, bias, activation, update);
  }
  void conv1x1_adjoint_input(TensorView grad_in, ConstTensorView grad_out, ConstTensorView weight,
                             Update update) override {
    kokkos::conv1x1_adjoint_input(scratch_, grad_in, grad_out, weight, update);
  }
  void conv1x1_adjoint_weight(TensorView grad_weight, TensorView grad_bias,
                              ConstTensorView grad_out, ConstTensorView in,
                              Update update) override {
    kokkos::conv1x1_adjoint_weight(scratch_, grad_weight, grad_bias, grad_out, in, update);
  }
  void instance_norm(TensorView out, TensorView stats, ConstTensorView in, ConstTensorView gamma,
                     ConstTensorView beta, double epsilon, Activation activation) override {
    kokkos::instance_norm(out, stats, in, gamma, beta, epsilon, activation);
  }
  void instance_norm_statistics(TensorView stats, ConstTensorView in, double epsilon) override {
    kokkos::instance_norm_statistics(stats, in, epsilon);
  }
  void instance_norm_apply(TensorView out, ConstTensorView in, ConstTensorView stats,
                           ConstTensorView gamma, ConstTensorView beta,
                           Activation activation) override {
    kokkos::instance_norm_apply(out, in, stats, gamma, beta, activation);
  }
  void instance_norm_adjoint(TensorView grad_in, TensorView grad_gamma, TensorView grad_beta,
                             ConstTensorView grad_out, ConstTensorView in, ConstTensorView stats,
                             ConstTensorView gamma, ConstTensorView beta,
                             Activation activation) override {
    kokkos::instance_norm_adjoint(scratch_, grad_in, grad_gamma, grad_beta, grad_out, in, stats,
                                  gamma, beta, activation);
  }
  void gelu(TensorView out, ConstTensorView in) override { kokkos::gelu(out, in); }
  void gelu_adjoint(TensorView grad_in, ConstTensorView grad_out, ConstTensorView in) override {
    kokkos::gelu_adjoint(grad_in, grad_out, in);
  }
  void axpby(TensorView out, double a, ConstTensorView x, double b, ConstTensorView y) override {
    kokkos::axpby(out, a, x, b, y);
  }
  void channel_affine(TensorView out, ConstTensorView in, ConstTensorView scale,
                      ConstTensorView shift, Update update) override {
    kokkos::channel_affine(out, in, scale, shift, update);
  }
  void clamp_below(TensorView out, ConstTensorView in, ConstTensorView lower) override {
    kokkos::clamp_below(out, in, lower);
  }
  void copy(TensorView out, ConstTensorView in) override { kokkos::copy(out, in); }
  void bitround(TensorView out, ConstTensorView in, ConstTensorView bits) override {
    kokkos::bitround(out, in, bits);
  }
  void fill(TensorView out, double value) override { kokkos::fill(out, value); }
  void fill_normal(TensorView out, const RandomStream& stream,
                   std::span<const std::uint32_t> members) override {
    kokkos::fill_normal(out, stream, members);
  }
  void weighted_squared_error(TensorView out, ConstTensorView a, ConstTensorView b,
                              ConstTensorView row_weight) override {
    kokkos::weighted_squared_error(scratch_, out, a, b, row_weight);
  }
  void weighted_squared_error_adjoint(TensorView grad_a, ConstTensorView a, ConstTensorView b,
                                      ConstTensorView row_weight, ConstTensorView coefficient,
                                      Update update) override {
    kokkos::weighted_squared_error_adjoint(grad_a, a, b, row_weight, coefficient, update);
  }
  double sum_of_squares(ConstTensorView in) override {
    return kokkos::sum_of_squares(scratch_, in);
  }
  std::int64_t count_nonfinite(ConstTensorView in) override {
    return kokkos::count_nonfinite(scratch_, in);
  }
  void first_outside(TensorView out, ConstTensorView in, ConstTensorView low,
                     ConstTensorView high) override {
    kokkos::first_outside(out, in, low, high);
  }
  void encode(void* message, ConstTensorView in, const WireFormat& format,
              const RandomStream& random, std::uint32_t member) override {
    kokkos::encode(message, in, format, random, member);
  }
  void decode(TensorView out, const void* message, const WireFormat& format,
              Update update) override {
    kokkos::decode(out, message, format, update);
  }
  double nth_magnitude(ConstTensorView in, std::int64_t n) override {
    return kokkos::nth_magnitude(scratch_, in, n);
  }
  std::int64_t select_magnitudes(std::uint32_t* indices, ConstTensorView in, double threshold,
                                 std::int64_t capacity) override {
    return kokkos::select_magnitudes(scratch_, indices, in, threshold, capacity);
  }
  void gather(TensorView values, ConstTensorView in, const std::uint32_t* indices) override {
    kokkos::gather(values, in, indices);
  }
  void scatter(TensorView out, ConstTensorView values, const std::uint32_t* indices,
               Update update) override {
    kokkos::scatter(out, values, indices, update);
  }
  void sort_members(TensorView out, ConstTensorView in, ConstTensorView centre) override {
    kokkos::sort_members(scratch_, out, in, centre);
  }
  void member_moments(TensorView out, ConstTensorView in) override {
    kokkos::member_moments(out, in);
  }
  void member_extremes(TensorView out, ConstTensorView in) override {
    kokkos::member_extremes(out, in);
  }
  void member_errors(TensorView out, ConstTensorView in, ConstTensorView truth) override {
    kokkos::member_errors(out, in, truth);
  }
  void combine_members(TensorView out, ConstTensorView in, ConstTensorView weight) override {
    kokkos::combine_members(out, in, weight);
  }
  void members_at_rank(TensorView out, ConstTensorView sorted, ConstTensorView rank) override {
    kokkos::members_at_rank(out, sorted, rank);
  }
  void count_members(TensorView out, ConstTensorView sorted, ConstTensorView threshold) override {
    kokkos::count_members(out, sorted, threshold);
  }
  void crps(TensorView out, ConstTensorView members, ConstTensorView truth,
            ConstTensorView row_weight, double alpha) override {
    kokkos::crps(scratch_, out, members, truth, row_weight, alpha);
  }
  void crps_adjoint(TensorView grad_members, ConstTensorView members, ConstTensorView truth,
                    ConstTensorView row_weight, double alpha, ConstTensorView coefficient,
                    Update update) override {
    kokkos::crps_adjoint(grad_members, members, truth, row_weight, alpha, coefficient, update);
  }
  void adamw(TensorView parameter, TensorView m, TensorView v, ConstTensorView gradient,
             const AdamwStep& step) override {
    kokkos::adamw(parameter, m, v, gradient, step);
  }

 private:
  std::string description_;
  myriad::detail::GrowingScratch scratch_;
};

}  // namespace

std::shared_ptr<kernels::Backend> make_kokkos_backend(int threads) {
  using Space = Kokkos::DefaultHostExecutionSpace;
#ifdef KOKKOS_ENABLE_SERIAL
  constexpr bool serial = std::is_same_v<Space, Kokkos::Serial>;
  MYRIAD_VALIDATE(threads <= 1 || !serial, ErrorKind::unavailable, "E2282",
                  "{} threads are not available (this build's Kokkos has the Serial space only); use threads: 1 and more "
                  "ranks (mpirun -n {}), or build with an OpenMP Kokkos",
                  threads, threads);
#endif
  initialise_kokkos_once(threads);
  const auto active = static_cast<int>(Space().concurrency());
  MYRIAD_VALIDATE(threads == 0 || threads == active, ErrorKind::unavailable, "E2282",
                  "{} threads are not available (the process computes with {}); ask for the same number everywhere", threads,
                  active);
  return std::make_shared<KokkosBackend>();
}

}  // namespace myriad
