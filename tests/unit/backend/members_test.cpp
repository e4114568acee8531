#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "src/backend/registry.hpp"
#include "src/backend/tensor.hpp"
#include "tests/support/match.hpp"

namespace myriad {
namespace {

using kernels::DType;

/// Members of some points in the layout of the ops, with a gap between members when padded.
struct Ensemble {
  std::int64_t members, points;
  DType dtype;
  std::vector<double> values;  ///< [member, point]

  std::vector<double> of(std::int64_t point) const {
    std::vector<double> x;
    for (std::int64_t i = 0; i < members; ++i) x.push_back(values[static_cast<std::size_t>(i * points + point)]);
    return x;
  }
};

/// Few different values, so that members are equal to each other and to the truth, zeros of both signs among them.
std::vector<double> drawn(std::int64_t count, unsigned seed, int different) {
  std::mt19937 engine(seed);
  std::vector<double> values;
  for (std::int64_t k = 0; k < count; ++k) {
    const int v = static_cast<int>(engine() % static_cast<unsigned>(different)) - different / 2;
    const bool negative_zero = v == 0 && engine() % 2 == 0;
    values.push_back(negative_zero ? -0.0 : 0.25 * v);
  }
  return values;
}

class MemberOps : public testing::TestWithParam<std::string> {
 protected:
  /// Members on the device, points [first, first + count), every member `gap` further than it need be.
  Tensor upload(const Ensemble& e, std::int64_t first, std::int64_t count, std::int64_t gap, TensorView& view) {
    Tensor tensor(*backend_, e.dtype, {e.members, count + gap});
    std::vector<double> padded;
    for (std::int64_t i = 0; i < e.members; ++i) {
      for (std::int64_t j = 0; j < count + gap; ++j)
        padded.push_back(j < count ? e.values[static_cast<std::size_t>(i * e.points + first + j)] : 777.0);
    }
    tensor.assign(padded);
    view = tensor.view().slice(1, 0, count);
    return tensor;
  }
  Tensor numbers(const std::vector<double>& host, std::initializer_list<std::int64_t> extents, DType dtype = DType::f64) {
    Tensor tensor(*backend_, dtype, extents);
    tensor.assign(host);
    return tensor;
  }

  /// Every op on a range of points, one result after the other: [result][field, point].
  std::vector<std::vector<double>> results(const Ensemble& e, const std::vector<double>& truth, const std::vector<double>& weight,
                                           const std::vector<double>& rank, const std::vector<double>& limit, std::int64_t first,
                                           std::int64_t count, std::int64_t gap) {
    TensorView in;
    const Tensor owner = upload(e, first, count, gap, in);
    const auto cut = [&](const std::vector<double>& field, std::int64_t rows) {
      std::vector<double> part;
      for (std::int64_t k = 0; k < rows; ++k) {
        for (std::int64_t j = 0; j < count; ++j) part.push_back(field[static_cast<std::size_t>(k * e.points + first + j)]);
      }
      return part;
    };
    const auto sums = static_cast<std::int64_t>(weight.size()) / e.members, ranks = static_cast<std::int64_t>(rank.size());
    const auto limits = static_cast<std::int64_t>(limit.size()) / e.points;
    std::vector<std::vector<double>> all;
    const auto run = [&](std::int64_t fields, auto&& op) {
      Tensor out(*backend_, DType::f64, {fields, count});
      backend_->fill(out, -99.0);
      op(out.view());
      all.push_back(out.to_doubles());
    };
    Tensor sorted(*backend_, e.dtype, {e.members, count});
    backend_->sort_members(sorted, in, {});
    all.push_back(sorted.to_doubles());
    run(2, [&](TensorView out) { backend_->member_moments(out, in); });
    run(4, [&](TensorView out) { backend_->member_extremes(out, in); });
    run(5, [&](TensorView out) { backend_->member_errors(out, in, numbers(cut(truth, 1), {count}, e.dtype)); });
    run(sums, [&](TensorView out) { backend_->combine_members(out, in, numbers(weight, {sums, e.members})); });
    run(ranks, [&](TensorView out) { backend_->members_at_rank(out, sorted, numbers(rank, {ranks})); });
    Tensor counts(*backend_, DType::f64, {2, limits, count});
    backend_->count_members(counts, sorted, numbers(cut(limit, limits), {limits, count}));
    all.push_back(counts.to_doubles());
    Tensor one(*backend_, DType::f64, {2, 1, count});
    backend_->count_members(one, sorted, numbers({0.25}, {1, 1}));
    all.push_back(one.to_doubles());
    Tensor distances(*backend_, e.dtype, {e.members, count});
    backend_->sort_members(distances, in, numbers(cut(truth, 1), {count}, e.dtype));
    all.push_back(distances.to_doubles());
    return all;
  }

