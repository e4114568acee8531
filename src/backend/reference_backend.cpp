#include "src/backend/reference_backend.hpp"

#include <cstring>

#include "kernels/adamw.hpp"
#include "kernels/conv1x1.hpp"
#include "kernels/crps.hpp"
#include "kernels/fft.hpp"
#include "kernels/gelu.hpp"
#include "kernels/instance_norm.hpp"
#include "kernels/legendre.hpp"
#include "kernels/compression.hpp"
#include "kernels/members.hpp"
#include "kernels/pointwise.hpp"
#include "kernels/random.hpp"
#include "kernels/reductions.hpp"
#include "kernels/spectral_conv1x1.hpp"
#include "kernels/spectral_mix.hpp"
#include "src/backend/host_memory.hpp"
#include "src/base/error.hpp"

namespace myriad {
namespace {

using namespace kernels;  // the signatures below are those of kernels/backend.hpp

class ReferenceBackend final : public Backend {
 public:
  const char* name() const override { return "reference"; }
  const char* description() const override {
    return "reference: plain loops in fp64 on one thread";
  }

  /// Stored numbers are rounded to their format, products are not.
  bool supports(kernels::DType) const override { return true; }

  void* allocate(std::int64_t bytes) override { return myriad::detail::allocate_host(bytes); }
  void deallocate(void* memory) override { myriad::detail::deallocate_host(memory); }
  void copy_to_device(void* device, const void* host, std::int64_t bytes) override {
    if (bytes > 0) std::memcpy(device, host, static_cast<std::size_t>(bytes));
  }
  void copy_to_host(void* host, const void* device, std::int64_t bytes) override {
    if (bytes > 0) std::memcpy(host, device, static_cast<std::size_t>(bytes));
  }
  void fence() override {}

