#include "src/backend/null_backend.hpp"

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "src/base/error.hpp"

namespace myriad {

namespace {

using namespace kernels;

struct NullFft final : FftPlan {
  explicit NullFft(const FftSpec& spec) : FftPlan(spec) {}
};

struct NullLegendre final : LegendrePlan {
  explicit NullLegendre(const LegendreSpec& spec) : LegendrePlan(spec) {}
};

struct NullCopy final : PendingCopy {
  void wait() override {}
};

class NullBackend final : public Backend {
 public:
  explicit NullBackend(std::shared_ptr<const Backend> like) : like_(std::move(like)) {}
  const char* name() const override { return "null"; }
  const char* description() const override { return "null: no operation, no memory"; }
  bool supports(DType) const override { return true; }
  bool needs_fourier_scratch() const override { return like_ == nullptr || like_->needs_fourier_scratch(); }
  std::int64_t scratch_bytes(std::span<const FftSpec> grids, const SpectralLayout& layout, std::int64_t batch,
                             std::int64_t channels) const override {
    return like_ == nullptr ? 0 : like_->scratch_bytes(grids, layout, batch, channels);
  }

  void* allocate(std::int64_t bytes) override {
    if (bytes == 0) return nullptr;
    const std::uintptr_t address = next_;
    next_ += (static_cast<std::uintptr_t>(bytes) + 63) / 64 * 64;
    return reinterpret_cast<void*>(address);  // NOLINT(performance-no-int-to-ptr)
  }
  void deallocate(void*) override {}
  void copy_to_device(void*, const void*, std::int64_t) override {}
  void copy_to_host(void* host, const void*, std::int64_t bytes) override {
    std::memset(host, 0, static_cast<std::size_t>(bytes));
  }
  bool memory_is_on_host() const override { return false; }
  void* allocate_host(std::int64_t bytes) override {
    if (bytes == 0) return nullptr;
    void* const memory = std::calloc(static_cast<std::size_t>(bytes), 1);  // zeros that take no memory until touched
    if (memory == nullptr) throw OutOfMemory(bytes);
    return memory;
  }
  void deallocate_host(void* memory) override { std::free(memory); }
  std::unique_ptr<PendingCopy> begin_copy_to_host(void*, const void*, std::int64_t) override {
    return std::make_unique<NullCopy>();
  }
  void fence() override {}

