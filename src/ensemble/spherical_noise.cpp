#include "src/ensemble/spherical_noise.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "src/backend/slot.hpp"
#include "src/spectral/sht.hpp"

namespace myriad {

namespace {

/// Degrees beyond which exp(-k l(l+1)/2) is below 1e-9 carry no noise in fp32.
std::int64_t useful_lmax(const SphericalNoiseConfig& config, const Grid& grid) {
  const double ratio = config.length_scale_km / config.radius_km;
  const double k = 0.5 * ratio * ratio;
  const auto needed = static_cast<std::int64_t>(std::ceil(std::sqrt(2.0 * std::log(1e9) / k))) + 1;
  return std::max<std::int64_t>(2, std::min({needed, Sht::exact_lmax(grid), grid.nlon() / 2}));
}

}  // namespace

std::vector<double> noise_amplitudes(const SphericalNoiseConfig& config, std::int64_t lmax) {
  MYRIAD_VALIDATE(config.length_scale_km > 0.0, ErrorKind::config_invalid, "E2310",
                  "noise length scale is {} km (must be positive) set perturbation.length_scale_km",
                  config.length_scale_km);
  const double ratio = config.length_scale_km / config.radius_km;
  const double k = 0.5 * ratio * ratio;
  // The normalising sum runs over all degrees that matter, whatever the truncation of the grid: a coarser grid gets the
  // low-pass of the same field. 720 degrees are HENS's own bound.
  const std::int64_t all = std::max<std::int64_t>(lmax, 720);
  double sum = 0.0;
  for (std::int64_t l = all - 1; l >= 1; --l) {
    sum += static_cast<double>(2 * l + 1) * std::exp(-k * static_cast<double>(l * (l + 1)));
  }
  const double four_pi = 4.0 * std::numbers::pi;
  std::vector<double> amplitude(static_cast<std::size_t>(lmax));
  for (std::int64_t l = 0; l < lmax; ++l) {
    const double shape = std::exp(-0.5 * k * static_cast<double>(l * (l + 1)));
    const double variance = config.compatibility == NoiseCompatibility::hens ? four_pi / (2.0 * sum) : four_pi / sum;
    amplitude[static_cast<std::size_t>(l)] = std::sqrt(variance) * shape;
  }
  if (config.compatibility == NoiseCompatibility::none) amplitude[0] = 0.0;
  return amplitude;
}

struct SphericalNoise::Impl {
  Backend& backend;
  Sht sht;
  std::vector<double> amplitude;
  NoiseCompatibility compatibility;
  DType dtype;
  Slot normals, coefficients;
  std::vector<double> host;
  Impl(Backend& b, const Grid& grid, const SphericalNoiseConfig& config, DType type)
      : backend(b),
        sht(b, grid, useful_lmax(config, grid), useful_lmax(config, grid), type),
        amplitude(noise_amplitudes(config, sht.layout().lmax)),
        compatibility(config.compatibility),
        dtype(type) {}
};

SphericalNoise::SphericalNoise(Backend& backend, const Grid& grid, const SphericalNoiseConfig& config, DType dtype)
    : impl_(std::make_unique<Impl>(backend, grid, config, dtype)) {}
SphericalNoise::~SphericalNoise() = default;

std::int64_t SphericalNoise::lmax() const { return impl_->sht.layout().lmax; }

void SphericalNoise::draw(TensorView out, std::uint64_t seed, StreamId stream,
                          std::span<const std::uint32_t> members) {
  Impl& s = *impl_;
  const std::int64_t batch = out.dim(0);
  const std::int64_t fields = out.dim(1);
  MYRIAD_EXPECT(static_cast<std::int64_t>(members.size()) == batch);
  const kernels::SpectralLayout layout = s.sht.layout();
  const std::int64_t lmax = layout.lmax;
  const bool hens = s.compatibility == NoiseCompatibility::hens;
  const double component = hens ? 1.0 : std::sqrt(0.5);

  s.host.assign(static_cast<std::size_t>(batch * layout.size() * fields * 2), 0.0);
  // Index of a draw inside (member, field): degree l owns l*l*2 .. , two numbers per order, so that (l, m) always meets
  // the same numbers whatever the truncation.
  const std::int64_t draws = lmax * (lmax + 1);
  TensorView normals = s.normals.get(s.backend, DType::f64, {batch, draws});
  for (std::int64_t f = 0; f < fields; ++f) {
    const kernels::RandomStream address{seed, stream_number(stream), static_cast<std::uint32_t>(f)};
    s.backend.fill_normal(normals, address, members);
    const std::vector<double> z = to_doubles(s.backend, normals);
    for (std::int64_t b = 0; b < batch; ++b) {
      for (std::int64_t l = 0; l < lmax; ++l) {
        const double sigma = s.amplitude[static_cast<std::size_t>(l)];
        for (std::int64_t m = 0; m <= l; ++m) {
          const double* pair = z.data() + b * draws + l * (l + 1) + 2 * m;
          double* c = s.host.data() + ((b * layout.size() + layout.index(l, m)) * fields + f) * 2;
          if (m == 0) {
            c[0] = sigma * pair[0];
          } else {
            c[0] = sigma * component * pair[0];
            c[1] = sigma * component * pair[1];
          }
        }
      }
    }
  }
  TensorView coefficients = s.coefficients.get(s.backend, DType::f64, {batch, layout.size(), fields, 2});
  s.backend.copy_to_device(coefficients.data, s.host.data(), static_cast<std::int64_t>(s.host.size() * sizeof(double)));
  if (s.dtype == DType::f64) {
    s.sht.synthesis(out, coefficients);
    return;
  }
  Tensor converted(s.backend, s.dtype, {batch, layout.size(), fields, 2});
  s.backend.copy(converted, coefficients);
  s.sht.synthesis(out, converted);
}

}  // namespace myriad
