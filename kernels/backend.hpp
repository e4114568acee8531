#pragma once
/// \file
/// The op interface: everything models, ensembles and training ask of a device (docs/adr/0001).
///
/// Conventions of all ops
/// - Shapes are written `name [dims]`; dimension 0 `batch` is members x dates. Dimensions after the batch are dense
///   row-major unless an op says otherwise; the batch stride is free.
/// - All tensors of one call have the same dtype unless stated. Complex data have a trailing extent 2.
/// - The value written for a batch element depends on that element's inputs only: not on the batch size, on its
///   position or on its neighbours, bit for bit (docs/adr/0002). Sums over the batch run in increasing batch index.
/// - `_adjoint` ops are transposes for the real inner product (re and im are independent reals).
/// - Outputs never alias inputs unless the op says "in place allowed".
/// - Preconditions are programmer errors and abort; no op throws.

#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include "kernels/spectral_layout.hpp"
#include "kernels/tensor.hpp"
#include "kernels/wire_format.hpp"

namespace myriad::kernels {

/// What happens to the previous content of an output.
enum class Update : std::uint8_t { overwrite, accumulate };

/// Whether the quadrature weight of each latitude row multiplies the grid side of a Legendre op.
enum class RowWeights : std::uint8_t { none, quadrature };

/// Factor per order m: `edge` for m = 0 and for the Nyquist order nlon/2, `interior` for the others.
struct FourierScale {
  double edge = 1.0;
  double interior = 1.0;
};

/// Shape of a batched real FFT along longitude.
struct FftSpec {
  std::int64_t nlat = 0;
  std::int64_t nlon = 0;
  std::int64_t mmax = 0;  ///< orders kept, <= nlon/2 + 1
  DType dtype = DType::f32;
};

/// Behaviour of a Legendre table under reflection at the equator: value(l, m, pi-theta) = sign * value(l, m, theta).
enum class TableParity : std::uint8_t {
  even,  ///< sign = (-1)^(l+m): P and m P / sin(theta)
  odd,   ///< sign = (-1)^(l+m+1): dP / dtheta
};

/// Shape and content of a Legendre contraction. The arrays are host memory and are copied by the backend.
struct LegendreSpec {
  std::int64_t nlat = 0;
  SpectralLayout layout;
  DType dtype = DType::f32;
  TableParity parity = TableParity::even;
  /// [layout.size(), (nlat+1)/2]: values on the northern rows (and the equator row of an odd nlat).
  std::span<const double> table;
  /// [nlat]: quadrature weights in x = cos(theta), symmetric about the equator.
  std::span<const double> weights;
};

/// Prepared FFT; made, owned and understood by one backend.
class FftPlan {
 public:
  virtual ~FftPlan() = default;
  const FftSpec& spec() const { return spec_; }

 protected:
  explicit FftPlan(const FftSpec& spec) : spec_(spec) {}
  FftPlan(const FftPlan&) = default;

 private:
  FftSpec spec_;
};

/// Prepared Legendre contraction; made, owned and understood by one backend.
class LegendrePlan {
 public:
  virtual ~LegendrePlan() = default;
  std::int64_t nlat() const { return nlat_; }
  const SpectralLayout& layout() const { return layout_; }
  DType dtype() const { return dtype_; }

 protected:
  explicit LegendrePlan(const LegendreSpec& spec)
      : nlat_(spec.nlat), layout_(spec.layout), dtype_(spec.dtype) {}
  LegendrePlan(const LegendrePlan&) = default;

