#pragma once
/// \file
/// What a computation does and needs: calls, operations, bytes and memory, by op and by stage.

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "kernels/backend.hpp"

namespace myriad {

/// Counted work. Conventions (sfno.md 3.10)
/// - Operations are those of matrix products and transforms: a real multiply-add is 2, a complex one 8, a row of n points in an
///   FFT 2.5 n log2 n; Legendre sums run over the triangle. Other arithmetic is not counted: memory bounds it.
/// - Bytes are those that an op cannot avoid: every operand once, an output that is accumulated twice, in their dtypes.
///   Composite ops are counted as the sum of their parts, also where a backend fuses them.
struct Work {
  std::int64_t calls = 0;
  double flop = 0.0;
  double bytes = 0.0;
  /// Operations that remain when Legendre sums use the symmetry about the equator (half of theirs), by DType of the product:
  /// what a backend must do at least.
  std::array<double, 8> least_flop{};

  Work& operator+=(const Work& other);
};

/// Work of one stage (kernels::Stage).
struct StageWork {
  std::string name;
  Work work;
  std::map<std::string, Work> ops;  ///< by name of the op as in kernels/backend.hpp
  double seconds = 0.0;             ///< 0 unless timed
};

/// Passes every op on to another backend and counts it.
///
/// Plans and memory are the other backend's. Determinism: results are the other backend's, bit for bit.
/// Not counted: scratch inside the other backend (Backend::scratch_bytes), transfers between host and device.
class CountingBackend final : public kernels::Backend {
 public:
  enum class Timing : std::uint8_t {
    off,
    on,  ///< waits for the device where stages begin and end
  };

  explicit CountingBackend(std::shared_ptr<kernels::Backend> inner, Timing timing = Timing::off);

  /// In the order in which they first began; ops outside any stage are in "other". Seconds and work of a stage within another
  /// are not part of the outer one.
  const std::vector<StageWork>& stages() const { return stages_; }
  /// Over all stages.
  StageWork total() const;
  void set_timing(Timing timing) { timing_ = timing; }
  /// Start counting anew; memory stays counted, the peak is what is allocated now.
  void reset();
  std::int64_t bytes_now() const { return bytes_now_; }
  std::int64_t bytes_peak() const { return bytes_peak_; }

  const char* name() const override { return inner_->name(); }
  const char* description() const override { return inner_->description(); }
  bool supports(kernels::DType dtype) const override { return inner_->supports(dtype); }
  bool needs_fourier_scratch() const override { return inner_->needs_fourier_scratch(); }
  void* allocate(std::int64_t bytes) override;
  void deallocate(void* memory) override;
  void copy_to_device(void* device, const void* host, std::int64_t bytes) override {
    inner_->copy_to_device(device, host, bytes);
  }
  void copy_to_host(void* host, const void* device, std::int64_t bytes) override { inner_->copy_to_host(host, device, bytes); }
  bool memory_is_on_host() const override { return inner_->memory_is_on_host(); }
  void* allocate_host(std::int64_t bytes) override { return inner_->allocate_host(bytes); }
  void deallocate_host(void* memory) override { inner_->deallocate_host(memory); }
  std::unique_ptr<kernels::PendingCopy> begin_copy_to_host(void* host, const void* device, std::int64_t bytes) override {
    return inner_->begin_copy_to_host(host, device, bytes);
  }
  /// Timed ops outside any stage end here at the latest.
  void fence() override;
  std::unique_ptr<kernels::Collective> make_collective(kernels::Bootstrap& bootstrap, kernels::Reason& why) override;
  std::int64_t memory_available() override { return inner_->memory_available(); }
  std::int64_t take_memory_peak() override { return inner_->take_memory_peak(); }
  std::int64_t scratch_bytes(std::span<const kernels::FftSpec> grids, const kernels::SpectralLayout& layout, std::int64_t batch,
                             std::int64_t channels) const override {
    return inner_->scratch_bytes(grids, layout, batch, channels);
  }
  /// Records of the other backend are used while nothing is timed; ops that are repeated from a record are not counted.
  void repeat(const kernels::Repetition& key, const std::function<void()>& body) override {
    timing_ == Timing::on ? body() : inner_->repeat(key, body);
  }
  void begin_stage(const char* name) override;
  void end_stage() override;

