#include "kernels/cuda_backend.hpp"

#include <utility>
#include <vector>

#include "kernels/ops_cuda.hpp"

namespace myriad::kernels {
namespace {

class CudaBackend final : public Backend {
 public:
  const char* name() const override { return "cuda"; }
  const char* description() const override { return cuda::description(*device_); }

  bool supports(DType) const override { return true; }

  void* allocate(std::int64_t bytes) override { return cuda::allocate(*device_, bytes); }
  void deallocate(void* memory) override { cuda::deallocate(*device_, memory); }
  std::int64_t memory_available() override { return cuda::memory_available(*device_); }
  std::int64_t take_memory_peak() override { return cuda::take_memory_peak(*device_); }
  std::int64_t scratch_bytes(std::span<const FftSpec> grids, const SpectralLayout& layout, std::int64_t batch,
                             std::int64_t channels) const override {
    return cuda::scratch_bytes(grids, layout, batch, channels);
  }
  void copy_to_device(void* device, const void* host, std::int64_t bytes) override {
    cuda::copy_in(*device_, device, host, bytes);
  }
  void copy_to_host(void* host, const void* device, std::int64_t bytes) override {
    cuda::copy_out(*device_, host, device, bytes);
  }
  bool memory_is_on_host() const override { return false; }
  void* allocate_host(std::int64_t bytes) override { return cuda::allocate_host(*device_, bytes); }
  void deallocate_host(void* memory) override { cuda::deallocate_host(*device_, memory); }
  std::unique_ptr<PendingCopy> begin_copy_to_host(void* host, const void* device,
                                                  std::int64_t bytes) override {
    return cuda::begin_copy_out(*device_, host, device, bytes);
  }
  void fence() override { cuda::fence(*device_); }
  std::unique_ptr<Collective> make_collective(Bootstrap& bootstrap, Reason& why) override {
    return cuda::make_collective(device_, bootstrap, why);
  }

  void repeat(const Repetition& key, const std::function<void()>& body) override {
    cuda::repeat(*device_, *repetitions_, key, body);
  }

