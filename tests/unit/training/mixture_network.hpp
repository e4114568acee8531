#pragma once
/// \file
/// The network of PB6 (optimizers.md 1.1) in plain loops: 16-32-10 with tanh, softmax cross entropy.

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

namespace myriad::test {

/// Parameters in order: weights [hidden, input], biases [hidden], weights [class, hidden], biases [class].
struct MixtureNetwork {
  static constexpr std::size_t k_inputs = 16, k_hidden = 32, k_classes = 10;
  static constexpr std::size_t k_parameters = k_inputs * k_hidden + k_hidden + k_hidden * k_classes + k_classes;

  /// Loss of the sample \p x [input]. \param gradient is added to, unless null \param right whether the answer is right, unless null
  template <class T>
  static double loss(const T* parameters, const T* x, int label, T* gradient, bool* right = nullptr) {
    const T *w1 = parameters, *b1 = w1 + k_inputs * k_hidden, *w2 = b1 + k_hidden, *b2 = w2 + k_hidden * k_classes;
    const auto wanted = static_cast<std::size_t>(label);
    std::array<T, k_hidden> h{}, back{};
    std::array<T, k_classes> y{};
    for (std::size_t j = 0; j < k_hidden; ++j) {
      T sum = b1[j];
      for (std::size_t i = 0; i < k_inputs; ++i) sum += w1[j * k_inputs + i] * x[i];
      h[j] = std::tanh(sum);
    }
    for (std::size_t c = 0; c < k_classes; ++c) {
      y[c] = b2[c];
      for (std::size_t j = 0; j < k_hidden; ++j) y[c] += w2[c * k_hidden + j] * h[j];
    }
    const T largest = *std::max_element(y.begin(), y.end());
    if (right != nullptr) *right = y[wanted] == largest;
    T total{};
    for (T& v : y) total += (v = std::exp(v - largest));
    const double loss = -std::log(static_cast<double>(y[wanted] / total));
    if (gradient == nullptr) return loss;
    T *g1 = gradient, *gb1 = g1 + k_inputs * k_hidden, *g2 = gb1 + k_hidden, *gb2 = g2 + k_hidden * k_classes;
    for (std::size_t c = 0; c < k_classes; ++c) {
      const T d = y[c] / total - (c == wanted ? T{1} : T{0});
      gb2[c] += d;
      for (std::size_t j = 0; j < k_hidden; ++j) {
        g2[c * k_hidden + j] += d * h[j];
        back[j] += d * w2[c * k_hidden + j];
      }
    }
    for (std::size_t j = 0; j < k_hidden; ++j) {
      const T d = back[j] * (T{1} - h[j] * h[j]);
      gb1[j] += d;
      for (std::size_t i = 0; i < k_inputs; ++i) g1[j * k_inputs + i] += d * x[i];
    }
    return loss;
  }
};

}  // namespace myriad::test
