#include "kernels/sort_columns.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace myriad::kernels {
namespace {

TEST(SortColumns, OrdersEveryColumnLikeASerialSort) {
  std::mt19937 engine(5);
  for (std::int64_t count : {1, 2, 3, 7, 8, 9, 31, 64, 100, 1000}) {
    for (int range : {3, 1000000}) {  // 3: nearly all values are tied
      std::vector<float> values(static_cast<std::size_t>(count * k_sort_columns));
      for (float& v : values) {
        v = static_cast<float>(static_cast<int>(engine() % static_cast<unsigned>(range)) - 1);
      }
      const std::vector<float> before = values;
      sort_columns(values.data(), count);
      for (int c = 0; c < k_sort_columns; ++c) {
        std::vector<float> wanted, found;
        for (std::int64_t i = 0; i < count; ++i) {
          const auto at = static_cast<std::size_t>(i * k_sort_columns + c);
          wanted.push_back(before[at]);
          found.push_back(values[at]);
        }
        std::sort(wanted.begin(), wanted.end());
        EXPECT_EQ(found, wanted) << count << " members, column " << c;
      }
    }
  }
}

}  // namespace
}  // namespace myriad::kernels
