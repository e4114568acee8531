#include "tests/unit/training/reference_problems.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <numbers>

#include "kernels/philox.hpp"

namespace myriad::train {

using test::MixtureNetwork;

double HostProblem::gradient(int worker, std::int64_t step, ConstTensorView x, TensorView gradient) {
  x_ = to_doubles(backend_, x);
  gradient_.assign(x_.size(), 0.0);
  const double loss = evaluate(worker, step, x_, gradient_);
  Tensor g(backend_, gradient.dtype, {gradient.size()});
  g.assign(gradient_);
  backend_.copy(gradient, g);
  return loss;
}

double Quadratics::evaluate(int worker, std::int64_t step, std::span<const double> x, std::span<double> gradient) {
  const auto w = static_cast<std::size_t>(worker);
  double loss = 0.0;
  for (std::size_t k = 0; k < x.size(); ++k) {
    loss += 0.5 * a_[w][k] * x[k] * x[k] - b_[w][k] * x[k];
    gradient[k] = a_[w][k] * x[k] - b_[w][k];
  }
  if (sigma_ == 0.0) return loss;
  for (std::size_t k = 0; k < x.size(); k += 2) {
    std::uint32_t words[4] = {static_cast<std::uint32_t>(k), static_cast<std::uint32_t>(step), static_cast<std::uint32_t>(worker), 1};
    kernels::philox(words, seed_);
    const double radius = sigma_ * std::sqrt(-2.0 * std::log((words[0] + 0.5) * 0x1p-32)), angle = 2.0 * std::numbers::pi * words[1] * 0x1p-32;
    gradient[k] += radius * std::cos(angle);
    if (k + 1 < x.size()) gradient[k + 1] += radius * std::sin(angle);
  }
  return loss;
}

std::vector<double> Quadratics::solution() const {
  std::vector<double> x(a_[0].size());
  for (std::size_t k = 0; k < x.size(); ++k) {
    double a = 0.0, b = 0.0;
    for (std::size_t w = 0; w < a_.size(); ++w) {
      a += a_[w][k];
      b += b_[w][k];
    }
    x[k] = b / a;
  }
  return x;
}

double Quadratics::gradient_norm2(const std::vector<double>& x) const {
  double sum = 0.0;
  for (std::size_t k = 0; k < x.size(); ++k) {
    double g = 0.0;
    for (std::size_t w = 0; w < a_.size(); ++w) g += a_[w][k] * x[k] - b_[w][k];
    sum += g * g / static_cast<double>(a_.size() * a_.size());
  }
  return sum;
}

std::vector<double> Quadratics::smoothness() const {
  std::vector<double> l;
  for (const std::vector<double>& a : a_) l.push_back(*std::max_element(a.begin(), a.end()));
  return l;
}

double Quadratics::mean_smoothness() const {
  double most = 0.0;
  for (std::size_t k = 0; k < a_[0].size(); ++k) {
    double a = 0.0;
    for (const std::vector<double>& of : a_) a += of[k];
    most = std::max(most, a / static_cast<double>(a_.size()));
  }
  return most;
}

double Triple::evaluate(int worker, std::int64_t, std::span<const double> x, std::span<double> gradient) {
  double product = 0.0, square = 0.0;
  for (std::size_t k = 0; k < 3; ++k) {
    const double a = static_cast<int>(k) == worker ? -3.0 : 2.0;
    product += a * x[k];
    square += x[k] * x[k];
  }
  for (std::size_t k = 0; k < 3; ++k) gradient[k] = 2.0 * product * (static_cast<int>(k) == worker ? -3.0 : 2.0) + 0.5 * x[k];
  return product * product + 0.25 * square;
}

Mixture::Mixture(Backend& backend, std::uint64_t seed, std::int64_t batch, std::int64_t train, std::int64_t test)
    : HostProblem(backend), seed_(seed), batch_(batch) {
  std::mt19937_64 engine(seed);
  std::normal_distribution<double> normal;
  double centres[20][MixtureNetwork::k_inputs];
  for (auto& centre : centres) {
    for (double& v : centre) v = normal(engine);
  }
  const auto draw = [&](std::vector<Sample>& samples, std::int64_t count) {
    for (std::int64_t n = 0; n < count; ++n) {
      const auto c = static_cast<int>(engine() % 20);
      Sample s{{}, c % static_cast<int>(MixtureNetwork::k_classes)};
      for (std::size_t k = 0; k < MixtureNetwork::k_inputs; ++k) s.x[k] = centres[c][k] + normal(engine);
      samples.push_back(s);
    }
  };
  draw(train_, train);
  draw(test_, test);
}

std::vector<double> Mixture::initial() const {
  std::mt19937_64 engine(seed_ + 1);
  std::normal_distribution<double> normal;
  std::vector<double> x(static_cast<std::size_t>(k_parameters), 0.0);
  constexpr std::size_t k_first = MixtureNetwork::k_inputs * MixtureNetwork::k_hidden;
  for (std::size_t k = 0; k < k_first; ++k) x[k] = normal(engine) / std::sqrt(MixtureNetwork::k_inputs);
  for (std::size_t j = 0; j < MixtureNetwork::k_hidden * MixtureNetwork::k_classes; ++j) {
    x[k_first + MixtureNetwork::k_hidden + j] = normal(engine) / std::sqrt(MixtureNetwork::k_hidden);
  }
  return x;
}

double Mixture::evaluate(int worker, std::int64_t step, std::span<const double> x, std::span<double> gradient) {
  double loss = 0.0;
  for (std::int64_t n = 0; n < batch_; ++n) {
    std::uint32_t words[4] = {static_cast<std::uint32_t>(n), static_cast<std::uint32_t>(step), static_cast<std::uint32_t>(worker), 2};
    kernels::philox(words, seed_);
    const Sample& s = train_[words[0] % train_.size()];
    loss += MixtureNetwork::loss(x.data(), s.x, s.label, gradient.data());
  }
  for (double& g : gradient) g /= static_cast<double>(batch_);
  return loss / static_cast<double>(batch_);
}

double Mixture::mean_loss(const std::vector<Sample>& samples, std::span<const double> x) const {
  double sum = 0.0;
  for (const Sample& s : samples) sum += MixtureNetwork::loss<double>(x.data(), s.x, s.label, nullptr);
  return sum / static_cast<double>(samples.size());
}
double Mixture::train_loss(std::span<const double> x) const { return mean_loss(train_, x); }
double Mixture::test_loss(std::span<const double> x) const { return mean_loss(test_, x); }
double Mixture::test_accuracy(std::span<const double> x) const {
  const auto count = std::count_if(test_.begin(), test_.end(), [&](const Sample& s) {
    bool right = false;
    MixtureNetwork::loss<double>(x.data(), s.x, s.label, nullptr, &right);
    return right;
  });
  return static_cast<double>(count) / static_cast<double>(test_.size());
}

MethodConfig preset(const std::string& name, const std::vector<std::string>& settings) {
  const char* const source = std::getenv("MYRIAD_SOURCE_DIR");
  return load_method(std::string(source != nullptr ? source : ".") + "/configs/training/" + name + ".yaml", settings).config;
}

Training::Training(const MethodConfig& config, Problem& problem, int workers, Backend& b, DType dtype, std::int64_t total_steps, std::vector<double> start,
         std::uint64_t seed)
    : backend(b), comm(make_self_comm()), transport(*comm, workers),
      method(std::make_unique<Method>(config, problem, transport, b, MethodRun{dtype, seed, total_steps, {}})) {
  Tensor x(b, dtype, {problem.size()});
  x.assign(start);
  method->set_parameters(x);
}

}  // namespace myriad::train
