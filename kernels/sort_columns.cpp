#include "kernels/sort_columns.hpp"

#include "kernels/sort_network.hpp"

namespace myriad::kernels {

static_assert(k_sort_columns == detail::k_sort_lanes<float>);

void sort_columns(float* values, std::int64_t count) {
  detail::sort_columns<float>(values, count);
}

}  // namespace myriad::kernels
