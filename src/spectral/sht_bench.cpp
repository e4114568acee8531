#include "src/spectral/sht_bench.hpp"

#include <fmt/format.h>

#include <cmath>

#include "src/spectral/sht.hpp"
#include "src/spectral/stopwatch.hpp"

namespace myriad {
namespace {

struct Case {
  std::int64_t nlat;
  std::int64_t nlon;
  std::int64_t lmax;
  std::int64_t batch;
  std::int64_t channels;
  DType dtype;
};

void append(std::vector<TransformTiming>& to, std::vector<TransformTiming> more) {
  to.insert(to.end(), more.begin(), more.end());
}

std::vector<TransformTiming> run(Backend& backend, const Case& c, const std::string& suffix,
                                 double seconds) {
  Sht sht(backend, Grid(GridType::legendre_gauss, c.nlat, c.nlon), c.lmax, c.lmax, c.dtype);
  Tensor grid(backend, c.dtype, {c.batch, c.channels, c.nlat, c.nlon});
  Tensor coefficients(backend, c.dtype, {c.batch, sht.layout().size(), c.channels, 2});
  std::vector<float> field(static_cast<std::size_t>(grid.size()));
  for (std::size_t i = 0; i < field.size(); ++i)
    field[i] = std::sin(0.37f * static_cast<float>(i % 10007));
  grid.assign(field);
  const int fields = static_cast<int>(c.batch * c.channels);
  return {detail::measure("myriad", "forward" + suffix, fields, seconds,
                          [&] { sht.analysis(coefficients, grid); }),
          detail::measure("myriad", "inverse" + suffix, fields, seconds,
                          [&] { sht.synthesis(grid, coefficients); })};
}

}  // namespace

std::vector<TransformTiming> bench_sht(Backend& backend, double seconds_per_case) {
  std::vector<TransformTiming> timings;
  for (const Case& c :
       {Case{360, 720, 360, 1, 64, DType::f32}, Case{360, 720, 360, 1, 64, DType::f64},
        Case{360, 720, 360, 1, 1, DType::f64}, Case{32, 64, 32, 16, 64, DType::f32}}) {
    const bool single = c.dtype == DType::f32;
    const std::string suffix = fmt::format(" {}x{} lmax {} {} x{}", c.nlat, c.nlon, c.lmax,
                                           single ? "f32" : "f64", c.batch * c.channels);
    append(timings, run(backend, c, suffix, seconds_per_case));
    if (!single) {
      append(timings, detail::bench_libsharp(static_cast<int>(c.nlat), static_cast<int>(c.nlon),
                                             static_cast<int>(c.lmax), suffix, seconds_per_case));
    } else if (c.nlat == 360) {
      append(timings, detail::bench_ectrans(static_cast<int>(c.nlat), static_cast<int>(c.lmax),
                                            static_cast<int>(c.channels), suffix));
    }
  }
  return timings;
}

}  // namespace myriad
