// ADR 0002: the sum of gradients is the pairwise tree over ranks, bit for bit, whatever carries it.
#include <gtest/gtest.h>

#include <bit>
#include <cmath>

#include "src/backend/device_transport.hpp"
#include "src/backend/registry.hpp"
#include "tests/support/mpi_test.hpp"
#include "training/exchange.hpp"

namespace myriad::train {
namespace {

/// Gradients of many magnitudes and both signs: any other order of the sum rounds differently.
template <class T>
T value(int rank, std::size_t i) {
  const double x = std::sin(1.0 + 12.9898 * static_cast<double>(i) + 78.233 * rank);
  return static_cast<T>(std::ldexp(x, static_cast<int>(i + 3 * static_cast<std::size_t>(rank)) % 20 - 10));
}

template <class T>
T tree(int first, int count, int ranks, std::size_t i) {
  if (count == 1) return value<T>(first, i);
  const T left = tree<T>(first, count / 2, ranks, i);
  return first + count / 2 < ranks ? left + tree<T>(first + count / 2, count / 2, ranks, i) : left;
}

template <class T>
std::vector<T> combined(Backend& backend, Comm& comm, kernels::Collective* collective, std::size_t n, std::int64_t& bytes) {
  std::vector<T> host;
  for (std::size_t i = 0; i < n; ++i) host.push_back(value<T>(comm.rank(), i));
  Tensor gradient(backend, kernels::dtype_of<T>(), {static_cast<std::int64_t>(n)});
  gradient.assign(host);
  const auto exchange = make_dense_exchange(backend, comm, collective);
  exchange->combine(gradient.view());
  bytes = exchange->bytes_sent();
  std::vector<T> result(n);
  backend.copy_to_host(result.data(), gradient.view().data, gradient.bytes());
  return result;
}

template <class T>
void check(std::size_t n) {
  Comm& comm = test::world();
  const auto backend = make_backend("cuda");
  const DeviceTransport nccl(*backend, comm, Transport::nccl);
  std::int64_t bytes_host = 0, bytes_device = 0;
  const std::vector<T> host = combined<T>(*backend, comm, nullptr, n, bytes_host);
  const std::vector<T> device = combined<T>(*backend, comm, nccl.collective(), n, bytes_device);
  const int leaves = static_cast<int>(std::bit_ceil(static_cast<unsigned>(comm.size())));
  for (std::size_t i = 0; i < n; ++i) {
    const T expected = tree<T>(0, leaves, comm.size(), i);
    ASSERT_EQ(host[i], expected) << i << " of " << n;
    ASSERT_EQ(device[i], expected) << i << " of " << n;
  }
  EXPECT_EQ(bytes_host, bytes_device);
  EXPECT_EQ(bytes_device > 0, comm.size() > 1);
}

TEST(DenseExchange, GivesTheTreeOverRanksOnBothTransports) {
  for (const std::size_t n : {1U, 2U, 5U, 1000U, 4099U}) {
    check<float>(n);
    check<double>(n);
  }
}

}  // namespace
}  // namespace myriad::train