 private:
  std::int64_t nlat_;
  SpectralLayout layout_;
  DType dtype_;
};

/// Address of a stream of counter-based random numbers (Philox4x32-10).
///
/// The 64-bit key is `seed`; the 128-bit counter is {index / 4, step, member, stream}. The number at `index` of a stream
/// is thus a pure function of these five values, whatever device, rank or batch asks for it.
struct RandomStream {
  std::uint64_t seed = 0;
  std::uint32_t stream = 0;  ///< purpose (see src/base/random_streams.hpp)
  std::uint32_t step = 0;
};

/// Activation applied by a convolution epilogue.
enum class Activation : std::uint8_t { none, gelu };

/// One step of AdamW with decoupled weight decay (Loshchilov and Hutter 2019, Algorithm 2).
struct AdamwStep {
  double learning_rate = 0.0;  ///< already scheduled
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
  double weight_decay = 0.0;  ///< multiplies learning_rate
  double gradient_scale = 1.0;  ///< multiplies the gradient first (averaging, clipping)
  std::int64_t step = 1;  ///< 1-based, for bias correction
  bool bias_correction = true;  ///< beta2 = 1 (a frozen second moment) is possible without it only
};

class Bootstrap;   // kernels/collective.hpp
class Collective;
struct Reason;

/// Names a sequence of ops that is issued again and again with the same tensors and scalars.
struct Repetition {
  std::uint64_t owner = 0;  ///< unique in the process, also after the owner's end
  const void* in = nullptr;
  const void* out = nullptr;
  std::int64_t batch = 0;
  std::int64_t version = 0;  ///< of all other memory that the ops use
  bool operator==(const Repetition&) const = default;
};

/// A copy to the host that may still be under way. Destruction waits for it.
class PendingCopy {
 public:
  virtual ~PendingCopy() = default;
  PendingCopy(const PendingCopy&) = delete;
  PendingCopy& operator=(const PendingCopy&) = delete;
  /// Return when the host memory holds the values.
  virtual void wait() = 0;

 protected:
  PendingCopy() = default;
};

/// The ops. Implementations: `kokkos` (portable), `reference` (plain loops, computes in fp64), `cuda`.
class Backend {
 public:
  virtual ~Backend() = default;
  /// Short name as in configurations: "kokkos", "reference", "cuda".
  virtual const char* name() const = 0;
  /// Device, execution space, FFT and BLAS providers and CPU kernel names, for provenance.
  virtual const char* description() const = 0;

  /// Whether the ops of an SFNO's forward pass take tensors of \p dtype: weights of products may be tf32, bf16 or f16, filters
  /// and matrices of coefficients tf32 or f16, fields on grids bf16 or f16 as their weights. In such a product sums are fp32.
  virtual bool supports(DType dtype) const { return dtype == DType::f32 || dtype == DType::f64; }

  // ---- memory -------------------------------------------------------------------------------------------------
  /// Uninitialised device memory aligned to 64 bytes; null when \p bytes is 0. Throws std::bad_alloc when
  /// exhausted.
  virtual void* allocate(std::int64_t bytes) = 0;
  virtual void deallocate(void* memory) = 0;
  /// Bytes that can still be allocated on the device; negative when that is not known (host memory).
  virtual std::int64_t memory_available() { return -1; }
  /// Most bytes that were allocated on the device at once since the last call (the first: since the start), with scratch and
  /// tables of the backend; negative when nobody counts them (host memory). What libraries take for themselves is not in it.
  virtual std::int64_t take_memory_peak() { return -1; }
  /// Most that transforms of [batch, channels] fields on all of \p grids, filters of their coefficients and the products beside them
  /// take on top of what callers allocate and of the tables of LegendreSpec.
  virtual std::int64_t scratch_bytes(std::span<const FftSpec> grids, const SpectralLayout& layout, std::int64_t batch,
                                     std::int64_t channels) const {
    static_cast<void>(grids), static_cast<void>(layout), static_cast<void>(batch), static_cast<void>(channels);
    return 0;
  }
  /// Queued like an op; the host memory may change or go away as soon as the call returns.
  virtual void copy_to_device(void* device, const void* host, std::int64_t bytes) = 0;
  /// Waits for every op issued so far.
  virtual void copy_to_host(void* host, const void* device, std::int64_t bytes) = 0;
  /// Whether the host may read and write memory of allocate() itself, between fences.
  virtual bool memory_is_on_host() const { return true; }
  /// Host memory that copies reach while ops run (page-locked, where that matters), else as allocate().
  virtual void* allocate_host(std::int64_t bytes) { return allocate(bytes); }
  virtual void deallocate_host(void* memory) { deallocate(memory); }
  /// Start a copy to memory of allocate_host(), after every op issued so far. Later ops may run meanwhile: until wait() none of
  /// them may change or free the source, and nobody may touch the target. Backends on the host copy at once.
  virtual std::unique_ptr<PendingCopy> begin_copy_to_host(void* host, const void* device, std::int64_t bytes);
  /// Wait until every op issued so far is complete.
  virtual void fence() = 0;
  /// Collective over the ranks of \p bootstrap, which must outlive the result: exchanges between their devices, in the order of
  /// the ops. Null on every rank when it is not possible on one; \p why then tells the reason.
  virtual std::unique_ptr<Collective> make_collective(Bootstrap& bootstrap, Reason& why);

