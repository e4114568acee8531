#include "src/statistics/member_columns.hpp"

#include <algorithm>
#include <cstring>

#include "src/base/error.hpp"

namespace myriad {
namespace {

/// Members held at once: a part of a core's second cache, or what keeps a GPU busy and still fits into its cache.
constexpr std::int64_t k_host_bytes = 256 << 10;
constexpr std::int64_t k_device_bytes = 16 << 20;

std::int64_t product(std::initializer_list<std::int64_t> extents) {
  std::int64_t n = 1;
  for (std::int64_t e : extents) n *= e;
  return n;
}

}  // namespace

std::int64_t MemberColumns::rows_at_once(const Backend& backend, std::int64_t members, std::int64_t nlon) {
  const std::int64_t bytes = backend.memory_is_on_host() ? k_host_bytes : k_device_bytes;
  return std::max<std::int64_t>(1, bytes / (members * nlon * static_cast<std::int64_t>(sizeof(float))));
}

std::size_t MemberColumns::buffer_bytes(std::int64_t members, std::int64_t points, std::int64_t fields) {
  constexpr std::int64_t k_always = 2 + 4 + 5;  // moments, extremes, errors
  // Members, members in order, distances in order; the truth; results; weights of at most `fields` sums. Rounded up to doubles.
  return static_cast<std::size_t>(3 * members * points + points + 4) * sizeof(float) +
         static_cast<std::size_t>((k_always + fields) * points + fields * members) * sizeof(double);
}

TensorView MemberColumns::room(Tensor& buffer, DType dtype, std::initializer_list<std::int64_t> extents) {
  const std::int64_t bytes = product(extents) * kernels::size_of(dtype);
  if (buffer.empty() || buffer.bytes() < bytes) {
    buffer = Tensor();
    buffer = Tensor(backend_, DType::f64, {(bytes + 7) / 8});
  }
  return {buffer.view().data, dtype, extents};
}

TensorView MemberColumns::upload(Tensor& buffer, std::span<const double> values, std::initializer_list<std::int64_t> extents) {
  const TensorView view = room(buffer, DType::f64, extents);
  MYRIAD_EXPECT(view.size() == static_cast<std::int64_t>(values.size()));
  backend_.copy_to_device(view.data, values.data(), static_cast<std::int64_t>(values.size_bytes()));
  return view;
}

TensorView MemberColumns::upload_truth(std::span<const float> truth) {
  MYRIAD_EXPECT(truth.size() == size());
  const TensorView y = room(truth_, DType::f32, {points()});
  backend_.copy_to_device(y.data, truth.data(), static_cast<std::int64_t>(truth.size_bytes()));
  return y;
}

void MemberColumns::forget() {
  moments_values_ = extremes_values_ = {};
  sorted_ = TensorView();
}

void MemberColumns::load(std::span<const float> values, std::int64_t members, std::int64_t step, std::int64_t points) {
  MYRIAD_EXPECT(members > 0 && points > 0 && step >= points);
  MYRIAD_EXPECT(static_cast<std::int64_t>(values.size()) >= (members - 1) * step + points);
  forget();
  if (backend_.memory_is_on_host()) {
    values_ = ConstTensorView(values.data(), DType::f32, {members, points});
    values_.stride[0] = step;
    return;
  }
  const TensorView view = room(values_buffer_, DType::f32, {members, points});
  for (std::int64_t i = 0; i < members; ++i) {
    backend_.copy_to_device(view.as<float>() + i * points, values.data() + i * step,
                            points * static_cast<std::int64_t>(sizeof(float)));
  }
  values_ = view;
}

void MemberColumns::load_without_first(const MemberColumns& all) {
  MYRIAD_EXPECT(all.members() > 1);
  forget();
  values_ = all.values_.slice(0, 1, all.members() - 1);
}

void MemberColumns::load_tail(MemberColumns& all, Tail tail, double threshold) {
  forget();
  const auto clamp = [&](TensorView out, ConstTensorView in) {
    const double sign = tail == Tail::upper ? 1.0 : -1.0;  // min(x, t) = -max(-x, -t)
    backend_.axpby(out, sign, in, 0.0, {});
    TensorView field = out.reshape({out.dim(0), 1, out.dim(1)});
    backend_.clamp_below(field, field, [&] {
      const TensorView limit = room(truth_, DType::f32, {1});
      backend_.fill(limit, sign * threshold);
      return limit;
    }());
    if (tail == Tail::lower) backend_.axpby(out, -1.0, out, 0.0, {});
  };
  const std::int64_t n = all.members(), points = all.points();
  const TensorView values = room(values_buffer_, DType::f32, {n, points});
  clamp(values, all.values_);
  const TensorView sorted = room(sorted_buffer_, DType::f32, {n, points});
  clamp(sorted, all.sorted_view());
  values_ = values;
  sorted_ = sorted;
}

template <class Op>
std::span<const double> MemberColumns::ask(Result& result, std::initializer_list<std::int64_t> shape, const Op& op) {
  const TensorView out = room(result.device, DType::f64, shape);
  op(out);
  const auto count = static_cast<std::size_t>(out.size());
  if (backend_.memory_is_on_host()) {
    backend_.fence();
    return {out.as<double>(), count};
  }
  result.host.resize(count);
  backend_.copy_to_host(result.host.data(), out.data, out.size() * static_cast<std::int64_t>(sizeof(double)));
  return result.host;
}

std::span<const double> MemberColumns::moments() {
  if (moments_values_.empty())
    moments_values_ = ask(moments_, {2, points()}, [&](TensorView out) { backend_.member_moments(out, values_); });
  return moments_values_;
}

MemberExtremes MemberColumns::extremes() {
  const std::size_t n = size();
  if (extremes_values_.empty())
    extremes_values_ = ask(extremes_, {4, points()}, [&](TensorView out) { backend_.member_extremes(out, values_); });
  const auto field = [&](std::size_t k) { return extremes_values_.subspan(k * n, n); };
  return {field(0), field(1), field(2), field(3)};
}

MemberErrors MemberColumns::errors(std::span<const float> truth) {
  const std::size_t n = size();
  const TensorView y = upload_truth(truth);
  const auto all = ask(errors_, {5, points()}, [&](TensorView out) { backend_.member_errors(out, values_, y); });
  return {all.first(n), all.subspan(n, n), all.subspan(2 * n, n), all.subspan(3 * n, n), all.subspan(4 * n, n)};
}

ConstTensorView MemberColumns::sorted_view() {
  if (sorted_.empty()) {
    sorted_ = room(sorted_buffer_, DType::f32, {members(), points()});
    backend_.sort_members(sorted_, values_, {});
  }
  return sorted_;
}

std::span<const double> MemberColumns::combine_sorted(std::span<const double> weights) {
  const auto k = static_cast<std::int64_t>(weights.size()) / members();
  const TensorView w = upload(operand_, weights, {k, members()});
  const ConstTensorView x = sorted_view();
  return ask(combined_, {k, points()}, [&](TensorView out) { backend_.combine_members(out, x, w); });
}

std::span<const double> MemberColumns::combine_sorted_errors(std::span<const float> truth, std::span<const double> weights) {
  const auto k = static_cast<std::int64_t>(weights.size()) / members();
  const TensorView w = upload(operand_, weights, {k, members()});
  const TensorView y = upload_truth(truth);
  const TensorView distances = room(distances_, DType::f32, {members(), points()});
  backend_.sort_members(distances, values_, y);
  return ask(combined_, {k, points()}, [&](TensorView out) { backend_.combine_members(out, distances, w); });
}

std::span<const double> MemberColumns::at_ranks(std::span<const double> ranks) {
  const auto k = static_cast<std::int64_t>(ranks.size());
  for (double r : ranks) MYRIAD_EXPECT(r >= 0.0 && r <= static_cast<double>(members() - 1));
  const TensorView r = upload(operand_, ranks, {k});
  const ConstTensorView x = sorted_view();
  return ask(ranks_, {k, points()}, [&](TensorView out) { backend_.members_at_rank(out, x, r); });
}

MemberCounts MemberColumns::count(std::span<const double> thresholds, std::int64_t k) {
  const std::int64_t width = static_cast<std::int64_t>(thresholds.size()) / k;
  MYRIAD_EXPECT(width == 1 || width == points());
  const TensorView t = upload(operand_, thresholds, {k, width});
  const ConstTensorView x = sorted_view();
  const auto all = ask(counts_, {2, k, points()}, [&](TensorView out) { backend_.count_members(out, x, t); });
  return {all.first(all.size() / 2), all.subspan(all.size() / 2)};
}

std::span<const float> MemberColumns::sorted() {
  const ConstTensorView x = sorted_view();
  const auto count = static_cast<std::size_t>(x.size());
  if (backend_.memory_is_on_host()) {
    backend_.fence();
    return {x.as<float>(), count};
  }
  sorted_host_.resize(count);
  backend_.copy_to_host(sorted_host_.data(), x.data, x.size() * static_cast<std::int64_t>(sizeof(float)));
  return sorted_host_;
}

void MemberColumns::copy_members(std::int64_t first, std::int64_t count, std::span<float> out) const {
  MYRIAD_EXPECT(first >= 0 && count >= 0 && first + count <= members() && out.size() == static_cast<std::size_t>(count) * size());
  for (std::int64_t i = 0; i < count; ++i) {
    backend_.copy_to_host(out.data() + i * points(), values_.as<float>() + (first + i) * values_.step(0),
                          points() * static_cast<std::int64_t>(sizeof(float)));
  }
}

}  // namespace myriad
