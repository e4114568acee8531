#pragma once
/// \file
/// The reference problems of optimizers.md 1.1: small, and functions of their seed.

#include <cstdint>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "src/backend/registry.hpp"
#include "src/comm/comm.hpp"
#include "tests/unit/training/mixture_network.hpp"
#include "training/method_schema.hpp"

namespace myriad::train {

/// A problem in fp64 on the host, whatever the tensors are.
class HostProblem : public Problem {
 public:
  explicit HostProblem(Backend& backend) : backend_(backend) {}
  double gradient(int worker, std::int64_t step, ConstTensorView x, TensorView gradient) final;
  /// Writes the gradient and returns the loss.
  virtual double evaluate(int worker, std::int64_t step, std::span<const double> x, std::span<double> gradient) = 0;

 private:
  Backend& backend_;
  std::vector<double> x_, gradient_;
};

/// f_i(x) = sum_k (A_ik x_k^2 / 2 - b_ik x_k), and noise of standard deviation sigma on each coordinate of the gradient.
class Quadratics final : public HostProblem {
 public:
  Quadratics(Backend& backend, std::vector<std::vector<double>> a, std::vector<std::vector<double>> b, double sigma, std::uint64_t seed)
      : HostProblem(backend), a_(std::move(a)), b_(std::move(b)), sigma_(sigma), seed_(seed) {}
  std::int64_t size() const override { return static_cast<std::int64_t>(a_[0].size()); }
  double evaluate(int worker, std::int64_t step, std::span<const double> x, std::span<double> gradient) override;
  /// Minimum of the mean of the f_i.
  std::vector<double> solution() const;
  /// Squared norm of the gradient of the mean.
  double gradient_norm2(const std::vector<double>& x) const;
  /// Smoothness: of each f_i, and of the mean.
  std::vector<double> smoothness() const;
  double mean_smoothness() const;

 private:
  std::vector<std::vector<double>> a_, b_;
  double sigma_;
  std::uint64_t seed_;
};

/// PB1: f_i(x) = <a_i, x>^2 + |x|^2 / 4 of three workers that pull each other apart.
class Triple final : public HostProblem {
 public:
  using HostProblem::HostProblem;
  std::int64_t size() const override { return 3; }
  double evaluate(int worker, std::int64_t step, std::span<const double> x, std::span<double> gradient) override;
};

/// PB6: classes of a mixture of 20 normal distributions in 16 dimensions, by an MLP 16-32-10 (P = 874) with softmax cross entropy.
/// Samples of a step are drawn by (seed, step, worker) from all training samples.
class Mixture final : public HostProblem {
 public:
  Mixture(Backend& backend, std::uint64_t seed, std::int64_t batch, std::int64_t train = 8000, std::int64_t test = 4000);
  std::int64_t size() const override { return k_parameters; }
  double evaluate(int worker, std::int64_t step, std::span<const double> x, std::span<double> gradient) override;
  std::vector<double> initial() const;
  double train_loss(std::span<const double> x) const;
  double test_loss(std::span<const double> x) const;
  double test_accuracy(std::span<const double> x) const;

  static constexpr std::int64_t k_parameters = test::MixtureNetwork::k_parameters;

 private:
  struct Sample {
    double x[test::MixtureNetwork::k_inputs];
    int label;
  };
  double mean_loss(const std::vector<Sample>& samples, std::span<const double> x) const;
  std::uint64_t seed_;
  std::int64_t batch_;
  std::vector<Sample> train_, test_;
};

/// The method of configs/training/<preset>.yaml with some keys set otherwise ("inner.learning_rate=0.1").
MethodConfig preset(const std::string& name, const std::vector<std::string>& settings = {});

/// A run on one rank, all of whose workers are logical ones.
struct Training {
  Training(const MethodConfig& config, Problem& problem, int workers, Backend& backend, DType dtype, std::int64_t total_steps, std::vector<double> start,
      std::uint64_t seed = 1);
  void steps(std::int64_t count) {
    for (std::int64_t k = 0; k < count; ++k) method->step();
  }
  std::vector<double> common() const { return to_doubles(backend, method->common_parameters()); }
  std::int64_t bytes(int worker = 0) const { return transport.sent(worker).bytes; }

  Backend& backend;
  std::unique_ptr<Comm> comm;
  Transport transport;
  std::unique_ptr<Method> method;
};

}  // namespace myriad::train
