#include <Kokkos_Core.hpp>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <type_traits>

#include "kernels/fft_lanes.hpp"
#include "kernels/fft_providers.hpp"
#include "kernels/thread_buffer.hpp"
#include "kernels/transform_shapes.hpp"

namespace myriad::kernels::detail {
namespace {

/// Rows of one batch element that share a vector: consecutive (lat, channel) pairs, which are
/// neighbours in `fourier`.
template <class T>
struct RowBlock {
  static constexpr int k_width = k_lanes<T>;

  RowBlock(std::int64_t task, std::int64_t blocks, const FftSpec& s, std::int64_t channels_)
      : batch(task / blocks), first(task % blocks * k_width), channels(channels_) {
    count = static_cast<int>(std::min<std::int64_t>(k_width, s.nlat * channels - first));
  }
  /// Start of the row of \p lane in grid; lanes beyond the last repeat it.
  std::int64_t grid_offset(int lane, const FftSpec& s) const {
    const std::int64_t g = first + std::min(lane, count - 1);
    return (g % channels * s.nlat + g / channels) * s.nlon;
  }

  std::int64_t batch;
  std::int64_t first;
  std::int64_t channels;
  int count;
};

template <class T, class ExecSpace>
class LaneFftPlan final : public RunnableFftPlan {
 public:
  explicit LaneFftPlan(const FftSpec& s) : RunnableFftPlan(s), fft_(s.nlon) {}

  void forward(TensorView fourier, ConstTensorView grid, FourierScale scale) const override {
    const FftSpec& s = spec();
    const std::int64_t channels = grid.dim(1);
    for_each_block(
        "myriad::fft_forward", grid.dim(0), channels, [&](const RowBlock<T>& block, T* work) {
          const T* rows[k_width];
          for (int i = 0; i < k_width; ++i)
            rows[i] = grid.as<T>() + block.batch * grid.step(0) + block.grid_offset(i, s);
          T* out = fourier.as<T>() + block.batch * fourier.step(0) + 2 * block.first;
          const std::int64_t order_step = 2 * s.nlat * channels;
          fft_.forward(rows, s.mmax, work, [&](std::int64_t m, Vector<T> re, Vector<T> im) {
            const T factor = static_cast<T>(is_edge_order(s, m) ? scale.edge : scale.interior);
            Vector<T> low, high;
            interleave<T>(low, high, factor * re, factor * im);
            T* to = out + m * order_step;
            if (block.count == k_width) {
              store(to, low);
              store(to + k_width, high);
            } else {
              alignas(64) T lanes[2 * k_width];
              store(lanes, low);
              store(lanes + k_width, high);
              std::copy_n(lanes, 2 * block.count, to);
            }
          });
        });
  }

  void inverse(TensorView grid, ConstTensorView fourier, FourierScale scale) const override {
    const FftSpec& s = spec();
    const std::int64_t channels = grid.dim(1);
    for_each_block(
        "myriad::fft_inverse", grid.dim(0), channels, [&](const RowBlock<T>& block, T* work) {
          T* rows[k_width];
          for (int i = 0; i < k_width; ++i)
            rows[i] = grid.as<T>() + block.batch * grid.step(0) + block.grid_offset(i, s);
          const T* in = fourier.as<T>() + block.batch * fourier.step(0) + 2 * block.first;
          const std::int64_t order_step = 2 * s.nlat * channels;
          const T interior = static_cast<T>(0.5 * scale.interior);
          const T edge = static_cast<T>(scale.edge);
          fft_.inverse(rows, block.count, s.mmax, work,
                       [&](std::int64_t m, Vector<T>& re, Vector<T>& im) {
                         const T* from = in + m * order_step;
                         Vector<T> low, high;
                         if (block.count == k_width) {
                           low = load(from);
                           high = load(from + k_width);
                         } else {
                           alignas(64) T lanes[2 * k_width] = {};
                           std::copy_n(from, 2 * block.count, lanes);
                           low = load(lanes);
                           high = load(lanes + k_width);
                         }
                         separate<T>(re, im, low, high);
                         if (is_edge_order(s, m)) {
                           re = edge * re;
                           im = Vector<T>{};
                         } else {
                           re = interior * re;
                           im = interior * im;
                         }
                       });
        });
  }

 private:
  static_assert(std::is_same_v<typename ExecSpace::memory_space, Kokkos::HostSpace>,
                "lanes are host vectors");
  static constexpr int k_width = k_lanes<T>;

  template <class Body>
  void for_each_block(const char* label, std::int64_t batch, std::int64_t channels,
                      const Body& body) const {
    const FftSpec& s = spec();
    const std::int64_t blocks = (s.nlat * channels + k_width - 1) / k_width;
    Kokkos::parallel_for(
        label, Kokkos::RangePolicy<ExecSpace, Kokkos::IndexType<std::int64_t>>(0, batch * blocks),
        [&](std::int64_t task) {
          static thread_local AlignedBuffer buffer;
          body(RowBlock<T>(task, blocks, s, channels), buffer.get<T>(fft_.work_size()));
        });
  }

  LaneFft<T> fft_;
};

}  // namespace

std::unique_ptr<RunnableFftPlan> make_lane_fft_plan(const FftSpec& spec) {
  using Space = Kokkos::DefaultHostExecutionSpace;
  if (spec.dtype == DType::f32) return std::make_unique<LaneFftPlan<float, Space>>(spec);
  return std::make_unique<LaneFftPlan<double, Space>>(spec);
}

}  // namespace myriad::kernels::detail
