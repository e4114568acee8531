#pragma once
/// \file
/// What the portable kernels need of Kokkos, in the subset common to 3.4 and 4.6. Only *_kokkos.cpp
/// may include this.

#include <Kokkos_Core.hpp>
#include <algorithm>
#include <cstdint>

namespace myriad::kernels::kokkos {

/// Where the ops of the kokkos backend run: its memory is host memory and its providers are host
/// libraries.
using Space = Kokkos::DefaultHostExecutionSpace;

namespace detail {

/// Call body(k) for k in [0, count); the calls are independent.
template <class Exec = Space, class Body>
void launch(const char* label, std::int64_t count, const Body& body) {
  Kokkos::parallel_for(label, Kokkos::RangePolicy<Exec, Kokkos::IndexType<std::int64_t>>(0, count),
                       body);
}

/// Call body(worker, begin, end) for contiguous pieces of [0, count), one per worker, so that a
/// worker can own a piece of scratch. The pieces depend on the thread count: an item's result must
/// not depend on its piece.
template <class Exec = Space, class Body>
void launch_workers(const char* label, std::int64_t workers, std::int64_t count, const Body& body) {
  launch<Exec>(label, workers,
               [=](std::int64_t w) { body(w, count * w / workers, count * (w + 1) / workers); });
}

/// Number of workers worth starting for \p count items.
template <class Exec = Space>
std::int64_t worker_count(std::int64_t count) {
  return std::max<std::int64_t>(1, std::min<std::int64_t>(count, Exec().concurrency()));
}

}  // namespace detail
}  // namespace myriad::kernels::kokkos
