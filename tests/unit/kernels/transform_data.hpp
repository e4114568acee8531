#pragma once
/// \file
/// Host tensors with seeded content for the tests of the transforms.

#include <cmath>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <limits>
#include <random>
#include <vector>

#include "kernels/tensor.hpp"

namespace myriad::kernels {

/// Dense tensor on the host; the host backends take it as it is.
template <class T>
struct HostTensor {
  HostTensor(std::initializer_list<std::int64_t> extents,
             double fill = std::numeric_limits<double>::quiet_NaN())
      : view_like(nullptr, dtype_of<T>(), extents),
        values(static_cast<std::size_t>(view_like.size()), static_cast<T>(fill)) {}

  static HostTensor random(std::initializer_list<std::int64_t> extents, std::uint32_t seed) {
    HostTensor tensor(extents);
    std::mt19937_64 generator(seed);
    std::uniform_real_distribution<double> uniform(-1.0, 1.0);
    for (T& value : tensor.values) value = static_cast<T>(uniform(generator));
    return tensor;
  }

  TensorView view() {
    TensorView v = view_like;
    v.data = values.data();
    return v;
  }
  ConstTensorView view() const { return const_cast<HostTensor*>(this)->view(); }

  TensorView view_like;
  std::vector<T> values;
};

/// |a - b| / |b| in the root-mean-square sense; NaN when either holds one.
template <class A, class B>
double relative_error(const std::vector<A>& a, const std::vector<B>& b) {
  double difference = 0.0;
  double norm = 0.0;
  for (std::size_t i = 0; i < b.size(); ++i) {
    const double d = static_cast<double>(a.at(i)) - static_cast<double>(b[i]);
    difference += d * d;
    norm += static_cast<double>(b[i]) * static_cast<double>(b[i]);
  }
  return norm == 0.0 ? std::sqrt(difference) : std::sqrt(difference / norm);
}

template <class T>
double dot(const std::vector<T>& a, const std::vector<T>& b) {
  double sum = 0.0;
  for (std::size_t i = 0; i < b.size(); ++i)
    sum += static_cast<double>(a.at(i)) * static_cast<double>(b[i]);
  return sum;
}

template <class T>
bool same_bits(const T* a, const T* b, std::int64_t count) {
  return std::memcmp(a, b, static_cast<std::size_t>(count) * sizeof(T)) == 0;
}

}  // namespace myriad::kernels
