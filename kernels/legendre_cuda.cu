#include <cmath>

#include "kernels/ops_cuda.hpp"
#include "kernels/shapes.hpp"
#include "kernels/tile_product_cuda.hpp"
#include "kernels/transform_shapes.hpp"

namespace myriad::kernels::cuda {

namespace {

/// Degrees of one order and one parity of l - m: a matrix [degrees, northern rows] of the table.
struct Part {
  std::int64_t table;         ///< first value in the table
  std::int64_t coefficients;  ///< position of the first degree; the next one of this parity is two further
  int order, parity, degrees;
};

struct PartTile {
  int part, first_row;
};

/// Table and parts on the device, in one precision.
struct PlanBase : LegendrePlan {
  PlanBase(Device& device, const LegendreSpec& spec)
      : LegendrePlan(spec), half((spec.nlat + 1) / 2), mirror(spec.parity == TableParity::odd ? 1 : 0) {
    std::vector<Part> part_list;
    std::vector<PartTile> analysis_list, synthesis_list;
    std::int64_t table = 0;
    for (std::int64_t m = 0; m < layout().orders(); ++m) {
      for (int parity = 0; parity < 2; ++parity) {
        const int degrees = static_cast<int>((layout().lmax - m + 1 - parity) / 2);
        const auto number = static_cast<int>(part_list.size());
        part_list.push_back({table, layout().offset(m) + parity, static_cast<int>(m), parity, degrees});
        for (int row = 0; row < degrees; row += k_tile) analysis_list.push_back({number, row});
        for (int row = 0; row < half; row += k_tile) synthesis_list.push_back({number, row});
        table += degrees * half;
      }
    }
    analysis_tiles = static_cast<std::int64_t>(analysis_list.size());
    synthesis_tiles = static_cast<std::int64_t>(synthesis_list.size());
    parts = DeviceArray<Part>(device, part_list);
    analysis = DeviceArray<PartTile>(device, analysis_list);
    synthesis = DeviceArray<PartTile>(device, synthesis_list);
    weights = DeviceArray<double>(device, {spec.weights.begin(), spec.weights.end()});
  }

  std::int64_t half;
  int mirror;  ///< added to the parity of l - m: odd functions of latitude have an odd sum
  DeviceArray<Part> parts;
  DeviceArray<PartTile> analysis, synthesis;
  DeviceArray<double> weights;
  std::int64_t analysis_tiles = 0, synthesis_tiles = 0;
};

template <class T>
struct Plan final : PlanBase {
  Plan(Device& device, const LegendreSpec& spec) : PlanBase(device, spec) {
    std::vector<T> sorted;
    sorted.reserve(spec.table.size());
    for (std::int64_t m = 0; m < layout().orders(); ++m) {
      for (std::int64_t parity = 0; parity < 2; ++parity) {
        for (std::int64_t l = m + parity; l < layout().lmax; l += 2) {
          for (std::int64_t k = 0; k < half; ++k)
            sorted.push_back(static_cast<T>(spec.table[static_cast<std::size_t>(layout().index(l, m) * half + k)]));
        }
      }
    }
    table = DeviceArray<T>(device, sorted);
  }
  DeviceArray<T> table;
};

/// coefficients[l, column] = sum_k table[l, k] folded[m, parity, k, column].
template <class T>
struct Analysis {
  using Value = T;
  static constexpr bool k_a_along_depth = true, k_b_along_depth = false;
  const Part* parts;
  const PartTile* tiles;
  const T* table;
  const T* folded;
  T* coefficients;
  std::int64_t folded_stride, coefficient_stride;
  int half, width;

  __device__ Place place(int tile) const {
    const PartTile t = tiles[tile];
    return {t.part, t.first_row, parts[t.part].degrees, half};
  }
  __device__ int columns() const { return width; }
  __device__ T a(const Place& place, int, int degree, int k) const {
    return table[parts[place.problem].table + static_cast<std::int64_t>(degree) * half + k];
  }
  __device__ T b(const Place& place, int batch, int k, std::int64_t column) const {
    return folded[batch * folded_stride + (static_cast<std::int64_t>(place.problem) * half + k) * width + column];
  }
  __device__ void store(const Place& place, int batch, int degree, std::int64_t column, T value) const {
    const std::int64_t row = parts[place.problem].coefficients + 2 * degree;
    coefficients[batch * coefficient_stride + row * width + column] = value;
  }
};

/// folded[m, parity, k, column] = sum over the degrees of the parity of table[l, k] coefficients[l, column].
template <class T>
struct Synthesis {
  using Value = T;
  static constexpr bool k_a_along_depth = false, k_b_along_depth = false;
  const Part* parts;
  const PartTile* tiles;
  const T* table;
  const T* coefficients;
  T* folded;
  std::int64_t coefficient_stride, folded_stride;
  int half, width;