  std::unique_ptr<FftPlan> make_fft_plan(const FftSpec& spec) override {
    return cuda::make_fft_plan(*device_, spec);
  }
  std::unique_ptr<LegendrePlan> make_legendre_plan(const LegendreSpec& spec) override {
    return cuda::make_legendre_plan(*device_, spec);
  }
  void fft_forward(const FftPlan& plan, TensorView fourier, ConstTensorView grid,
                   FourierScale scale) override {
    cuda::fft_forward(*device_, plan, fourier, grid, scale);
  }
  void fft_inverse(const FftPlan& plan, TensorView grid, ConstTensorView fourier,
                   FourierScale scale) override {
    cuda::fft_inverse(*device_, plan, grid, fourier, scale);
  }
  void legendre_analysis(const LegendrePlan& plan, TensorView coefficients, ConstTensorView fourier,
                         RowWeights weights) override {
    cuda::legendre_analysis(*device_, plan, coefficients, fourier, weights);
  }
  void legendre_synthesis(const LegendrePlan& plan, TensorView fourier,
                          ConstTensorView coefficients, RowWeights weights) override {
    cuda::legendre_synthesis(*device_, plan, fourier, coefficients, weights);
  }
  bool needs_fourier_scratch() const override { return false; }
  void sht_analysis(const FftPlan& fft, const LegendrePlan& legendre, TensorView coefficients,
                    ConstTensorView grid, FourierScale scale, RowWeights weights,
                    TensorView) override {
    cuda::sht_analysis(*device_, fft, legendre, coefficients, grid, scale, weights);
  }
  void sht_synthesis(const FftPlan& fft, const LegendrePlan& legendre, TensorView grid,
                     ConstTensorView coefficients, FourierScale scale, RowWeights weights,
                     TensorView) override {
    cuda::sht_synthesis(*device_, fft, legendre, grid, coefficients, scale, weights);
  }
  void spectral_mix(const SpectralLayout& layout, TensorView out, ConstTensorView in,
                    ConstTensorView weight) override {
    cuda::spectral_mix(*device_, degrees(layout), out, in, weight);
  }
  void spectral_mix_adjoint_input(const SpectralLayout& layout, TensorView grad_in,
                                  ConstTensorView grad_out, ConstTensorView weight) override {
    cuda::spectral_mix_adjoint_input(*device_, degrees(layout), grad_in, grad_out, weight);
  }
  void spectral_mix_adjoint_weight(const SpectralLayout& layout, TensorView grad_weight,
                                   ConstTensorView in, ConstTensorView grad_out,
                                   Update update) override {
    cuda::spectral_mix_adjoint_weight(*device_, degrees(layout), grad_weight, in, grad_out, update);
  }
  void spectral_conv1x1(TensorView out, ConstTensorView in, ConstTensorView weight) override {
    cuda::spectral_conv1x1(*device_, out, in, weight);
  }
  void spectral_conv1x1_adjoint_input(TensorView grad_in, ConstTensorView grad_out,
                                      ConstTensorView weight, Update update) override {
    cuda::spectral_conv1x1_adjoint_input(*device_, grad_in, grad_out, weight, update);
  }
  void spectral_conv1x1_adjoint_weight(TensorView grad_weight, ConstTensorView grad_out,
                                       ConstTensorView in, Update update) override {
    cuda::spectral_conv1x1_adjoint_weight(*device_, grad_weight, grad_out, in, update);
  }
  void conv1x1(TensorView out, ConstTensorView in, ConstTensorView weight, ConstTensorView bias,
               Activation activation, Update update) override {
    cuda::conv1x1(*device_, out, in, weight, bias, activation, update);
  }
  void conv1x1_adjoint_input(TensorView grad_in, ConstTensorView grad_out, ConstTensorView weight,
                             Update update) override {
    cuda::conv1x1_adjoint_input(*device_, grad_in, grad_out, weight, update);
  }
  void conv1x1_adjoint_weight(TensorView grad_weight, TensorView grad_bias,
                              ConstTensorView grad_out, ConstTensorView in,
                              Update update) override {
    cuda::conv1x1_adjoint_weight(*device_, grad_weight, grad_bias, grad_out, in, update);
  }
  void instance_norm(TensorView out, TensorView stats, ConstTensorView in, ConstTensorView gamma,
                     ConstTensorView beta, double epsilon, Activation activation) override {
    cuda::instance_norm(*device_, out, stats, in, gamma, beta, epsilon, activation);
  }
  void instance_norm_statistics(TensorView stats, ConstTensorView in, double epsilon) override {
    cuda::instance_norm_statistics(*device_, stats, in, epsilon);
  }
  void instance_norm_apply(TensorView out, ConstTensorView in, ConstTensorView stats,
                           ConstTensorView gamma, ConstTensorView beta,
                           Activation activation) override {
    cuda::instance_norm_apply(*device_, out, in, stats, gamma, beta, activation);
  }
  void instance_norm_adjoint(TensorView grad_in, TensorView grad_gamma, TensorView grad_beta,
                             ConstTensorView grad_out, ConstTensorView in, ConstTensorView stats,
                             ConstTensorView gamma, ConstTensorView beta,
                             Activation activation) override {
    cuda::instance_norm_adjoint(*device_, grad_in, grad_gamma, grad_beta, grad_out, in, stats,
                                gamma, beta, activation);
  }
  void gelu(TensorView out, ConstTensorView in) override { cuda::gelu(*device_, out, in); }
  void gelu_adjoint(TensorView grad_in, ConstTensorView grad_out, ConstTensorView in) override {
    cuda::gelu_adjoint(*device_, grad_in, grad_out, in);
  }
  void axpby(TensorView out, double a, ConstTensorView x, double b, ConstTensorView y) override {
    cuda::axpby(*device_, out, a, x, b, y);
  }
  void channel_affine(TensorView out, ConstTensorView in, ConstTensorView scale,
                      ConstTensorView shift, Update update) override {
    cuda::channel_affine(*device_, out, in, scale, shift, update);
  }
  void clamp_below(TensorView out, ConstTensorView in, ConstTensorView lower) override {
    cuda::clamp_below(*device_, out, in, lower);
  }
  void copy(TensorView out, ConstTensorView in) override { cuda::copy(*device_, out, in); }
  void bitround(TensorView out, ConstTensorView in, ConstTensorView bits) override {
    cuda::bitround(*device_, out, in, bits);
  }
  void fill(TensorView out, double value) override { cuda::fill(*device_, out, value); }
  void fill_normal(TensorView out, const RandomStream& stream,
                   std::span<const std::uint32_t> members) override {
    cuda::fill_normal(*device_, out, stream, members);
  }
  void weighted_squared_error(TensorView out, ConstTensorView a, ConstTensorView b,
                              ConstTensorView row_weight) override {
    cuda::weighted_squared_error(*device_, out, a, b, row_weight);
  }
  void weighted_squared_error_adjoint(TensorView grad_a, ConstTensorView a, ConstTensorView b,
                                      ConstTensorView row_weight, ConstTensorView coefficient,
                                      Update update) override {
    cuda::weighted_squared_error_adjoint(*device_, grad_a, a, b, row_weight, coefficient, update);
  }
  double sum_of_squares(ConstTensorView in) override { return cuda::sum_of_squares(*device_, in); }
  std::int64_t count_nonfinite(ConstTensorView in) override {
    return cuda::count_nonfinite(*device_, in);
  }
  void first_outside(TensorView out, ConstTensorView in, ConstTensorView low,
                     ConstTensorView high) override {
    cuda::first_outside(*device_, out, in, low, high);
  }
  void encode(void* message, ConstTensorView in, const WireFormat& format,
              const RandomStream& random, std::uint32_t member) override {
    cuda::encode(*device_, message, in, format, random, member);
  }
  void decode(TensorView out, const void* message, const WireFormat& format,
              Update update) override {
    cuda::decode(*device_, out, message, format, update);
  }
  double nth_magnitude(ConstTensorView in, std::int64_t n) override {
    return cuda::nth_magnitude(*device_, in, n);
  }
  std::int64_t select_magnitudes(std::uint32_t* indices, ConstTensorView in, double threshold,
                                 std::int64_t capacity) override {
    return cuda::select_magnitudes(*device_, indices, in, threshold, capacity);
  }
  void gather(TensorView values, ConstTensorView in, const std::uint32_t* indices) override {
    cuda::gather(*device_, values, in, indices);
  }
  void scatter(TensorView out, ConstTensorView values, const std::uint32_t* indices,
               Update update) override {
    cuda::scatter(*device_, out, values, indices, update);
  }
  void sort_members(TensorView out, ConstTensorView in, ConstTensorView centre) override {
    cuda::sort_members(*device_, out, in, centre);
  }
  void member_moments(TensorView out, ConstTensorView in) override {
    cuda::member_moments(*device_, out, in);
  }
  void member_extremes(TensorView out, ConstTensorView in) override {
    cuda::member_extremes(*device_, out, in);
  }
  void member_errors(TensorView out, ConstTensorView in, ConstTensorView truth) override {
    cuda::member_errors(*device_, out, in, truth);
  }
  void combine_members(TensorView out, ConstTensorView in, ConstTensorView weight) override {
    cuda::combine_members(*device_, out, in, weight);
  }
  void members_at_rank(TensorView out, ConstTensorView sorted, ConstTensorView rank) override {
    cuda::members_at_rank(*device_, out, sorted, rank);
  }
  void count_members(TensorView out, ConstTensorView sorted, ConstTensorView threshold) override {
    cuda::count_members(*device_, out, sorted, threshold);
  }
  void crps(TensorView out, ConstTensorView members, ConstTensorView truth,
            ConstTensorView row_weight, double alpha) override {
    cuda::crps(*device_, out, members, truth, row_weight, alpha);
  }
  void crps_adjoint(TensorView grad_members, ConstTensorView members, ConstTensorView truth,
                    ConstTensorView row_weight, double alpha, ConstTensorView coefficient,
                    Update update) override {
    cuda::crps_adjoint(*device_, grad_members, members, truth, row_weight, alpha, coefficient,
                       update);
  }
  void adamw(TensorView parameter, TensorView m, TensorView v, ConstTensorView gradient,
             const AdamwStep& step) override {
    cuda::adamw(*device_, parameter, m, v, gradient, step);
  }

 private:
  const cuda::DegreeTable& degrees(const SpectralLayout& layout) {
    for (const auto& [known, table] : tables_) {
      if (known == layout) return *table;
    }
    tables_.emplace_back(layout, cuda::make_degree_table(*device_, layout));
    return *tables_.back().second;
  }

  std::shared_ptr<cuda::Device> device_ = cuda::make_device();
  std::shared_ptr<cuda::Repetitions> repetitions_ = cuda::make_repetitions();
  /// A process meets one or two layouts.
  std::vector<std::pair<SpectralLayout, std::shared_ptr<const cuda::DegreeTable>>> tables_;
};

}  // namespace

}  // namespace myriad::kernels

extern "C" myriad::kernels::Backend* myriad_make_cuda_backend(int local_rank, const char** why) {
  if (!myriad::kernels::cuda::choose_device(local_rank, why)) return nullptr;
  return new myriad::kernels::CudaBackend;
}