  std::unique_ptr<FftPlan> make_fft_plan(const FftSpec& spec) override {
    return reference::make_fft_plan(spec);
  }
  std::unique_ptr<LegendrePlan> make_legendre_plan(const LegendreSpec& spec) override {
    return reference::make_legendre_plan(spec);
  }
  void fft_forward(const FftPlan& plan, TensorView fourier, ConstTensorView grid,
                   FourierScale scale) override {
    reference::fft_forward(plan, fourier, grid, scale);
  }
  void fft_inverse(const FftPlan& plan, TensorView grid, ConstTensorView fourier,
                   FourierScale scale) override {
    reference::fft_inverse(plan, grid, fourier, scale);
  }
  void legendre_analysis(const LegendrePlan& plan, TensorView coefficients, ConstTensorView fourier,
                         RowWeights weights) override {
    reference::legendre_analysis(plan, coefficients, fourier, weights);
  }
  void legendre_synthesis(const LegendrePlan& plan, TensorView fourier,
                          ConstTensorView coefficients, RowWeights weights) override {
    reference::legendre_synthesis(plan, fourier, coefficients, weights);
  }
  void spectral_mix(const SpectralLayout& layout, TensorView out, ConstTensorView in,
                    ConstTensorView weight) override {
    reference::spectral_mix(layout, out, in, weight);
  }
  void spectral_mix_adjoint_input(const SpectralLayout& layout, TensorView grad_in,
                                  ConstTensorView grad_out, ConstTensorView weight) override {
    reference::spectral_mix_adjoint_input(layout, grad_in, grad_out, weight);
  }
  void spectral_mix_adjoint_weight(const SpectralLayout& layout, TensorView grad_weight,
                                   ConstTensorView in, ConstTensorView grad_out,
                                   Update update) override {
    reference::spectral_mix_adjoint_weight(layout, grad_weight, in, grad_out, update);
  }
  void spectral_conv1x1(TensorView out, ConstTensorView in, ConstTensorView weight) override {
    reference::spectral_conv1x1(out, in, weight);
  }
  void spectral_conv1x1_adjoint_input(TensorView grad_in, ConstTensorView grad_out,
                                      ConstTensorView weight, Update update) override {
    reference::spectral_conv1x1_adjoint_input(grad_in, grad_out, weight, update);
  }
  void spectral_conv1x1_adjoint_weight(TensorView grad_weight, ConstTensorView grad_out,
                                       ConstTensorView in, Update update) override {
    reference::spectral_conv1x1_adjoint_weight(grad_weight, grad_out, in, update);
  }
  void conv1x1(TensorView out, ConstTensorView in, ConstTensorView weight, ConstTensorView bias,
               Activation activation, Update update) override {
    reference::conv1x1(out, in, weight, bias, activation, update);
  }
  void conv1x1_adjoint_input(TensorView grad_in, ConstTensorView grad_out, ConstTensorView weight,
                             Update update) override {
    reference::conv1x1_adjoint_input(grad_in, grad_out, weight, update);
  }
  void conv1x1_adjoint_weight(TensorView grad_weight, TensorView grad_bias,
                              ConstTensorView grad_out, ConstTensorView in,
                              Update update) override {
    reference::conv1x1_adjoint_weight(grad_weight, grad_bias, grad_out, in, update);
  }
  void instance_norm(TensorView out, TensorView stats, ConstTensorView in, ConstTensorView gamma,
                     ConstTensorView beta, double epsilon, Activation activation) override {
    reference::instance_norm(out, stats, in, gamma, beta, epsilon, activation);
  }
  void instance_norm_statistics(TensorView stats, ConstTensorView in, double epsilon) override {
    reference::instance_norm_statistics(stats, in, epsilon);
  }
  void instance_norm_apply(TensorView out, ConstTensorView in, ConstTensorView stats,
                           ConstTensorView gamma, ConstTensorView beta,
                           Activation activation) override {
    reference::instance_norm_apply(out, in, stats, gamma, beta, activation);
  }
  void instance_norm_adjoint(TensorView grad_in, TensorView grad_gamma, TensorView grad_beta,
                             ConstTensorView grad_out, ConstTensorView in, ConstTensorView stats,
                             ConstTensorView gamma, ConstTensorView beta,
                             Activation activation) override {
    reference::instance_norm_adjoint(grad_in, grad_gamma, grad_beta, grad_out, in, stats, gamma,
                                     beta, activation);
  }
  void gelu(TensorView out, ConstTensorView in) override { reference::gelu(out, in); }
  void gelu_adjoint(TensorView grad_in, ConstTensorView grad_out, ConstTensorView in) override {
    reference::gelu_adjoint(grad_in, grad_out, in);
  }
  void axpby(TensorView out, double a, ConstTensorView x, double b, ConstTensorView y) override {
    reference::axpby(out, a, x, b, y);
  }
  void channel_affine(TensorView out, ConstTensorView in, ConstTensorView scale,
                      ConstTensorView shift, Update update) override {
    reference::channel_affine(out, in, scale, shift, update);
  }
  void clamp_below(TensorView out, ConstTensorView in, ConstTensorView lower) override {
    reference::clamp_below(out, in, lower);
  }
  void copy(TensorView out, ConstTensorView in) override { reference::copy(out, in); }
  void bitround(TensorView out, ConstTensorView in, ConstTensorView bits) override {
    reference::bitround(out, in, bits);
  }
  void fill(TensorView out, double value) override { reference::fill(out, value); }
  void fill_normal(TensorView out, const RandomStream& stream,
                   std::span<const std::uint32_t> members) override {
    reference::fill_normal(out, stream, members);
  }
  void weighted_squared_error(TensorView out, ConstTensorView a, ConstTensorView b,
                              ConstTensorView row_weight) override {
    reference::weighted_squared_error(out, a, b, row_weight);
  }
  void weighted_squared_error_adjoint(TensorView grad_a, ConstTensorView a, ConstTensorView b,
                                      ConstTensorView row_weight, ConstTensorView coefficient,
                                      Update update) override {
    reference::weighted_squared_error_adjoint(grad_a, a, b, row_weight, coefficient, update);
  }
  double sum_of_squares(ConstTensorView in) override { return reference::sum_of_squares(in); }
  std::int64_t count_nonfinite(ConstTensorView in) override {
    return reference::count_nonfinite(in);
  }
  void first_outside(TensorView out, ConstTensorView in, ConstTensorView low,
                     ConstTensorView high) override {
    reference::first_outside(out, in, low, high);
  }
  void encode(void* message, ConstTensorView in, const WireFormat& format,
              const RandomStream& random, std::uint32_t member) override {
    reference::encode(message, in, format, random, member);
  }
  void decode(TensorView out, const void* message, const WireFormat& format,
              Update update) override {
    reference::decode(out, message, format, update);
  }
  double nth_magnitude(ConstTensorView in, std::int64_t n) override {
    return reference::nth_magnitude(in, n);
  }
  std::int64_t select_magnitudes(std::uint32_t* indices, ConstTensorView in, double threshold,
                                 std::int64_t capacity) override {
    return reference::select_magnitudes(indices, in, threshold, capacity);
  }
  void gather(TensorView values, ConstTensorView in, const std::uint32_t* indices) override {
    reference::gather(values, in, indices);
  }
  void scatter(TensorView out, ConstTensorView values, const std::uint32_t* indices,
               Update update) override {
    reference::scatter(out, values, indices, update);
  }
  void sort_members(TensorView out, ConstTensorView in, ConstTensorView centre) override {
    reference::sort_members(out, in, centre);
  }
  void member_moments(TensorView out, ConstTensorView in) override {
    reference::member_moments(out, in);
  }
  void member_extremes(TensorView out, ConstTensorView in) override {
    reference::member_extremes(out, in);
  }
  void member_errors(TensorView out, ConstTensorView in, ConstTensorView truth) override {
    reference::member_errors(out, in, truth);
  }
  void combine_members(TensorView out, ConstTensorView in, ConstTensorView weight) override {
    reference::combine_members(out, in, weight);
  }
  void members_at_rank(TensorView out, ConstTensorView sorted, ConstTensorView rank) override {
    reference::members_at_rank(out, sorted, rank);
  }
  void count_members(TensorView out, ConstTensorView sorted, ConstTensorView threshold) override {
    reference::count_members(out, sorted, threshold);
  }
  void crps(TensorView out, ConstTensorView members, ConstTensorView truth,
            ConstTensorView row_weight, double alpha) override {
    reference::crps(out, members, truth, row_weight, alpha);
  }
  void crps_adjoint(TensorView grad_members, ConstTensorView members, ConstTensorView truth,
                    ConstTensorView row_weight, double alpha, ConstTensorView coefficient,
                    Update update) override {
    reference::crps_adjoint(grad_members, members, truth, row_weight, alpha, coefficient, update);
  }
  void adamw(TensorView parameter, TensorView m, TensorView v, ConstTensorView gradient,
             const AdamwStep& step) override {
    reference::adamw(parameter, m, v, gradient, step);
  }
};

}  // namespace

std::shared_ptr<kernels::Backend> make_reference_backend(int threads) {
  MYRIAD_VALIDATE(threads <= 1, ErrorKind::unavailable, "E2282",
                  "{} threads are not available (the reference backend has plain loops on one thread); use threads: 1", threads);

  return std::make_shared<ReferenceBackend>();
}

}  // namespace myriad