  std::unique_ptr<FftPlan> make_fft_plan(const FftSpec& spec) override { return std::make_unique<NullFft>(spec); }
  std::unique_ptr<LegendrePlan> make_legendre_plan(const LegendreSpec& spec) override {
    return std::make_unique<NullLegendre>(spec);
  }
  void fft_forward(const FftPlan&, TensorView, ConstTensorView, FourierScale) override {}
  void fft_inverse(const FftPlan&, TensorView, ConstTensorView, FourierScale) override {}
  void legendre_analysis(const LegendrePlan&, TensorView, ConstTensorView, RowWeights) override {}
  void legendre_synthesis(const LegendrePlan&, TensorView, ConstTensorView, RowWeights) override {}
  void spectral_mix(const SpectralLayout&, TensorView, ConstTensorView, ConstTensorView) override {}
  void spectral_mix_adjoint_input(const SpectralLayout&, TensorView, ConstTensorView, ConstTensorView) override {}
  void spectral_mix_adjoint_weight(const SpectralLayout&, TensorView, ConstTensorView, ConstTensorView, Update) override {}
  void spectral_conv1x1(TensorView, ConstTensorView, ConstTensorView) override {}
  void spectral_conv1x1_adjoint_input(TensorView, ConstTensorView, ConstTensorView, Update) override {}
  void spectral_conv1x1_adjoint_weight(TensorView, ConstTensorView, ConstTensorView, Update) override {}
  void conv1x1(TensorView, ConstTensorView, ConstTensorView, ConstTensorView, Activation, Update) override {}
  void conv1x1_adjoint_input(TensorView, ConstTensorView, ConstTensorView, Update) override {}
  void conv1x1_adjoint_weight(TensorView, TensorView, ConstTensorView, ConstTensorView, Update) override {}
  void instance_norm(TensorView, TensorView, ConstTensorView, ConstTensorView, ConstTensorView, double, Activation) override {}
  void instance_norm_statistics(TensorView, ConstTensorView, double) override {}
  void instance_norm_apply(TensorView, ConstTensorView, ConstTensorView, ConstTensorView, ConstTensorView, Activation) override {}
  void instance_norm_adjoint(TensorView, TensorView, TensorView, ConstTensorView, ConstTensorView, ConstTensorView,
                             ConstTensorView, ConstTensorView, Activation) override {}
  void gelu(TensorView, ConstTensorView) override {}
  void gelu_adjoint(TensorView, ConstTensorView, ConstTensorView) override {}
  void axpby(TensorView, double, ConstTensorView, double, ConstTensorView) override {}
  void channel_affine(TensorView, ConstTensorView, ConstTensorView, ConstTensorView, Update) override {}
  void clamp_below(TensorView, ConstTensorView, ConstTensorView) override {}
  void bitround(TensorView, ConstTensorView, ConstTensorView) override {}
  void copy(TensorView, ConstTensorView) override {}
  void fill(TensorView, double) override {}
  void fill_normal(TensorView, const RandomStream&, std::span<const std::uint32_t>) override {}
  void weighted_squared_error(TensorView, ConstTensorView, ConstTensorView, ConstTensorView) override {}
  void weighted_squared_error_adjoint(TensorView, ConstTensorView, ConstTensorView, ConstTensorView, ConstTensorView,
                                      Update) override {}
  double sum_of_squares(ConstTensorView) override { return 0.0; }
  std::int64_t count_nonfinite(ConstTensorView) override { return 0; }
  void first_outside(TensorView, ConstTensorView, ConstTensorView, ConstTensorView) override {}
  void sort_members(TensorView, ConstTensorView, ConstTensorView) override {}
  void member_moments(TensorView, ConstTensorView) override {}
  void member_extremes(TensorView, ConstTensorView) override {}
  void member_errors(TensorView, ConstTensorView, ConstTensorView) override {}
  void combine_members(TensorView, ConstTensorView, ConstTensorView) override {}
  void members_at_rank(TensorView, ConstTensorView, ConstTensorView) override {}
  void count_members(TensorView, ConstTensorView, ConstTensorView) override {}
  void crps(TensorView, ConstTensorView, ConstTensorView, ConstTensorView, double) override {}
  void crps_adjoint(TensorView, ConstTensorView, ConstTensorView, ConstTensorView, double, ConstTensorView, Update) override {}
  void encode(void*, ConstTensorView, const WireFormat&, const RandomStream&, std::uint32_t) override {}
  void decode(TensorView, const void*, const WireFormat&, Update) override {}
  double nth_magnitude(ConstTensorView, std::int64_t) override { return 0.0; }
  std::int64_t select_magnitudes(std::uint32_t*, ConstTensorView, double, std::int64_t) override { return 0; }
  void gather(TensorView, ConstTensorView, const std::uint32_t*) override {}
  void scatter(TensorView, ConstTensorView, const std::uint32_t*, Update) override {}
  void adamw(TensorView, TensorView, TensorView, ConstTensorView, const AdamwStep&) override {}

 private:
  std::uintptr_t next_ = std::uintptr_t{1} << 60;  // no processor of today maps this: a touch ends the program
  std::shared_ptr<const Backend> like_;
};

}  // namespace

std::shared_ptr<kernels::Backend> make_null_backend(std::shared_ptr<const kernels::Backend> like) {
  return std::make_shared<NullBackend>(std::move(like));
}

}  // namespace myriad