  /// Call \p body, which issues ops and does nothing else; a device may record what it issues and repeat the record when the same
  /// key comes again.
  virtual void repeat(const Repetition& key, const std::function<void()>& body) {
    static_cast<void>(key);
    body();
  }

  // ---- spherical harmonic transforms ----------------------------------------------------------------------------
  virtual std::unique_ptr<FftPlan> make_fft_plan(const FftSpec& spec) = 0;
  virtual std::unique_ptr<LegendrePlan> make_legendre_plan(const LegendreSpec& spec) = 0;

  /// fourier [batch, m, lat, channel, 2] = s_m * sum_j grid[batch, channel, lat, j] exp(-i m lambda_j).
  /// Im is exactly 0 at m = 0 and at the Nyquist order.
  virtual void fft_forward(const FftPlan& plan, TensorView fourier, ConstTensorView grid, FourierScale scale) = 0;

  /// grid [batch, channel, lat, lon] = sum_m s_m Re(fourier[batch, m, lat, channel] exp(i m lambda_j)).
  /// Im is ignored at m = 0 and at the Nyquist order (sfno.md 2.4). Synthesis uses {1, 2}.
  /// fft_inverse with the same scale is the adjoint of fft_forward, and vice versa.
  virtual void fft_inverse(const FftPlan& plan, TensorView grid, ConstTensorView fourier, FourierScale scale) = 0;

  /// coefficients [batch, lm, channel, 2] = sum_k T_lm(k) w_k fourier[batch, m, k, channel] (w_k = 1 for none).
  virtual void legendre_analysis(const LegendrePlan& plan, TensorView coefficients, ConstTensorView fourier,
                                 RowWeights weights) = 0;

  /// fourier [batch, m, lat, channel, 2] = w_k sum_l T_lm(k) coefficients[batch, lm, channel].
  /// Orders without a coefficient (m >= lmax) are set to zero. Adjoint of legendre_analysis with the same weights.
  virtual void legendre_synthesis(const LegendrePlan& plan, TensorView fourier, ConstTensorView coefficients,
                                  RowWeights weights) = 0;

  /// Whether the composites below need their scratch `fourier`; otherwise it may be empty.
  virtual bool needs_fourier_scratch() const { return true; }
  /// Composite: legendre_analysis(fft_forward(grid)); a backend may fuse. `fourier` is scratch of the right shape.
  virtual void sht_analysis(const FftPlan& fft, const LegendrePlan& legendre, TensorView coefficients,
                            ConstTensorView grid, FourierScale scale, RowWeights weights, TensorView fourier);
  /// Composite: fft_inverse(legendre_synthesis(coefficients)).
  virtual void sht_synthesis(const FftPlan& fft, const LegendrePlan& legendre, TensorView grid,
                             ConstTensorView coefficients, FourierScale scale, RowWeights weights,
                             TensorView fourier);

  // ---- spectral filter ------------------------------------------------------------------------------------------
  /// out [batch, lm, o, 2] = sum_i in[batch, lm, i] * weight[l, i, o]  (complex x complex, the same matrix for all m).
  virtual void spectral_mix(const SpectralLayout& layout, TensorView out, ConstTensorView in,
                            ConstTensorView weight) = 0;
  /// grad_in [batch, lm, i, 2] = sum_o grad_out[batch, lm, o] * conj(weight[l, i, o]).
  virtual void spectral_mix_adjoint_input(const SpectralLayout& layout, TensorView grad_in,
                                          ConstTensorView grad_out, ConstTensorView weight) = 0;
  /// grad_weight [l, i, o, 2] (+)= sum_batch sum_m conj(in[batch, lm, i]) * grad_out[batch, lm, o].
  virtual void spectral_mix_adjoint_weight(const SpectralLayout& layout, TensorView grad_weight,
                                           ConstTensorView in, ConstTensorView grad_out, Update update) = 0;

