#include "src/backend/counting_backend.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <utility>

#include "kernels/collective.hpp"
#include "src/base/error.hpp"

namespace myriad {

using namespace kernels;

namespace {

double real(std::int64_t value) { return static_cast<double>(value); }

/// Of several tensors; an empty one is none.
template <class... Views>
double bytes_of(const Views&... views) {
  return ((views.empty() ? 0.0 : real(views.size() * size_of(views.dtype))) + ...);
}

/// Of a tensor that is written, and read before if accumulated.
double written(ConstTensorView out, Update update) { return (update == Update::accumulate ? 2.0 : 1.0) * bytes_of(out); }

Work moves(double bytes) {
  Work work;
  work.calls = 1;
  work.bytes = bytes;
  return work;
}

Work multiplies(double flop, DType dtype, double bytes) {
  Work work = moves(bytes);
  work.flop = flop;
  work.least_flop[static_cast<std::size_t>(dtype)] = flop;
  return work;
}

/// Elements of every channel of every batch element.
double points(ConstTensorView field) { return real(field.size() / field.dim(1)); }

double steady_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace

Work& Work::operator+=(const Work& other) {
  calls += other.calls;
  flop += other.flop;
  bytes += other.bytes;
  for (std::size_t d = 0; d < least_flop.size(); ++d) least_flop[d] += other.least_flop[d];
  return *this;
}

CountingBackend::CountingBackend(std::shared_ptr<Backend> inner, Timing timing)
    : inner_(std::move(inner)), timing_(timing) {
  reset();
}

StageWork CountingBackend::total() const {
  StageWork sum;
  sum.name = "total";
  for (const StageWork& part : stages_) {
    sum.work += part.work;
    sum.seconds += part.seconds;
    for (const auto& [op, work] : part.ops) sum.ops[op] += work;
  }
  return sum;
}

void CountingBackend::reset() {
  MYRIAD_EXPECT(running_.empty());
  stages_.clear();
  bytes_peak_ = bytes_now_;
  if (timing_ == Timing::on) {
    inner_->fence();
    since_ = steady_seconds();
  }
}

std::size_t CountingBackend::stage(const char* name) {
  const auto known = std::find_if(stages_.begin(), stages_.end(), [&](const StageWork& s) { return s.name == name; });
  if (known != stages_.end()) return static_cast<std::size_t>(known - stages_.begin());
  stages_.emplace_back().name = name;
  return stages_.size() - 1;
}

void CountingBackend::clock() {
  if (timing_ == Timing::off) return;
  inner_->fence();
  const double now = steady_seconds();
  // Time between stages, in which no op was counted, is nobody's.
  if (!running_.empty()) {
    stages_[running_.back()].seconds += now - since_;
  } else if (const auto other = std::find_if(stages_.begin(), stages_.end(), [](const StageWork& s) { return s.name == "other"; });
             other != stages_.end()) {
    other->seconds += now - since_;
  }
  since_ = now;
}

std::unique_ptr<Collective> CountingBackend::make_collective(Bootstrap& bootstrap, Reason& why) {
  return inner_->make_collective(bootstrap, why);
}

void CountingBackend::fence() {
  inner_->fence();
  clock();
}

void CountingBackend::begin_stage(const char* name) {
  clock();
  running_.push_back(stage(name));
  inner_->begin_stage(name);
}

void CountingBackend::end_stage() {
  MYRIAD_EXPECT(!running_.empty());
  clock();
  running_.pop_back();
  inner_->end_stage();
}

void CountingBackend::count(const char* op, const Work& work) {
  StageWork& current = stages_[running_.empty() ? stage("other") : running_.back()];
  current.work += work;
  current.ops[op] += work;
}

void* CountingBackend::allocate(std::int64_t bytes) {
  void* memory = inner_->allocate(bytes);
  if (memory != nullptr) blocks_.emplace(memory, bytes);
  bytes_now_ += bytes;
  bytes_peak_ = std::max(bytes_peak_, bytes_now_);
  return memory;
}

void CountingBackend::deallocate(void* memory) {
  if (const auto block = blocks_.find(memory); block != blocks_.end()) {
    bytes_now_ -= block->second;
    blocks_.erase(block);
  }
  inner_->deallocate(memory);
}

std::unique_ptr<LegendrePlan> CountingBackend::make_legendre_plan(const LegendreSpec& spec) {
  bytes_now_ += static_cast<std::int64_t>(spec.table.size()) * size_of(spec.dtype);
  bytes_peak_ = std::max(bytes_peak_, bytes_now_);
  return inner_->make_legendre_plan(spec);
}

void CountingBackend::count_fft(const char* op, const FftPlan& plan, ConstTensorView grid) {
  const FftSpec& s = plan.spec();
  const double rows = real(grid.dim(0) * grid.dim(1) * s.nlat), n = real(s.nlon);
  const double fourier = rows * real(2 * s.mmax * size_of(s.dtype));
  count(op, multiplies(rows * 2.5 * n * std::log2(n), s.dtype, bytes_of(grid) + fourier));
}

void CountingBackend::count_legendre(const char* op, const LegendrePlan& plan, ConstTensorView coefficients) {
  const SpectralLayout& lay = plan.layout();
  const double fields = real(coefficients.dim(0) * coefficients.dim(2)), unit = real(size_of(plan.dtype()));
  const double table = real(lay.size() * ((plan.nlat() + 1) / 2)) * unit;
  const double fourier = fields * real(lay.mmax * plan.nlat() * 2) * unit;
  Work work = multiplies(4.0 * fields * real(lay.size() * plan.nlat()), plan.dtype(), bytes_of(coefficients) + fourier + table);
  for (double& least : work.least_flop) least *= 0.5;
  count(op, work);
}

void CountingBackend::fft_forward(const FftPlan& plan, TensorView fourier, ConstTensorView grid, FourierScale scale) {
  count_fft("fft_forward", plan, grid);
  inner_->fft_forward(plan, fourier, grid, scale);
}

void CountingBackend::fft_inverse(const FftPlan& plan, TensorView grid, ConstTensorView fourier, FourierScale scale) {
  count_fft("fft_inverse", plan, grid);
  inner_->fft_inverse(plan, grid, fourier, scale);
}

void CountingBackend::legendre_analysis(const LegendrePlan& plan, TensorView coefficients, ConstTensorView fourier,
                                        RowWeights weights) {
  count_legendre("legendre_analysis", plan, coefficients);
  inner_->legendre_analysis(plan, coefficients, fourier, weights);
}

void CountingBackend::legendre_synthesis(const LegendrePlan& plan, TensorView fourier, ConstTensorView coefficients,
                                         RowWeights weights) {
  count_legendre("legendre_synthesis", plan, coefficients);
  inner_->legendre_synthesis(plan, fourier, coefficients, weights);
}

void CountingBackend::sht_analysis(const FftPlan& fft, const LegendrePlan& legendre, TensorView coefficients,
                                   ConstTensorView grid, FourierScale scale, RowWeights weights, TensorView fourier) {
  count_fft("fft_forward", fft, grid);
  count_legendre("legendre_analysis", legendre, coefficients);
  inner_->sht_analysis(fft, legendre, coefficients, grid, scale, weights, fourier);
}

void CountingBackend::sht_synthesis(const FftPlan& fft, const LegendrePlan& legendre, TensorView grid,
                                    ConstTensorView coefficients, FourierScale scale, RowWeights weights, TensorView fourier) {
  count_legendre("legendre_synthesis", legendre, coefficients);
  count_fft("fft_inverse", fft, grid);
  inner_->sht_synthesis(fft, legendre, grid, coefficients, scale, weights, fourier);
}

void CountingBackend::spectral_mix(const SpectralLayout& layout, TensorView out, ConstTensorView in, ConstTensorView weight) {
  count("spectral_mix", multiplies(8.0 * real(in.dim(0) * layout.size() * in.dim(2) * out.dim(2)), weight.dtype,
                                   bytes_of(out, in, weight)));
  inner_->spectral_mix(layout, out, in, weight);
}

void CountingBackend::spectral_mix_adjoint_input(const SpectralLayout& layout, TensorView grad_in, ConstTensorView grad_out,
                                                 ConstTensorView weight) {
  count("spectral_mix_adjoint_input", multiplies(8.0 * real(grad_out.dim(0) * layout.size() * grad_in.dim(2) * grad_out.dim(2)),
                                                 weight.dtype, bytes_of(grad_in, grad_out, weight)));
  inner_->spectral_mix_adjoint_input(layout, grad_in, grad_out, weight);
}

void CountingBackend::spectral_mix_adjoint_weight(const SpectralLayout& layout, TensorView grad_weight, ConstTensorView in,
                                                  ConstTensorView grad_out, Update update) {
  count("spectral_mix_adjoint_weight", multiplies(8.0 * real(in.dim(0) * layout.size() * in.dim(2) * grad_out.dim(2)),
                                                  grad_weight.dtype, written(grad_weight, update) + bytes_of(in, grad_out)));
  inner_->spectral_mix_adjoint_weight(layout, grad_weight, in, grad_out, update);
}

void CountingBackend::spectral_conv1x1(TensorView out, ConstTensorView in, ConstTensorView weight) {
  count("spectral_conv1x1", multiplies(2.0 * real(in.size() * out.dim(2)), weight.dtype, bytes_of(out, in, weight)));
  inner_->spectral_conv1x1(out, in, weight);
}

void CountingBackend::spectral_conv1x1_adjoint_input(TensorView grad_in, ConstTensorView grad_out, ConstTensorView weight,
                                                     Update update) {
  count("spectral_conv1x1_adjoint_input", multiplies(2.0 * real(grad_out.size() * grad_in.dim(2)), weight.dtype,
                                                     written(grad_in, update) + bytes_of(grad_out, weight)));
  inner_->spectral_conv1x1_adjoint_input(grad_in, grad_out, weight, update);
}

void CountingBackend::spectral_conv1x1_adjoint_weight(TensorView grad_weight, ConstTensorView grad_out, ConstTensorView in,
                                                      Update update) {
  count("spectral_conv1x1_adjoint_weight", multiplies(2.0 * real(in.size() * grad_out.dim(2)), grad_weight.dtype,
                                                      written(grad_weight, update) + bytes_of(grad_out, in)));
  inner_->spectral_conv1x1_adjoint_weight(grad_weight, grad_out, in, update);
}

void CountingBackend::conv1x1(TensorView out, ConstTensorView in, ConstTensorView weight, ConstTensorView bias,
                              Activation activation, Update update) {
  count("conv1x1", multiplies(2.0 * real(weight.size()) * points(in), weight.dtype,
                              written(out, update) + bytes_of(in, weight, bias)));
  inner_->conv1x1(out, in, weight, bias, activation, update);
}

void CountingBackend::conv1x1_adjoint_input(TensorView grad_in, ConstTensorView grad_out, ConstTensorView weight,
                                            Update update) {
  count("conv1x1_adjoint_input", multiplies(2.0 * real(weight.size()) * points(grad_out), weight.dtype,
                                            written(grad_in, update) + bytes_of(grad_out, weight)));
  inner_->conv1x1_adjoint_input(grad_in, grad_out, weight, update);
}

void CountingBackend::conv1x1_adjoint_weight(TensorView grad_weight, TensorView grad_bias, ConstTensorView grad_out,
                                             ConstTensorView in, Update update) {
  count("conv1x1_adjoint_weight",
        multiplies(2.0 * real(grad_weight.size()) * points(in), grad_weight.dtype,
                   written(grad_weight, update) + written(grad_bias, update) + bytes_of(grad_out, in)));
  inner_->conv1x1_adjoint_weight(grad_weight, grad_bias, grad_out, in, update);
}

void CountingBackend::instance_norm(TensorView out, TensorView stats, ConstTensorView in, ConstTensorView gamma,
                                    ConstTensorView beta, double epsilon, Activation activation) {
  count("instance_norm", moves(bytes_of(out, stats, in, gamma, beta)));
  inner_->instance_norm(out, stats, in, gamma, beta, epsilon, activation);
}

void CountingBackend::instance_norm_statistics(TensorView stats, ConstTensorView in, double epsilon) {
  count("instance_norm_statistics", moves(bytes_of(stats, in)));
  inner_->instance_norm_statistics(stats, in, epsilon);
}

void CountingBackend::instance_norm_apply(TensorView out, ConstTensorView in, ConstTensorView stats, ConstTensorView gamma,
                                          ConstTensorView beta, Activation activation) {
  count("instance_norm_apply", moves(bytes_of(out, in, stats, gamma, beta)));
  inner_->instance_norm_apply(out, in, stats, gamma, beta, activation);
}

void CountingBackend::instance_norm_adjoint(TensorView grad_in, TensorView grad_gamma, TensorView grad_beta,
                                            ConstTensorView grad_out, ConstTensorView in, ConstTensorView stats,
                                            ConstTensorView gamma, ConstTensorView beta, Activation activation) {
  count("instance_norm_adjoint",
        moves(bytes_of(grad_in, grad_out, in, stats, gamma, beta) + 2.0 * bytes_of(grad_gamma, grad_beta)));
  inner_->instance_norm_adjoint(grad_in, grad_gamma, grad_beta, grad_out, in, stats, gamma, beta, activation);
}

void CountingBackend::gelu(TensorView out, ConstTensorView in) {
  count("gelu", moves(bytes_of(out, in)));
  inner_->gelu(out, in);
}

void CountingBackend::gelu_adjoint(TensorView grad_in, ConstTensorView grad_out, ConstTensorView in) {
  count("gelu_adjoint", moves(bytes_of(grad_in, grad_out, in)));
  inner_->gelu_adjoint(grad_in, grad_out, in);
}

void CountingBackend::axpby(TensorView out, double a, ConstTensorView x, double b, ConstTensorView y) {
  count("axpby", moves(bytes_of(out, x) + (b == 0.0 ? 0.0 : bytes_of(y))));
  inner_->axpby(out, a, x, b, y);
}

void CountingBackend::channel_affine(TensorView out, ConstTensorView in, ConstTensorView scale, ConstTensorView shift,
                                     Update update) {
  count("channel_affine", moves(written(out, update) + bytes_of(in, scale, shift)));
  inner_->channel_affine(out, in, scale, shift, update);
}

void CountingBackend::clamp_below(TensorView out, ConstTensorView in, ConstTensorView lower) {
  count("clamp_below", moves(bytes_of(out, in, lower)));
  inner_->clamp_below(out, in, lower);
}

void CountingBackend::bitround(TensorView out, ConstTensorView in, ConstTensorView bits) {
  count("bitround", moves(bytes_of(out, in, bits)));
  inner_->bitround(out, in, bits);
}

void CountingBackend::copy(TensorView out, ConstTensorView in) {
  count("copy", moves(bytes_of(out, in)));
  inner_->copy(out, in);
}

void CountingBackend::fill(TensorView out, double value) {
  count("fill", moves(bytes_of(out)));
  inner_->fill(out, value);
}

void CountingBackend::fill_normal(TensorView out, const RandomStream& stream, std::span<const std::uint32_t> members) {
  count("fill_normal", moves(bytes_of(out)));
  inner_->fill_normal(out, stream, members);
}

void CountingBackend::weighted_squared_error(TensorView out, ConstTensorView a, ConstTensorView b, ConstTensorView row_weight) {
  count("weighted_squared_error", moves(bytes_of(out, a, b, row_weight)));
  inner_->weighted_squared_error(out, a, b, row_weight);
}

void CountingBackend::weighted_squared_error_adjoint(TensorView grad_a, ConstTensorView a, ConstTensorView b,
                                                     ConstTensorView row_weight, ConstTensorView coefficient, Update update) {
  count("weighted_squared_error_adjoint", moves(written(grad_a, update) + bytes_of(a, b, row_weight, coefficient)));
  inner_->weighted_squared_error_adjoint(grad_a, a, b, row_weight, coefficient, update);
}

double CountingBackend::sum_of_squares(ConstTensorView in) {
  count("sum_of_squares", moves(bytes_of(in)));
  return inner_->sum_of_squares(in);
}

std::int64_t CountingBackend::count_nonfinite(ConstTensorView in) {
  count("count_nonfinite", moves(bytes_of(in)));
  return inner_->count_nonfinite(in);
}

void CountingBackend::first_outside(TensorView out, ConstTensorView in, ConstTensorView low, ConstTensorView high) {
  count("first_outside", moves(bytes_of(out, in, low, high)));
  inner_->first_outside(out, in, low, high);
}

void CountingBackend::encode(void* message, ConstTensorView in, const WireFormat& format, const RandomStream& random, std::uint32_t member) {
  count("encode", moves(static_cast<double>(encoded_bytes(format, in.size())) + bytes_of(in)));
  inner_->encode(message, in, format, random, member);
}

void CountingBackend::decode(TensorView out, const void* message, const WireFormat& format, Update update) {
  count("decode", moves(static_cast<double>(encoded_bytes(format, out.size())) + written(out, update)));
  inner_->decode(out, message, format, update);
}

double CountingBackend::nth_magnitude(ConstTensorView in, std::int64_t n) {
  count("nth_magnitude", moves(bytes_of(in)));
  return inner_->nth_magnitude(in, n);
}

std::int64_t CountingBackend::select_magnitudes(std::uint32_t* indices, ConstTensorView in, double threshold, std::int64_t capacity) {
  count("select_magnitudes", moves(2.0 * bytes_of(in) + 4.0 * static_cast<double>(capacity)));
  return inner_->select_magnitudes(indices, in, threshold, capacity);
}

void CountingBackend::gather(TensorView values, ConstTensorView in, const std::uint32_t* indices) {
  count("gather", moves(2.0 * bytes_of(values) + 4.0 * static_cast<double>(values.size())));
  inner_->gather(values, in, indices);
}

void CountingBackend::scatter(TensorView out, ConstTensorView values, const std::uint32_t* indices, Update update) {
  count("scatter", moves(bytes_of(values) + (update == Update::accumulate ? 2.0 : 1.0) * bytes_of(values) + 4.0 * static_cast<double>(values.size())));
  inner_->scatter(out, values, indices, update);
}

void CountingBackend::sort_members(TensorView out, ConstTensorView in, ConstTensorView centre) {
  count("sort_members", moves(bytes_of(out, in, centre)));
  inner_->sort_members(out, in, centre);
}

void CountingBackend::member_moments(TensorView out, ConstTensorView in) {
  count("member_moments", moves(bytes_of(out, in)));
  inner_->member_moments(out, in);
}

void CountingBackend::member_extremes(TensorView out, ConstTensorView in) {
  count("member_extremes", moves(bytes_of(out, in)));
  inner_->member_extremes(out, in);
}

void CountingBackend::member_errors(TensorView out, ConstTensorView in, ConstTensorView truth) {
  count("member_errors", moves(bytes_of(out, in, truth)));
  inner_->member_errors(out, in, truth);
}

void CountingBackend::combine_members(TensorView out, ConstTensorView in, ConstTensorView weight) {
  count("combine_members", moves(bytes_of(out, in, weight)));
  inner_->combine_members(out, in, weight);
}

void CountingBackend::members_at_rank(TensorView out, ConstTensorView sorted, ConstTensorView rank) {
  count("members_at_rank", moves(bytes_of(out, sorted, rank)));
  inner_->members_at_rank(out, sorted, rank);
}

void CountingBackend::count_members(TensorView out, ConstTensorView sorted, ConstTensorView threshold) {
  count("count_members", moves(bytes_of(out, sorted, threshold)));
  inner_->count_members(out, sorted, threshold);
}

void CountingBackend::crps(TensorView out, ConstTensorView members, ConstTensorView truth, ConstTensorView row_weight,
                           double alpha) {
  count("crps", moves(bytes_of(out, members, truth, row_weight)));
  inner_->crps(out, members, truth, row_weight, alpha);
}

void CountingBackend::crps_adjoint(TensorView grad_members, ConstTensorView members, ConstTensorView truth,
                                   ConstTensorView row_weight, double alpha, ConstTensorView coefficient, Update update) {
  count("crps_adjoint", moves(written(grad_members, update) + bytes_of(members, truth, row_weight, coefficient)));
  inner_->crps_adjoint(grad_members, members, truth, row_weight, alpha, coefficient, update);
}

void CountingBackend::adamw(TensorView parameter, TensorView m, TensorView v, ConstTensorView gradient, const AdamwStep& step) {
  count("adamw", moves(2.0 * bytes_of(parameter, m, v) + bytes_of(gradient)));
  inner_->adamw(parameter, m, v, gradient, step);
}

}  // namespace myriad
