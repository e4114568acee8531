#pragma once
/// \file
/// The members of neighbouring points, and what scores and statistics ask of them.

#include <cstdint>
#include <span>
#include <vector>

#include "src/backend/tensor.hpp"

namespace myriad {

/// Members against the truth, each [point].
struct MemberErrors {
  std::span<const double> sum;        ///< of |x_i - y|
  std::span<const double> best;       ///< smallest |x_i - y|
  std::span<const double> best_at;    ///< first member that has it
  std::span<const double> below;      ///< members below y
  std::span<const double> equal;      ///< members equal to y
};

/// Smallest and largest value and the first members that have them, each [point].
struct MemberExtremes {
  std::span<const double> low, low_at, high, high_at;
};

/// Members below, and at or below, each of k thresholds; each [k, point].
struct MemberCounts {
  std::span<const double> below, up_to;
};

/// Columns of members on the device of a backend (Backend: "members of an ensemble").
///
/// load() some points, then ask. Means, extremes and the sorted members are computed when first asked for and kept until the next
/// load(); other results until the same question is asked again. All spans are host memory. The object keeps its buffers, so that a
/// large ensemble goes through it in pieces (rows_at_once()) without allocation.
/// *Determinism* bitwise; a point's results do not depend on the points loaded with it.
class MemberColumns {
 public:
  explicit MemberColumns(Backend& backend) : backend_(backend) {}
  MemberColumns(const MemberColumns&) = delete;
  MemberColumns& operator=(const MemberColumns&) = delete;

  /// Take \p points points of each of \p members members.
  ///
  /// \param values member i begins at i * step; must stay as it is until the next load() (a backend on the host uses it in place)
  /// *Preconditions* all values finite.
  void load(std::span<const float> values, std::int64_t members, std::int64_t step, std::int64_t points);
  /// The same points without their first member (the control); \p all must stay loaded.
  void load_without_first(const MemberColumns& all);
  /// max(x_i, threshold) of the members of \p all, or min(x_i, threshold); the order of members is kept, what is sorted stays so.
  enum class Tail : std::uint8_t { upper, lower };
  void load_tail(MemberColumns& all, Tail tail, double threshold);

  Backend& backend() const { return backend_; }
  std::int64_t members() const { return values_.dim(0); }
  std::int64_t points() const { return values_.dim(1); }

  std::span<const double> mean() { return moments().first(size()); }
  /// Divisor N - 1; 0 for one member.
  std::span<const double> variance() { return moments().subspan(size(), size()); }
  MemberExtremes extremes();
  /// \p truth [point]
  MemberErrors errors(std::span<const float> truth);
  /// [k, point]: sum_i weights[k, i] x_(i) over the members in ascending order.
  /// *Shapes* weights [k, member]
  std::span<const double> combine_sorted(std::span<const double> weights);
  /// [k, point]: the same of the distances |x_i - y| in ascending order. \p truth [point]
  std::span<const double> combine_sorted_errors(std::span<const float> truth, std::span<const double> weights);
  /// [k, point]: value at fractional ranks in 0..N-1, linear in between.
  std::span<const double> at_ranks(std::span<const double> ranks);
  /// Thresholds [k] for all points, or [k, point].
  MemberCounts count(std::span<const double> thresholds, std::int64_t k);
  /// [rank, point] ascending.
  std::span<const float> sorted();
  /// [member, point] of members \p first to \p first + \p count - 1 in the order loaded, into \p out.
  void copy_members(std::int64_t first, std::int64_t count, std::span<float> out) const;

  /// Rows of \p nlon points to load at once: few on the host, where they should stay in the caches, many on a device.
  static std::int64_t rows_at_once(const Backend& backend, std::int64_t members, std::int64_t nlon);
  /// Most bytes of buffers for \p points points at a time where memory of \p backend is not the host's (else a little less), when
  /// \p fields values are asked for at once: sums, ranks and three times the thresholds.
  static std::size_t buffer_bytes(std::int64_t members, std::int64_t points, std::int64_t fields);

 private:
  struct Result {
    Tensor device;
    std::vector<double> host;
  };
  std::size_t size() const { return static_cast<std::size_t>(points()); }
  /// Nothing of the earlier points holds any more.
  void forget();
  std::span<const double> moments();
  ConstTensorView sorted_view();
  /// Device memory for \p extents in a buffer that only grows.
  TensorView room(Tensor& buffer, DType dtype, std::initializer_list<std::int64_t> extents);
  TensorView upload_truth(std::span<const float> truth);
  TensorView upload(Tensor& buffer, std::span<const double> values, std::initializer_list<std::int64_t> extents);
  /// Run an op that writes [fields, point] (or what \p shape says, of that size) and give its values.
  template <class Op>
  std::span<const double> ask(Result& result, std::initializer_list<std::int64_t> shape, const Op& op);

  Backend& backend_;
  ConstTensorView values_;  ///< [member, point]
  Tensor values_buffer_, sorted_buffer_, distances_, operand_, truth_;
  TensorView sorted_;  ///< empty until asked for
  Result moments_, extremes_, errors_, combined_, ranks_, counts_;
  std::span<const double> moments_values_, extremes_values_;  ///< empty until asked for
  std::vector<float> sorted_host_;
};

}  // namespace myriad