  /// out [batch, lm, o, 2] = sum_i weight[o, i] in[batch, lm, i]: conv1x1 of a field, applied to its coefficients. The weight is real;
  /// its rows may be padded.
  virtual void spectral_conv1x1(TensorView out, ConstTensorView in, ConstTensorView weight) = 0;
  /// grad_in [batch, lm, i, 2] (+)= sum_o weight[o, i] grad_out[batch, lm, o].
  virtual void spectral_conv1x1_adjoint_input(TensorView grad_in, ConstTensorView grad_out, ConstTensorView weight,
                                              Update update) = 0;
  /// grad_weight [o, i] (+)= sum over batch, lm, re and im of grad_out[batch, lm, o] in[batch, lm, i].
  virtual void spectral_conv1x1_adjoint_weight(TensorView grad_weight, ConstTensorView grad_out, ConstTensorView in,
                                               Update update) = 0;

  // ---- 1x1 convolution (per-point matrix product) -------------------------------------------------------------
  /// out [batch, o, point] (+)= activation(weight[o, i] in[batch, i, point] + bias[o]); bias may be empty.
  /// With Activation::gelu and Update::accumulate the activation is applied to the product before adding.
  /// `point` may be given as lat, lon (rank 4); with rank 3 the stride between channels is free (a range of points).
  /// Rows of a 16-bit weight may be padded.
  virtual void conv1x1(TensorView out, ConstTensorView in, ConstTensorView weight, ConstTensorView bias,
                       Activation activation, Update update) = 0;
  /// grad_in [batch, i, point] (+)= weight^T grad_out[batch, o, point].
  virtual void conv1x1_adjoint_input(TensorView grad_in, ConstTensorView grad_out, ConstTensorView weight,
                                     Update update) = 0;
  /// grad_weight [o, i] (+)= sum_batch grad_out in^T; grad_bias [o] (+)= sum over batch and points (may be empty).
  virtual void conv1x1_adjoint_weight(TensorView grad_weight, TensorView grad_bias, ConstTensorView grad_out,
                                      ConstTensorView in, Update update) = 0;

  // ---- normalisation and activation ------------------------------------------------------------------------------
  /// out = activation(gamma (in - mean) rstd + beta), statistics over the points of each (batch, channel), biased
  /// variance, unweighted (sfno.md 3.4). stats [batch, channel, 2] receives mean and rstd = 1/sqrt(var + epsilon).
  /// in, out [batch, channel, point...]; gamma, beta [channel]. In place allowed.
  virtual void instance_norm(TensorView out, TensorView stats, ConstTensorView in, ConstTensorView gamma,
                             ConstTensorView beta, double epsilon, Activation activation) = 0;
  /// The statistics of instance_norm alone.
  virtual void instance_norm_statistics(TensorView stats, ConstTensorView in, double epsilon) = 0;
  /// The rest of instance_norm, with given statistics, for any range of points: in, out [batch, channel, point] may have any
  /// stride between channels. In place allowed.
  virtual void instance_norm_apply(TensorView out, ConstTensorView in, ConstTensorView stats, ConstTensorView gamma,
                                   ConstTensorView beta, Activation activation) = 0;
  /// Adjoint of instance_norm (recomputes the normalised value, and the activation's slope, from in and stats).
  /// grad_gamma, grad_beta [channel] are accumulated; grad_in is overwritten. grad_in may alias grad_out.
  virtual void instance_norm_adjoint(TensorView grad_in, TensorView grad_gamma, TensorView grad_beta,
                                     ConstTensorView grad_out, ConstTensorView in, ConstTensorView stats,
                                     ConstTensorView gamma, ConstTensorView beta, Activation activation) = 0;
  /// out = x (1 + erf(x / sqrt 2)) / 2, elementwise on dense tensors. In place allowed.
  virtual void gelu(TensorView out, ConstTensorView in) = 0;
  /// grad_in = grad_out * gelu'(in). grad_in may alias grad_out.
  virtual void gelu_adjoint(TensorView grad_in, ConstTensorView grad_out, ConstTensorView in) = 0;

