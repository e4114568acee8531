#include "kernels/members.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "kernels/reference_access.hpp"
#include "kernels/shapes.hpp"

namespace myriad::kernels::reference {

using detail::get;
using detail::put;
using kernels::detail::is_count;
using kernels::detail::is_members;
using kernels::detail::is_result;
using kernels::detail::is_vector;

namespace {

/// The members of one point.
std::vector<double> members_of(const ConstTensorView& in, std::int64_t point) {
  std::vector<double> x;
  for (std::int64_t i = 0; i < in.dim(0); ++i) x.push_back(get(in, i * in.step(0) + point));
  return x;
}

}  // namespace

void sort_members(TensorView out, ConstTensorView in, ConstTensorView centre) {
  MYRIAD_KERNEL_EXPECT(is_members(in) && is_members(out) && out.dtype == in.dtype);
  MYRIAD_KERNEL_EXPECT(centre.empty() || is_vector(centre, in.dim(1)));
  for (std::int64_t p = 0; p < in.dim(1); ++p) {
    std::vector<double> x = members_of(in, p);
    for (double& v : x) v = centre.empty() ? v + 0.0 : std::abs(v - get(centre, p));
    std::sort(x.begin(), x.end());
    for (std::int64_t i = 0; i < in.dim(0); ++i)
      put(out, i * out.step(0) + p, x[static_cast<std::size_t>(i)]);
  }
}

void member_moments(TensorView out, ConstTensorView in) {
  MYRIAD_KERNEL_EXPECT(is_members(in) && is_result(out, in, 2));
  const double n = static_cast<double>(in.dim(0));
  for (std::int64_t p = 0; p < in.dim(1); ++p) {
    const std::vector<double> x = members_of(in, p);
    double mean = 0.0, squares = 0.0;
    for (double v : x) mean += v;
    mean /= n;
    for (double v : x) squares += (v - mean) * (v - mean);
    put(out, p, mean);
    put(out, in.dim(1) + p, n > 1.0 ? squares / (n - 1.0) : 0.0);
  }
}

void member_extremes(TensorView out, ConstTensorView in) {
  MYRIAD_KERNEL_EXPECT(is_members(in) && is_result(out, in, 4));
  for (std::int64_t p = 0; p < in.dim(1); ++p) {
    const std::vector<double> x = members_of(in, p);
    const auto low = std::min_element(x.begin(), x.end());
    const auto high = std::max_element(x.begin(), x.end());  // the first one of several
    put(out, p, *low);
    put(out, in.dim(1) + p, static_cast<double>(low - x.begin()));
    put(out, 2 * in.dim(1) + p, *high);
    put(out, 3 * in.dim(1) + p, static_cast<double>(high - x.begin()));
  }
}

void member_errors(TensorView out, ConstTensorView in, ConstTensorView truth) {
  MYRIAD_KERNEL_EXPECT(is_members(in) && is_result(out, in, 5) && is_vector(truth, in.dim(1)));
  for (std::int64_t p = 0; p < in.dim(1); ++p) {
    const std::vector<double> x = members_of(in, p);
    const double y = get(truth, p);
    std::vector<double> error;
    double sum = 0.0;
    for (double v : x) sum += error.emplace_back(std::abs(v - y));
    const auto best = std::min_element(error.begin(), error.end());
    const auto count = [&](auto&& test) {
      return static_cast<double>(std::count_if(x.begin(), x.end(), test));
    };
    put(out, p, sum);
    put(out, in.dim(1) + p, *best);
    put(out, 2 * in.dim(1) + p, static_cast<double>(best - error.begin()));
    put(out, 3 * in.dim(1) + p, count([&](double v) { return v < y; }));
    put(out, 4 * in.dim(1) + p, count([&](double v) { return v == y; }));
  }
}

void combine_members(TensorView out, ConstTensorView in, ConstTensorView weight) {
  MYRIAD_KERNEL_EXPECT(is_members(in) && is_result(out, in, weight.dim(0)));
  for (std::int64_t k = 0; k < weight.dim(0); ++k) {
    for (std::int64_t p = 0; p < in.dim(1); ++p) {
      double sum = 0.0;
      for (std::int64_t i = 0; i < in.dim(0); ++i)
        sum += get(weight, k * in.dim(0) + i) * get(in, i * in.step(0) + p);
      put(out, k * in.dim(1) + p, sum);
    }
  }
}

void members_at_rank(TensorView out, ConstTensorView sorted, ConstTensorView rank) {
  MYRIAD_KERNEL_EXPECT(is_members(sorted) && is_result(out, sorted, rank.size()));
  for (std::int64_t k = 0; k < rank.size(); ++k) {
    const double r = get(rank, k), below = std::floor(r), above = std::ceil(r);
    for (std::int64_t p = 0; p < sorted.dim(1); ++p) {
      const double low = get(sorted, static_cast<std::int64_t>(below) * sorted.step(0) + p);
      const double high = get(sorted, static_cast<std::int64_t>(above) * sorted.step(0) + p);
      put(out, k * sorted.dim(1) + p, low + (r - below) * (high - low));
    }
  }
}

void count_members(TensorView out, ConstTensorView sorted, ConstTensorView threshold) {
  MYRIAD_KERNEL_EXPECT(is_count(out, sorted, threshold));
  const std::int64_t points = sorted.dim(1), thresholds = threshold.dim(0);
  for (std::int64_t k = 0; k < thresholds; ++k) {
    for (std::int64_t p = 0; p < points; ++p) {
      const double limit = get(threshold, threshold.dim(1) == 1 ? k : k * points + p);
      double below = 0.0, up_to = 0.0;
      for (double v : members_of(sorted, p)) {
        below += v < limit ? 1.0 : 0.0;
        up_to += v <= limit ? 1.0 : 0.0;
      }
      put(out, k * points + p, below);
      put(out, (thresholds + k) * points + p, up_to);
    }
  }
}

}  // namespace myriad::kernels::reference