  using TensorView = kernels::TensorView;
  using ConstTensorView = kernels::ConstTensorView;
  using Update = kernels::Update;
  using Activation = kernels::Activation;
  std::unique_ptr<kernels::FftPlan> make_fft_plan(const kernels::FftSpec& spec) override { return inner_->make_fft_plan(spec); }
  /// The table is counted as allocated.
  std::unique_ptr<kernels::LegendrePlan> make_legendre_plan(const kernels::LegendreSpec& spec) override;
  void fft_forward(const kernels::FftPlan& plan, TensorView fourier, ConstTensorView grid, kernels::FourierScale scale) override;
  void fft_inverse(const kernels::FftPlan& plan, TensorView grid, ConstTensorView fourier, kernels::FourierScale scale) override;
  void legendre_analysis(const kernels::LegendrePlan& plan, TensorView coefficients, ConstTensorView fourier,
                         kernels::RowWeights weights) override;
  void legendre_synthesis(const kernels::LegendrePlan& plan, TensorView fourier, ConstTensorView coefficients,
                          kernels::RowWeights weights) override;
  void sht_analysis(const kernels::FftPlan& fft, const kernels::LegendrePlan& legendre, TensorView coefficients,
                    ConstTensorView grid, kernels::FourierScale scale, kernels::RowWeights weights, TensorView fourier) override;
  void sht_synthesis(const kernels::FftPlan& fft, const kernels::LegendrePlan& legendre, TensorView grid,
                     ConstTensorView coefficients, kernels::FourierScale scale, kernels::RowWeights weights,
                     TensorView fourier) override;
  void spectral_mix(const kernels::SpectralLayout& layout, TensorView out, ConstTensorView in, ConstTensorView weight) override;
  void spectral_mix_adjoint_input(const kernels::SpectralLayout& layout, TensorView grad_in, ConstTensorView grad_out,
                                  ConstTensorView weight) override;
  void spectral_mix_adjoint_weight(const kernels::SpectralLayout& layout, TensorView grad_weight, ConstTensorView in,
                                   ConstTensorView grad_out, Update update) override;
  void spectral_conv1x1(TensorView out, ConstTensorView in, ConstTensorView weight) override;
  void spectral_conv1x1_adjoint_input(TensorView grad_in, ConstTensorView grad_out, ConstTensorView weight, Update update) override;
  void spectral_conv1x1_adjoint_weight(TensorView grad_weight, ConstTensorView grad_out, ConstTensorView in,
                                       Update update) override;
  void conv1x1(TensorView out, ConstTensorView in, ConstTensorView weight, ConstTensorView bias, Activation activation,
               Update update) override;
  void conv1x1_adjoint_input(TensorView grad_in, ConstTensorView grad_out, ConstTensorView weight, Update update) override;
  void conv1x1_adjoint_weight(TensorView grad_weight, TensorView grad_bias, ConstTensorView grad_out, ConstTensorView in,
                              Update update) override;
  void instance_norm(TensorView out, TensorView stats, ConstTensorView in, ConstTensorView gamma, ConstTensorView beta,
                     double epsilon, Activation activation) override;
  void instance_norm_statistics(TensorView stats, ConstTensorView in, double epsilon) override;
  void instance_norm_apply(TensorView out, ConstTensorView in, ConstTensorView stats, ConstTensorView gamma,
                           ConstTensorView beta, Activation activation) override;
  void instance_norm_adjoint(TensorView grad_in, TensorView grad_gamma, TensorView grad_beta, ConstTensorView grad_out,
                             ConstTensorView in, ConstTensorView stats, ConstTensorView gamma, ConstTensorView beta,
                             Activation activation) override;
  void gelu(TensorView out, ConstTensorView in) override;
  void gelu_adjoint(TensorView grad_in, ConstTensorView grad_out, ConstTensorView in) override;
  void axpby(TensorView out, double a, ConstTensorView x, double b, ConstTensorView y) override;
  void channel_affine(TensorView out, ConstTensorView in, ConstTensorView scale, ConstTensorView shift, Update update) override;
  void clamp_below(TensorView out, ConstTensorView in, ConstTensorView lower) override;
  void bitround(TensorView out, ConstTensorView in, ConstTensorView bits) override;
  void copy(TensorView out, ConstTensorView in) override;
  void fill(TensorView out, double value) override;
  void fill_normal(TensorView out, const kernels::RandomStream& stream, std::span<const std::uint32_t> members) override;
  void weighted_squared_error(TensorView out, ConstTensorView a, ConstTensorView b, ConstTensorView row_weight) override;
  void weighted_squared_error_adjoint(TensorView grad_a, ConstTensorView a, ConstTensorView b, ConstTensorView row_weight,
                                      ConstTensorView coefficient, Update update) override;
  double sum_of_squares(ConstTensorView in) override;
  std::int64_t count_nonfinite(ConstTensorView in) override;
  void first_outside(TensorView out, ConstTensorView in, ConstTensorView low, ConstTensorView high) override;
  void encode(void* message, ConstTensorView in, const kernels::WireFormat& format, const kernels::RandomStream& random, std::uint32_t member) override;
  void decode(TensorView out, const void* message, const kernels::WireFormat& format, kernels::Update update) override;
  double nth_magnitude(ConstTensorView in, std::int64_t n) override;
  std::int64_t select_magnitudes(std::uint32_t* indices, ConstTensorView in, double threshold, std::int64_t capacity) override;
  void gather(TensorView values, ConstTensorView in, const std::uint32_t* indices) override;
  void scatter(TensorView out, ConstTensorView values, const std::uint32_t* indices, kernels::Update update) override;
  void sort_members(TensorView out, ConstTensorView in, ConstTensorView centre) override;
  void member_moments(TensorView out, ConstTensorView in) override;
  void member_extremes(TensorView out, ConstTensorView in) override;
  void member_errors(TensorView out, ConstTensorView in, ConstTensorView truth) override;
  void combine_members(TensorView out, ConstTensorView in, ConstTensorView weight) override;
  void members_at_rank(TensorView out, ConstTensorView sorted, ConstTensorView rank) override;
  void count_members(TensorView out, ConstTensorView sorted, ConstTensorView threshold) override;
  void crps(TensorView out, ConstTensorView members, ConstTensorView truth, ConstTensorView row_weight, double alpha) override;
  void crps_adjoint(TensorView grad_members, ConstTensorView members, ConstTensorView truth, ConstTensorView row_weight,
                    double alpha, ConstTensorView coefficient, Update update) override;
  void adamw(TensorView parameter, TensorView m, TensorView v, ConstTensorView gradient,
             const kernels::AdamwStep& step) override;

 private:
  void count(const char* op, const Work& work);
  void count_fft(const char* op, const kernels::FftPlan& plan, ConstTensorView grid);
  void count_legendre(const char* op, const kernels::LegendrePlan& plan, ConstTensorView coefficients);
  std::size_t stage(const char* name);
  /// Wait, and give the time since the last call to the running stage.
  void clock();

  std::shared_ptr<kernels::Backend> inner_;
  Timing timing_;
  double since_ = 0.0;  ///< seconds of the steady clock
  std::vector<StageWork> stages_;
  std::vector<std::size_t> running_;  ///< indices into stages_, outermost first
  std::map<void*, std::int64_t> blocks_;
  std::int64_t bytes_now_ = 0, bytes_peak_ = 0;
};

}  // namespace myriad