  // ---- pointwise and copies -----------------------------------------------------------------------------------
  /// out = a x + b y, same shape, any strides. In place allowed. With b = 0, y is not read and may be empty.
  virtual void axpby(TensorView out, double a, ConstTensorView x, double b, ConstTensorView y) = 0;
  /// out [batch, channel, point...] (+)= scale[channel] in + shift[channel]; scale and shift may be empty (1, 0).
  /// In place allowed.
  virtual void channel_affine(TensorView out, ConstTensorView in, ConstTensorView scale, ConstTensorView shift,
                              Update update) = 0;
  /// out [batch, channel, point...] = max(in, lower[channel]). In place allowed.
  virtual void clamp_below(TensorView out, ConstTensorView in, ConstTensorView lower) = 0;
  /// Copy between views of equal extents, any strides and dtypes (f32 <-> f64 converts). An input extent of 1 against a
  /// larger output extent is broadcast.
  virtual void copy(TensorView out, ConstTensorView in) = 0;
  /// out [batch, channel, point...] = in rounded to bits[channel] explicit mantissa bits, halves away from zero (BitRound:
  /// Zender 2016; Kloewer et al. 2021). bits: whole numbers from 1 on in the dtype of in; as many as the dtype has (23, 52), or
  /// more, change nothing; NaN and infinities stay as they are. In place allowed.
  virtual void bitround(TensorView out, ConstTensorView in, ConstTensorView bits) = 0;
  virtual void fill(TensorView out, double value) = 0;

  // ---- random numbers -------------------------------------------------------------------------------------------
  /// out [batch, index...] = N(0,1) at indices 0.. of stream {stream, member = members[b]}, by Box-Muller in fp64 from
  /// pairs of 32-bit words, rounded to the dtype at the end. members is host memory of length batch.
  virtual void fill_normal(TensorView out, const RandomStream& stream, std::span<const std::uint32_t> members) = 0;

  // ---- fixed-order reductions (accumulated and returned in fp64) ---------------------------------------------
  /// out f64 [batch, channel] = sum_k row_weight[k] sum_j (a - b)^2 / nlon; a, b [batch, channel, lat, lon], row_weight f64 [lat].
  virtual void weighted_squared_error(TensorView out, ConstTensorView a, ConstTensorView b,
                                      ConstTensorView row_weight) = 0;
  /// grad_a [batch, channel, lat, lon] (+)= 2 coefficient[batch, channel] row_weight[lat] (a - b) / nlon; coefficient f64.
  virtual void weighted_squared_error_adjoint(TensorView grad_a, ConstTensorView a, ConstTensorView b,
                                              ConstTensorView row_weight, ConstTensorView coefficient,
                                              Update update) = 0;
  /// Sum of squares of a dense tensor in a fixed blocked order.
  virtual double sum_of_squares(ConstTensorView in) = 0;
  /// Number of elements that are NaN or infinite.
  virtual std::int64_t count_nonfinite(ConstTensorView in) = 0;
  /// out f64 [batch, channel] = number (row-major) of the first point of in [batch, channel, point...] that is NaN, infinite,
  /// or outside low[channel] to high[channel]; -1 where there is none.
  virtual void first_outside(TensorView out, ConstTensorView in, ConstTensorView low, ConstTensorView high) = 0;

  // ---- members of an ensemble, point by point ---------------------------------------------------------------------
  // in [member, point]: points are dense, the stride between members is free; sorted: as sort_members() makes it. out and the other
  // operands are f64 and dense unless said otherwise. N members are taken in their order.

