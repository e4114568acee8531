#include "kernels/legendre_plan_cuda.hpp"
#include "kernels/ops_cuda.hpp"
#include "kernels/row_plan_cuda.hpp"
#include "kernels/shapes.hpp"

namespace myriad::kernels::cuda {

namespace {

/// What the kernels between row transforms and Legendre products need to know.
struct Rows {
  std::int64_t nlat, half, row_orders;  ///< row_orders: of a row's spectrum
  std::int64_t orders, nlon;            ///< orders: that hold coefficients
  std::int64_t channels, all_channels;  ///< of the piece; of the folded field
  const int* first_row;
  const double* weights;  ///< null for none
  int mirror;
  FourierScale scale;
};

/// folded [m, parity, k, channel] from spectrum [channel, lat, order]: the orders of rows k and nlat-1-k, scaled, weighted and added with
/// both signs. A block turns squares of (order, channel) of the two rows in shared memory.
template <class T>
__global__ void __launch_bounds__(k_threads) gather_folded(Complex<T>* folded, const Complex<T>* spectrum, Rows r) {
  __shared__ Complex<T> north[k_side][k_side + 1], south[k_side][k_side + 1];
  const std::int64_t k = blockIdx.z, mirrored = r.nlat - 1 - k;
  const int x = static_cast<int>(threadIdx.x) % k_side, y = static_cast<int>(threadIdx.x) / k_side;
  const std::int64_t m = static_cast<std::int64_t>(blockIdx.x) * k_side, c = static_cast<std::int64_t>(blockIdx.y) * k_side;
  if (m + x < r.orders && c + y < r.channels) {
    const Complex<T>* rows = spectrum + (c + y) * r.nlat * r.row_orders + m + x;
    north[y][x] = rows[k * r.row_orders];
    south[y][x] = rows[mirrored * r.row_orders];
  }
  __syncthreads();
  const std::int64_t order = m + y;
  if (order >= r.orders || c + x >= r.channels || k < r.first_row[order]) return;
  const bool edge = order == 0 || 2 * order == r.nlon;
  const double weight = r.weights != nullptr ? r.weights[k] : 1.0;
  const T factor = static_cast<T>((edge ? r.scale.edge : r.scale.interior) * weight);
  const T imaginary = edge ? T(0) : factor;
  const Complex<T> n = north[x][y], s = k == mirrored ? Complex<T>{T(0), T(0)} : south[x][y];
  const Complex<T> even{factor * (n.re + s.re), imaginary * (n.im + s.im)};
  // On the equator row an odd function is zero and an even one is the row itself.
  const Complex<T> odd = k == mirrored ? Complex<T>{T(0), T(0)} : Complex<T>{factor * (n.re - s.re), imaginary * (n.im - s.im)};
  Complex<T>* target = folded + (order * 2 * r.half + k) * r.all_channels + c + x;
  target[0] = r.mirror == 0 ? even : odd;
  target[r.half * r.all_channels] = r.mirror == 0 ? odd : even;
}

/// The other way, in the library's convention (orders between the edges count twice).
template <class T>
__global__ void __launch_bounds__(k_threads) scatter_folded(Complex<T>* spectrum, const Complex<T>* folded, Rows r) {
  __shared__ Complex<T> north[k_side][k_side + 1], south[k_side][k_side + 1];
  const std::int64_t k = blockIdx.z, mirrored = r.nlat - 1 - k;
  const int x = static_cast<int>(threadIdx.x) % k_side, y = static_cast<int>(threadIdx.x) / k_side;
  const std::int64_t m = static_cast<std::int64_t>(blockIdx.x) * k_side, c = static_cast<std::int64_t>(blockIdx.y) * k_side;
  const std::int64_t order = m + y;
  Complex<T> n{T(0), T(0)}, s{T(0), T(0)};
  if (order < r.orders && c + x < r.channels && k >= r.first_row[order]) {
    const bool edge = order == 0 || 2 * order == r.nlon;
    const double weight = r.weights != nullptr ? r.weights[k] : 1.0;
    const T factor = static_cast<T>((edge ? r.scale.edge : 0.5 * r.scale.interior) * weight);
    const T imaginary = edge ? T(0) : factor;
    const Complex<T>* source = folded + (order * 2 * r.half + k) * r.all_channels + c + x;
    const Complex<T> first = source[0], second = source[r.half * r.all_channels];
    const Complex<T> even = r.mirror == 0 ? first : second;
    const Complex<T> odd = k == mirrored ? Complex<T>{T(0), T(0)} : (r.mirror == 0 ? second : first);
    n = {factor * (even.re + odd.re), imaginary * (even.im + odd.im)};
    s = {factor * (even.re - odd.re), imaginary * (even.im - odd.im)};
  }
  north[y][x] = n;
  south[y][x] = s;
  __syncthreads();
  if (m + x >= r.row_orders || c + y >= r.channels) return;
  Complex<T>* rows = spectrum + (c + y) * r.nlat * r.row_orders + m + x;
  rows[k * r.row_orders] = north[x][y];
  if (k != mirrored) rows[mirrored * r.row_orders] = south[x][y];
}

/// Batch elements and channels whose folded fields are held at once. A group of channels is wide enough for the products and depends
/// on the field's shape alone. \param per_channel bytes
struct Group {
  std::int64_t elements = 1, channels = 1;
  Group(std::int64_t per_channel, std::int64_t batch, std::int64_t all_channels) {
    constexpr std::int64_t k_bytes = std::int64_t{256} << 20, k_narrowest = 64;
    const std::int64_t fit = k_bytes / per_channel;
    channels = std::min(all_channels, std::max(k_narrowest, fit / k_narrowest * k_narrowest));
    if (channels == all_channels) elements = std::clamp<std::int64_t>(fit / all_channels, 1, batch);
  }
};

template <class T, class Body>
void for_each_group(Device& device, const LegendrePlanBase& legendre, std::int64_t batch, std::int64_t channels, DType dtype,
                    const Body& body) {
  const Group group(legendre.folded_size(2) * size_of(dtype), batch, channels);
  T* const folded = device.array<T>(Device::k_first, group.elements * legendre.folded_size(2 * group.channels));
  for (std::int64_t b = 0; b < batch; b += group.elements) {
    for (std::int64_t c = 0; c < channels; c += group.channels)
      body(folded, b, std::min(group.elements, batch - b), c, std::min(group.channels, channels - c));
  }
}

Rows rows_of(const RowPlan& fft, const LegendrePlanBase& legendre, std::int64_t all_channels, FourierScale scale, RowWeights use) {
  return {fft.spec().nlat,
          legendre.half,
          fft.orders(),
          legendre.layout().orders(),
          fft.spec().nlon,
          0,
          all_channels,
          legendre.first_row.data(),
          use == RowWeights::quadrature ? legendre.weights.data() : nullptr,
          legendre.mirror,
          scale};
}

ConstTensorView channels_of(ConstTensorView grid, std::int64_t element, std::int64_t first) {
  return grid.slice(0, element, 1).slice(1, first, 1);
}

template <class T>
void analysis(Device& device, const RowPlan& fft, const LegendreTablePlan<T>& legendre, TensorView coefficients, ConstTensorView grid,
              FourierScale scale, RowWeights weights) {
  for_each_group<T>(device, legendre, grid.dim(0), grid.dim(1), fft.spec().dtype,
                    [&](T* folded, std::int64_t b, std::int64_t elements, std::int64_t c, std::int64_t channels) {
                      Rows rows = rows_of(fft, legendre, channels, scale, weights);
                      for (std::int64_t e = 0; e < elements; ++e) {
                        auto* const target = reinterpret_cast<Complex<T>*>(folded + e * legendre.folded_size(2 * channels));
                        fft.forward<T>(channels_of(grid, b + e, c).data, grid.dtype, channels,
                                       [&](std::int64_t first, std::int64_t count, const Complex<T>* spectrum) {
                                         rows.channels = count;
                                         launch(device, {squares(rows.orders), squares(count), rows.half}, &gather_folded<T>,
                                                target + first, spectrum, rows);
                                       });
                      }
                      analyse_folded<T>(device, legendre, coefficients.slice(0, b, elements), folded, elements,
                                        {2 * c, 2 * channels});
                    });
}

template <class T>
void synthesis(Device& device, const RowPlan& fft, const LegendreTablePlan<T>& legendre, TensorView grid, ConstTensorView coefficients,
               FourierScale scale, RowWeights weights) {
  for_each_group<T>(device, legendre, grid.dim(0), grid.dim(1), fft.spec().dtype,
                    [&](T* folded, std::int64_t b, std::int64_t elements, std::int64_t c, std::int64_t channels) {
                      synthesise_folded<T>(device, legendre, folded, coefficients.slice(0, b, elements), elements,
                                           {2 * c, 2 * channels});
                      Rows rows = rows_of(fft, legendre, channels, scale, weights);
                      for (std::int64_t e = 0; e < elements; ++e) {
                        const auto* const source =
                            reinterpret_cast<const Complex<T>*>(folded + e * legendre.folded_size(2 * channels));
                        fft.inverse<T>(const_cast<void*>(channels_of(grid, b + e, c).data), grid.dtype, channels,
                                       [&](std::int64_t first, std::int64_t count, Complex<T>* spectrum) {
                                         rows.channels = count;
                                         launch(device, {squares(rows.row_orders), squares(count), rows.half}, &scatter_folded<T>,
                                                spectrum, source + first, rows);
                                       });
                      }
                    });
}

}  // namespace

std::int64_t scratch_bytes(std::span<const FftSpec> grids, const SpectralLayout& layout, std::int64_t batch, std::int64_t channels) {
  std::int64_t folded = 0, spectra = 0, rows = 0, tables = degree_table_bytes(layout);
  for (const FftSpec& grid : grids) {
    const std::int64_t size = size_of(grid.dtype);
    const std::int64_t per_channel = layout.orders() * 2 * ((grid.nlat + 1) / 2) * 2 * size;
    const Group group(per_channel, batch, channels);
    const std::int64_t piece = RowPlan::piece(grid, channels);
    folded = std::max(folded, group.elements * group.channels * per_channel);
    spectra = std::max(spectra, piece * RowPlan::spectrum_bytes(grid));
    rows = std::max(rows, piece * grid.nlat * grid.nlon * size);
    tables += LegendrePlanBase::index_bytes(grid.nlat, layout);
  }
  // The library's work area is at most as large as the spectra.
  return folded + 2 * spectra + rows + tables + k_product_workspace;
}

void sht_analysis(Device& device, const FftPlan& fft, const LegendrePlan& legendre, TensorView coefficients, ConstTensorView grid,
                  FourierScale scale, RowWeights weights) {
  MYRIAD_KERNEL_EXPECT(grid.rank == 4 && grid.dense_from(1) && coefficients.rank == 4 && coefficients.dense_from(1));
  const auto& rows = static_cast<const RowPlan&>(fft);
  fft.spec().dtype == DType::f64
      ? analysis(device, rows, static_cast<const LegendreTablePlan<double>&>(legendre), coefficients, grid, scale, weights)
      : analysis(device, rows, static_cast<const LegendreTablePlan<float>&>(legendre), coefficients, grid, scale, weights);
}

void sht_synthesis(Device& device, const FftPlan& fft, const LegendrePlan& legendre, TensorView grid, ConstTensorView coefficients,
                   FourierScale scale, RowWeights weights) {
  MYRIAD_KERNEL_EXPECT(grid.rank == 4 && grid.dense_from(1) && coefficients.rank == 4 && coefficients.dense_from(1));
  const auto& rows = static_cast<const RowPlan&>(fft);
  fft.spec().dtype == DType::f64
      ? synthesis(device, rows, static_cast<const LegendreTablePlan<double>&>(legendre), grid, coefficients, scale, weights)
      : synthesis(device, rows, static_cast<const LegendreTablePlan<float>&>(legendre), grid, coefficients, scale, weights);
}

}  // namespace myriad::kernels::cuda