  std::shared_ptr<Backend> backend_ = make_backend(GetParam());
};

struct Size {
  std::int64_t members, points;
  DType dtype;
};

const std::vector<Size> k_sizes = {{1, 5, DType::f32},    {2, 70, DType::f32},  {3, 1, DType::f32},   {17, 131, DType::f32},
                                   {50, 64, DType::f32},  {64, 65, DType::f32}, {65, 9, DType::f32},  {129, 20, DType::f32},
                                   {300, 67, DType::f32}, {24, 33, DType::f64}, {25, 70, DType::f64}, {1000, 3, DType::f64}};

TEST_P(MemberOps, AgreeWithPlainLoopsOverTheMembersOfEachPoint) {
  for (const Size& size : k_sizes) {
    const auto n = static_cast<double>(size.members);
    const Ensemble e{size.members, size.points, size.dtype, drawn(size.members * size.points, 3, 23)};
    const auto truth = drawn(size.points, 4, 23), weight = drawn(3 * size.members, 5, 1000), limit = drawn(2 * size.points, 6, 23);
    const std::vector<double> rank = {0.0, 0.3 * (n - 1.0), 0.5 * (n - 1.0), n - 1.0};
    const auto found = results(e, truth, weight, rank, limit, 0, size.points, 3);
    const auto points = static_cast<std::size_t>(size.points);
    for (std::size_t p = 0; p < points; ++p) {
      const std::vector<double> x = e.of(static_cast<std::int64_t>(p));
      std::vector<double> sorted = x;
      std::sort(sorted.begin(), sorted.end());
      const auto at = [&](std::size_t result, std::size_t field) { return found[result][field * points + p]; };
      const std::string where =
          std::to_string(size.members) + " members, point " + std::to_string(p) + " of " + std::to_string(points);
      double sum = 0.0, squares = 0.0, errors = 0.0;
      for (std::size_t i = 0; i < x.size(); ++i) {
        ASSERT_EQ(at(0, i), sorted[i]) << where;
        ASSERT_FALSE(at(0, i) == 0.0 && std::signbit(at(0, i))) << where;
        sum += x[i];
        errors += std::abs(x[i] - truth[p]);
      }
      for (double v : x) squares += (v - sum / n) * (v - sum / n);
      ASSERT_NEAR(at(1, 0), sum / n, 1e-13) << where;
      ASSERT_NEAR(at(1, 1), x.size() > 1 ? squares / (n - 1.0) : 0.0, 1e-12) << where;
      const auto place = [&](double value) {
        return static_cast<double>(std::find(x.begin(), x.end(), value) - x.begin());
      };
      ASSERT_EQ(at(2, 0), sorted.front()) << where;
      ASSERT_EQ(at(2, 1), place(sorted.front())) << where;
      ASSERT_EQ(at(2, 2), sorted.back()) << where;
      ASSERT_EQ(at(2, 3), place(sorted.back())) << where;
      std::size_t best = 0;
      for (std::size_t i = 1; i < x.size(); ++i) {
        if (std::abs(x[i] - truth[p]) < std::abs(x[best] - truth[p])) best = i;
      }
      const auto count = [&](auto&& test) { return static_cast<double>(std::count_if(x.begin(), x.end(), test)); };
      std::vector<double> distances;
      for (double v : x) distances.push_back(std::abs(v - truth[p]));
      std::sort(distances.begin(), distances.end());
      for (std::size_t i = 0; i < x.size(); ++i) ASSERT_EQ(at(8, i), distances[i]) << where;
      ASSERT_NEAR(at(3, 0), errors, 1e-11) << where;
      ASSERT_EQ(at(3, 1), std::abs(x[best] - truth[p])) << where;
      ASSERT_EQ(at(3, 2), static_cast<double>(best)) << where;
      ASSERT_EQ(at(3, 3), count([&](double v) { return v < truth[p]; })) << where;
      ASSERT_EQ(at(3, 4), count([&](double v) { return v == truth[p]; })) << where;
      for (std::size_t k = 0; k < 3; ++k) {
        double combined = 0.0;
        for (std::size_t i = 0; i < x.size(); ++i) combined += weight[k * x.size() + i] * x[i];
        ASSERT_NEAR(at(4, k), combined, 1e-8) << where;
      }
      for (std::size_t k = 0; k < rank.size(); ++k) {
        const auto low = static_cast<std::size_t>(rank[k]), high = std::min(low + 1, x.size() - 1);
        const double wanted = sorted[low] + (rank[k] - std::floor(rank[k])) * (sorted[high] - sorted[low]);
        ASSERT_NEAR(at(5, k), wanted, 1e-14) << where;
      }
      for (std::size_t k = 0; k < 2; ++k) {
        const double t = limit[k * points + p];
        ASSERT_EQ(at(6, k), count([&](double v) { return v < t; })) << where;
        ASSERT_EQ(at(6, 2 + k), count([&](double v) { return v <= t; })) << where;
      }
      ASSERT_EQ(at(7, 0), count([](double v) { return v < 0.25; })) << where;
      ASSERT_EQ(at(7, 1), count([](double v) { return v <= 0.25; })) << where;
    }
  }
}

TEST_P(MemberOps, GiveAPointTheSameBitsWhateverPointsComeWithIt) {
  for (const Size& size : k_sizes) {
    if (size.points < 3) continue;
    const Ensemble e{size.members, size.points, size.dtype, drawn(size.members * size.points, 8, 100000)};
    const auto truth = drawn(size.points, 4, 23), weight = drawn(2 * size.members, 5, 1000), limit = drawn(size.points, 6, 1000);
    const std::vector<double> rank = {0.37 * static_cast<double>(size.members - 1)};
    const auto whole = results(e, truth, weight, rank, limit, 0, size.points, 0);
    const std::int64_t first = size.points / 3, count = size.points / 2;
    const auto part = results(e, truth, weight, rank, limit, first, count, 1);
    for (std::size_t r = 0; r < whole.size(); ++r) {
      const std::size_t fields = whole[r].size() / static_cast<std::size_t>(size.points);
      for (std::size_t f = 0; f < fields; ++f) {
        const auto begin = whole[r].begin() + static_cast<std::ptrdiff_t>(f) * size.points + first;
        const auto mine = part[r].begin() + static_cast<std::ptrdiff_t>(f) * count;
        ASSERT_TRUE(test::same_bits(std::vector<double>(mine, mine + count), std::vector<double>(begin, begin + count)))
            << size.members << " members, result " << r << ", field " << f;
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Backends, MemberOps, testing::ValuesIn(backend_names()),
                         [](const testing::TestParamInfo<std::string>& backend) { return backend.param; });

}  // namespace
}  // namespace myriad