  /// out [member, point] (dtype of in) = the members of each point in ascending order or, with a centre [point] (dtype of in; else
  /// empty), their distances |x_i - centre| in ascending order. -0 becomes +0. Preconditions: no NaN.
  virtual void sort_members(TensorView out, ConstTensorView in, ConstTensorView centre) = 0;
  /// out [2, point]: mean, and variance with divisor N - 1 (0 for one member) in a second pass.
  virtual void member_moments(TensorView out, ConstTensorView in) = 0;
  /// out [4, point]: smallest value, first member that has it, largest value, first member that has it.
  virtual void member_extremes(TensorView out, ConstTensorView in) = 0;
  /// out [5, point] against truth [point] (dtype of in): sum of |x_i - y|, smallest |x_i - y|, first member that has it, number of
  /// members below y, number equal to y.
  virtual void member_errors(TensorView out, ConstTensorView in, ConstTensorView truth) = 0;
  /// out [k, point] = sum_i weight[k, i] in[i, point].
  virtual void combine_members(TensorView out, ConstTensorView in, ConstTensorView weight) = 0;
  /// out [k, point]: value at the fractional rank[k] in 0..N-1, linear between neighbours: x_(r) + f (x_(r+1) - x_(r)).
  virtual void members_at_rank(TensorView out, ConstTensorView sorted, ConstTensorView rank) = 0;
  /// out [2, k, point]: number of members below threshold[k, point], number at or below it. An extent of 1 in place of the points is
  /// one threshold for all of them.
  virtual void count_members(TensorView out, ConstTensorView sorted, ConstTensorView threshold) = 0;

  // ---- ensemble loss ----------------------------------------------------------------------------------------------
  /// Almost-fair CRPS over members (generative.md 4.1): members [member, group, channel, lat, lon], truth [group, channel,
  /// lat, lon]. out f64 [group, channel] = sum_k row_weight[k] mean_j ( A - coefficient * B ), A = mean_i |x_i - y|,
  /// B = sum_{i<j} |x_i - x_j|, coefficient = alpha/(M(M-1)) + (1-alpha)/M^2; M = 1 gives A.
  virtual void crps(TensorView out, ConstTensorView members, ConstTensorView truth, ConstTensorView row_weight,
                    double alpha) = 0;
  /// grad_members (+)= coefficient[group, channel] d(out)/d(members); sgn(0) = 0.
  virtual void crps_adjoint(TensorView grad_members, ConstTensorView members, ConstTensorView truth,
                            ConstTensorView row_weight, double alpha, ConstTensorView coefficient,
                            Update update) = 0;

  // ---- optimiser --------------------------------------------------------------------------------------------------
  /// In place on dense tensors of equal size: parameter, first moment m, second moment v.
  virtual void adamw(TensorView parameter, TensorView m, TensorView v, ConstTensorView gradient,
                     const AdamwStep& step) = 0;

  // ---- messages of training -----------------------------------------------------------------------------------------
  // Vectors are dense and finite, indices are u32 in device memory, messages encoded_bytes() bytes of device memory. The bits of a
  // message, and what is selected, are the same on every backend.

  /// message = in [element] in \p format. Of a stochastic format the word of element k is number k of stream {random, member}.
  virtual void encode(void* message, ConstTensorView in, const WireFormat& format, const RandomStream& random,
                      std::uint32_t member) = 0;
  /// out [element] (+)= what the message stands for.
  virtual void decode(TensorView out, const void* message, const WireFormat& format, Update update) = 0;
  /// The n-th largest of |in|, n from 1 to the size.
  virtual double nth_magnitude(ConstTensorView in, std::int64_t n) = 0;
  /// indices = where |in| > threshold and then where |in| = threshold, lower indices first, as long as there is \p capacity; written
  /// in ascending order. Returns the number of elements with |in| >= threshold, which may be more than the capacity.
  virtual std::int64_t select_magnitudes(std::uint32_t* indices, ConstTensorView in, double threshold, std::int64_t capacity) = 0;
  /// values [k] = in[indices[k]]; indices below the size of in.
  virtual void gather(TensorView values, ConstTensorView in, const std::uint32_t* indices) = 0;
  /// out[indices[k]] (+)= values [k]; the indices are different from each other.
  virtual void scatter(TensorView out, ConstTensorView values, const std::uint32_t* indices, Update update) = 0;

  // ---- accounting -------------------------------------------------------------------------------------------------
  /// Name what the ops until the matching end_stage() belong to; stages nest, the innermost counts. \p name outlives the
  /// backend. No op depends on it: only backends that count or time listen (src/backend/counting_backend.hpp).
  virtual void begin_stage(const char* name);
  virtual void end_stage();
};

/// Names the ops that are issued while it lives.
class Stage {
 public:
  Stage(Backend& backend, const char* name) : backend_(backend) { backend_.begin_stage(name); }
  ~Stage() { backend_.end_stage(); }
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;

 private:
  Backend& backend_;
};

}  // namespace myriad::kernels