  __device__ Place place(int tile) const {
    const PartTile t = tiles[tile];
    return {t.part, t.first_row, half, parts[t.part].degrees};
  }
  __device__ int columns() const { return width; }
  __device__ T a(const Place& place, int, int k, int degree) const {
    return table[parts[place.problem].table + static_cast<std::int64_t>(degree) * half + k];
  }
  __device__ T b(const Place& place, int batch, int degree, std::int64_t column) const {
    const std::int64_t row = parts[place.problem].coefficients + 2 * degree;
    return coefficients[batch * coefficient_stride + row * width + column];
  }
  __device__ void store(const Place& place, int batch, int k, std::int64_t column, T value) const {
    folded[batch * folded_stride + (static_cast<std::int64_t>(place.problem) * half + k) * width + column] = value;
  }
};

/// Sums and differences of mirrored rows, times their weight: folded [batch, m, parity of l - m, northern row, column].
template <class T>
void fold(Device& device, const PlanBase& plan, T* folded, ConstTensorView fourier, RowWeights use) {
  const std::int64_t width = fourier.dim(3) * 2, half = plan.half, nlat = plan.nlat();
  const std::int64_t orders = plan.layout().orders(), stride = fourier.step(0);
  const T* const in = fourier.as<T>();
  const double* const weights = use == RowWeights::quadrature ? plan.weights.data() : nullptr;
  const int mirror = plan.mirror;
  for_each(device, fourier.dim(0) * orders * half * width, [=] __device__(std::int64_t at) {
    const std::int64_t column = at % width, k = at / width % half, m = at / width / half % orders;
    const std::int64_t batch = at / width / half / orders, south = nlat - 1 - k;
    const T* order = in + batch * stride + m * nlat * width + column;
    const T weight = weights != nullptr ? static_cast<T>(weights[k]) : T(1);
    const T n = weight * order[k * width];
    const T s = k == south ? T(0) : weight * order[south * width];
    T* target = folded + ((batch * orders + m) * 2 * half + k) * width + column;
    // On the equator row an odd function is zero and an even one is the row itself.
    const T even = n + s, odd = k == south ? T(0) : n - s;
    target[0] = mirror == 0 ? even : odd;
    target[half * width] = mirror == 0 ? odd : even;
  });
}

template <class T>
void unfold(Device& device, const PlanBase& plan, TensorView fourier, const T* folded, RowWeights use) {
  const std::int64_t width = fourier.dim(3) * 2, half = plan.half, nlat = plan.nlat();
  const std::int64_t orders = plan.layout().orders(), all = plan.layout().mmax, stride = fourier.step(0);
  T* const out = fourier.as<T>();
  const double* const weights = use == RowWeights::quadrature ? plan.weights.data() : nullptr;
  const int mirror = plan.mirror;
  for_each(device, fourier.dim(0) * all * half * width, [=] __device__(std::int64_t at) {
    const std::int64_t column = at % width, k = at / width % half, m = at / width / half % all;
    const std::int64_t batch = at / width / half / all, south = nlat - 1 - k;
    T* order = out + batch * stride + m * nlat * width + column;
    if (m >= orders) {
      order[k * width] = order[south * width] = T(0);
      return;
    }
    const T* source = folded + ((batch * orders + m) * 2 * half + k) * width + column;
    const T even = source[mirror == 0 ? 0 : half * width];
    const T odd = k == south ? T(0) : source[mirror == 0 ? half * width : 0];
    const T weight = weights != nullptr ? static_cast<T>(weights[k]) : T(1);
    order[k * width] = weight * (even + odd);
    if (k != south) order[south * width] = weight * (even - odd);
  });
}

template <class T>
void analyse(Device& device, const Plan<T>& plan, TensorView coefficients, ConstTensorView fourier, RowWeights weights) {
  const std::int64_t width = fourier.dim(3) * 2, stride = plan.layout().orders() * 2 * plan.half * width;
  T* const folded = device.array<T>(Device::k_first, fourier.dim(0) * stride);
  fold(device, plan, folded, fourier, weights);
  const Analysis<T> op{plan.parts.data(),
                       plan.analysis.data(),
                       plan.table.data(),
                       folded,
                       coefficients.as<T>(),
                       stride,
                       coefficients.step(0),
                       static_cast<int>(plan.half),
                       static_cast<int>(width)};
  tile_product(device, op, plan.analysis_tiles, fourier.dim(0));
}

template <class T>
void synthesise(Device& device, const Plan<T>& plan, TensorView fourier, ConstTensorView coefficients, RowWeights weights) {
  const std::int64_t width = fourier.dim(3) * 2, stride = plan.layout().orders() * 2 * plan.half * width;
  T* const folded = device.array<T>(Device::k_first, fourier.dim(0) * stride);
  const Synthesis<T> op{plan.parts.data(),
                        plan.synthesis.data(),
                        plan.table.data(),
                        coefficients.as<T>(),
                        folded,
                        coefficients.step(0),
                        stride,
                        static_cast<int>(plan.half),
                        static_cast<int>(width)};
  tile_product(device, op, plan.synthesis_tiles, fourier.dim(0));
  unfold(device, plan, fourier, folded, weights);
}

}  // namespace

std::unique_ptr<LegendrePlan> make_legendre_plan(Device& device, const LegendreSpec& spec) {
  detail::expect_valid(spec);
  if (spec.dtype == DType::f32) return std::make_unique<Plan<float>>(device, spec);
  return std::make_unique<Plan<double>>(device, spec);
}

void legendre_analysis(Device& device, const LegendrePlan& plan, TensorView coefficients, ConstTensorView fourier,
                       RowWeights weights) {
  detail::expect_shapes(plan, coefficients, fourier);
  plan.dtype() == DType::f32
      ? analyse(device, static_cast<const Plan<float>&>(plan), coefficients, fourier, weights)
      : analyse(device, static_cast<const Plan<double>&>(plan), coefficients, fourier, weights);
}

void legendre_synthesis(Device& device, const LegendrePlan& plan, TensorView fourier, ConstTensorView coefficients,
                        RowWeights weights) {
  detail::expect_shapes(plan, coefficients, fourier);
  plan.dtype() == DType::f32
      ? synthesise(device, static_cast<const Plan<float>&>(plan), fourier, coefficients, weights)
      : synthesise(device, static_cast<const Plan<double>&>(plan), fourier, coefficients, weights);
}

}  // namespace myriad::kernels::cuda
