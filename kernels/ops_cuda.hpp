#pragma once
/// \file
/// The ops of the cuda backend (contracts: kernels/backend.hpp). No CUDA header is needed to call them.

#include <memory>
#include <span>

#include "kernels/backend.hpp"
#include "kernels/collective.hpp"

namespace myriad::kernels::cuda {

class Device;

/// Use the \p local_rank-th device of the node in this process. False when there is none; \p why then tells what is missing.
bool choose_device(int local_rank, const char** why);
std::shared_ptr<Device> make_device();
const char* description(const Device& device);
void* allocate(Device& device, std::int64_t bytes);
void deallocate(Device& device, void* memory);
void copy_in(Device& device, void* to, const void* host, std::int64_t bytes);
void copy_out(Device& device, void* host, const void* from, std::int64_t bytes);
void fence(Device& device);
std::int64_t memory_available(const Device& device);
std::int64_t take_memory_peak(Device& device);
std::int64_t scratch_bytes(std::span<const FftSpec> grids, const SpectralLayout& layout, std::int64_t batch, std::int64_t channels);
std::unique_ptr<Collective> make_collective(std::shared_ptr<Device> device, Bootstrap& bootstrap, Reason& why);
void* allocate_host(Device& device, std::int64_t bytes);
void deallocate_host(Device& device, void* memory);
std::unique_ptr<PendingCopy> begin_copy_out(Device& device, void* host, const void* from, std::int64_t bytes);

/// Sequences of ops that are recorded as graphs when they come again.
class Repetitions;
std::shared_ptr<Repetitions> make_repetitions();
void repeat(Device& device, Repetitions& known, const Repetition& key, const std::function<void()>& body);

std::unique_ptr<FftPlan> make_fft_plan(Device& device, const FftSpec& spec);
void fft_forward(Device& device, const FftPlan& plan, TensorView fourier, ConstTensorView grid, FourierScale scale);
void fft_inverse(Device& device, const FftPlan& plan, TensorView grid, ConstTensorView fourier, FourierScale scale);
std::unique_ptr<LegendrePlan> make_legendre_plan(Device& device, const LegendreSpec& spec);
void legendre_analysis(Device& device, const LegendrePlan& plan, TensorView coefficients, ConstTensorView fourier,
                       RowWeights weights);
void legendre_synthesis(Device& device, const LegendrePlan& plan, TensorView fourier, ConstTensorView coefficients,
                        RowWeights weights);

void sht_analysis(Device& device, const FftPlan& fft, const LegendrePlan& legendre, TensorView coefficients, ConstTensorView grid,
                  FourierScale scale, RowWeights weights);
void sht_synthesis(Device& device, const FftPlan& fft, const LegendrePlan& legendre, TensorView grid, ConstTensorView coefficients,
                   FourierScale scale, RowWeights weights);

/// Where the coefficients of each degree lie; made once per layout.
class DegreeTable;
std::shared_ptr<const DegreeTable> make_degree_table(Device& device, const SpectralLayout& layout);
std::int64_t degree_table_bytes(const SpectralLayout& layout);
void spectral_mix(Device& device, const DegreeTable& table, TensorView out, ConstTensorView in, ConstTensorView weight);
void spectral_mix_adjoint_input(Device& device, const DegreeTable& table, TensorView grad_in, ConstTensorView grad_out,
                                ConstTensorView weight);
void spectral_mix_adjoint_weight(Device& device, const DegreeTable& table, TensorView grad_weight, ConstTensorView in,
                                 ConstTensorView grad_out, Update update);

void spectral_conv1x1(Device& device, TensorView out, ConstTensorView in, ConstTensorView weight);
void spectral_conv1x1_adjoint_input(Device& device, TensorView grad_in, ConstTensorView grad_out, ConstTensorView weight,
                                    Update update);
void spectral_conv1x1_adjoint_weight(Device& device, TensorView grad_weight, ConstTensorView grad_out, ConstTensorView in,
                                     Update update);

void conv1x1(Device& device, TensorView out, ConstTensorView in, ConstTensorView weight, ConstTensorView bias,
             Activation activation, Update update);
void conv1x1_adjoint_input(Device& device, TensorView grad_in, ConstTensorView grad_out, ConstTensorView weight,
                           Update update);
void conv1x1_adjoint_weight(Device& device, TensorView grad_weight, TensorView grad_bias, ConstTensorView grad_out,
                            ConstTensorView in, Update update);

void instance_norm(Device& device, TensorView out, TensorView stats, ConstTensorView in, ConstTensorView gamma,
                   ConstTensorView beta, double epsilon, Activation activation);
void instance_norm_statistics(Device& device, TensorView stats, ConstTensorView in, double epsilon);
void instance_norm_apply(Device& device, TensorView out, ConstTensorView in, ConstTensorView stats, ConstTensorView gamma,
                         ConstTensorView beta, Activation activation);
void instance_norm_adjoint(Device& device, TensorView grad_in, TensorView grad_gamma, TensorView grad_beta,
                           ConstTensorView grad_out, ConstTensorView in, ConstTensorView stats, ConstTensorView gamma,
                           ConstTensorView beta, Activation activation);
void gelu(Device& device, TensorView out, ConstTensorView in);
void gelu_adjoint(Device& device, TensorView grad_in, ConstTensorView grad_out, ConstTensorView in);

void axpby(Device& device, TensorView out, double a, ConstTensorView x, double b, ConstTensorView y);
void channel_affine(Device& device, TensorView out, ConstTensorView in, ConstTensorView scale, ConstTensorView shift,
                    Update update);
void clamp_below(Device& device, TensorView out, ConstTensorView in, ConstTensorView lower);
void copy(Device& device, TensorView out, ConstTensorView in);
void bitround(Device& device, TensorView out, ConstTensorView in, ConstTensorView bits);
void fill(Device& device, TensorView out, double value);
void fill_normal(Device& device, TensorView out, const RandomStream& stream, std::span<const std::uint32_t> members);

void weighted_squared_error(Device& device, TensorView out, ConstTensorView a, ConstTensorView b, ConstTensorView row_weight);
void weighted_squared_error_adjoint(Device& device, TensorView grad_a, ConstTensorView a, ConstTensorView b,
                                    ConstTensorView row_weight, ConstTensorView coefficient, Update update);
double sum_of_squares(Device& device, ConstTensorView in);
std::int64_t count_nonfinite(Device& device, ConstTensorView in);
void first_outside(Device& device, TensorView out, ConstTensorView in, ConstTensorView low, ConstTensorView high);
void encode(Device& device, void* message, ConstTensorView in, const WireFormat& format, const RandomStream& random, std::uint32_t member);
void decode(Device& device, TensorView out, const void* message, const WireFormat& format, Update update);
double nth_magnitude(Device& device, ConstTensorView in, std::int64_t n);
std::int64_t select_magnitudes(Device& device, std::uint32_t* indices, ConstTensorView in, double threshold, std::int64_t capacity);
void gather(Device& device, TensorView values, ConstTensorView in, const std::uint32_t* indices);
void scatter(Device& device, TensorView out, ConstTensorView values, const std::uint32_t* indices, Update update);

void sort_members(Device& device, TensorView out, ConstTensorView in, ConstTensorView centre);
void member_moments(Device& device, TensorView out, ConstTensorView in);
void member_extremes(Device& device, TensorView out, ConstTensorView in);
void member_errors(Device& device, TensorView out, ConstTensorView in, ConstTensorView truth);
void combine_members(Device& device, TensorView out, ConstTensorView in, ConstTensorView weight);
void members_at_rank(Device& device, TensorView out, ConstTensorView sorted, ConstTensorView rank);
void count_members(Device& device, TensorView out, ConstTensorView sorted, ConstTensorView threshold);
void crps(Device& device, TensorView out, ConstTensorView members, ConstTensorView truth, ConstTensorView row_weight,
          double alpha);
void crps_adjoint(Device& device, TensorView grad_members, ConstTensorView members, ConstTensorView truth,
                  ConstTensorView row_weight, double alpha, ConstTensorView coefficient, Update update);
void adamw(Device& device, TensorView parameter, TensorView m, TensorView v, ConstTensorView gradient, const AdamwStep& step);

}  // namespace myriad::kernels::cuda
