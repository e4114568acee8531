#include "src/ensemble/spherical_noise.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

#include "src/backend/slot.hpp"
#include "src/spectral/sht.hpp"

namespace myriad {

namespace {

double decay(const SphericalNoiseConfig& config) {
  const double ratio = config.length_scale_km / config.radius_km;
  return 0.5 * ratio * ratio;
}

/// Degrees beyond which exp(-k l(l+1)/2) is below 1e-9 carry no noise in fp32.
std::int64_t useful_lmax(const SphericalNoiseConfig& config, const Grid& grid) {
  const std::int64_t resolved = std::min(Sht::exact_lmax(grid), grid.nlon() / 2);
  if (config.spectrum != NoiseSpectrum::gaussian) return std::max<std::int64_t>(2, resolved);
  const auto needed =
      static_cast<std::int64_t>(std::ceil(std::sqrt(2.0 * std::log(1e9) / decay(config)))) + 1;
  return std::max<std::int64_t>(2, std::min(needed, resolved));
}

/// C_l up to a factor.
double relative_variance(const SphericalNoiseConfig& config, std::int64_t degree) {
  const double l = static_cast<double>(degree);
  switch (config.spectrum) {
    case NoiseSpectrum::gaussian:
      return std::exp(-decay(config) * (l * (l + 1.0)));
    case NoiseSpectrum::flat:
      return 1.0 / (2.0 * l + 1.0);
    case NoiseSpectrum::white:
      return 1.0;
    case NoiseSpectrum::power_law:
      return std::pow(2.0 * l + 1.0, -config.exponent);
    case NoiseSpectrum::matern:
      return std::pow(l * (l + 1.0) + config.inverse_length * config.inverse_length,
                      -config.exponent);
  }
  return 0.0;
}

}  // namespace

NoiseSpectrum noise_spectrum_from_string(std::string_view name) {
  if (name == "gaussian") return NoiseSpectrum::gaussian;
  if (name == "flat") return NoiseSpectrum::flat;
  if (name == "white") return NoiseSpectrum::white;
  if (name == "power_law") return NoiseSpectrum::power_law;
  MYRIAD_VALIDATE(name == "matern", ErrorKind::config_invalid, "E2311",
                  "noise spectrum '{}' is unknown (not one of the five) use gaussian, flat, white, "
                  "power_law or matern",
                  name);
  return NoiseSpectrum::matern;
}

std::vector<double> noise_amplitudes(const SphericalNoiseConfig& config, std::int64_t lmax) {
  MYRIAD_VALIDATE(config.length_scale_km > 0.0, ErrorKind::config_invalid, "E2310",
                  "noise length scale is {} km (must be positive) set perturbation.length_scale_km",
                  config.length_scale_km);
  const bool gaussian = config.spectrum == NoiseSpectrum::gaussian;
  const bool hens = config.compatibility == NoiseCompatibility::hens;
  MYRIAD_VALIDATE(gaussian || !hens, ErrorKind::config_invalid, "E2312",
                  "compat hens with another than the gaussian spectrum (no published form has it) "
                  "drop one of them");
  const std::int64_t all = gaussian ? std::max(lmax, config.gaussian_degrees) : lmax;
  double sum = 0.0;
  for (std::int64_t l = all - 1; l >= 1; --l)
    sum += static_cast<double>(2 * l + 1) * relative_variance(config, l);
  const double four_pi = 4.0 * std::numbers::pi;
  const double factor = std::sqrt(hens ? four_pi / (2.0 * sum) : four_pi / sum);
  std::vector<double> amplitude(static_cast<std::size_t>(lmax));
  for (std::int64_t l = 0; l < lmax; ++l) {
    // The root of the Gaussian is taken in the exponent: the bits of released versions.
    const double shape = gaussian
                             ? std::exp(-0.5 * decay(config) * static_cast<double>(l * (l + 1)))
                             : std::sqrt(relative_variance(config, l));
    amplitude[static_cast<std::size_t>(l)] = factor * shape;
  }
  if (!hens) amplitude[0] = 0.0;
  return amplitude;
}

struct SphericalNoise::Impl {
  Backend& backend;
  Sht sht;
  std::vector<double> amplitude;
  NoiseCompatibility compatibility;
  DType dtype;
  Slot normals, coefficients, converted;
  std::vector<double> host;
  Impl(Backend& b, const Grid& grid, const SphericalNoiseConfig& config, DType type)
      : backend(b),
        sht(b, grid, useful_lmax(config, grid), useful_lmax(config, grid), type),
        amplitude(noise_amplitudes(config, sht.layout().lmax)),
        compatibility(config.compatibility),
        dtype(type) {}
};

SphericalNoise::SphericalNoise(Backend& backend, const Grid& grid,
                               const SphericalNoiseConfig& config, DType dtype)
    : impl_(std::make_unique<Impl>(backend, grid, config, dtype)) {}
SphericalNoise::~SphericalNoise() = default;

std::int64_t SphericalNoise::lmax() const {
  return impl_->sht.layout().lmax;
}

void SphericalNoise::draw(TensorView out, std::uint64_t seed, StreamId stream,
                          std::span<const std::uint32_t> members) {
  std::vector<std::uint32_t> fields(static_cast<std::size_t>(out.dim(1)));
  std::iota(fields.begin(), fields.end(), 0U);
  draw(out, seed, stream, members, fields);
}

void SphericalNoise::draw(TensorView out, std::uint64_t seed, StreamId stream,
                          std::span<const std::uint32_t> members,
                          std::span<const std::uint32_t> fields) {
  draw_coefficients(impl_->host, seed, stream, members, fields, 0);
  synthesise(out, impl_->host);
}

void SphericalNoise::draw_coefficients(std::vector<double>& out, std::uint64_t seed,
                                       StreamId stream, std::span<const std::uint32_t> members,
                                       std::span<const std::uint32_t> fields, std::uint32_t time) {
  Impl& s = *impl_;
  constexpr std::uint32_t k_fields = 65536;
  const kernels::SpectralLayout layout = s.sht.layout();
  const auto lmax = static_cast<std::size_t>(layout.lmax);
  const bool hens = s.compatibility == NoiseCompatibility::hens;
  const double component = hens ? 1.0 : std::sqrt(0.5);
  const auto coefficients = static_cast<std::size_t>(layout.size());

  out.assign(members.size() * coefficients * fields.size() * 2, 0.0);
  // Index of a draw inside (member, field): degree l owns l(l+1) .. , two numbers per order, so
  // that (l, m) always meets the same numbers whatever the truncation.
  const std::size_t draws = lmax * (lmax + 1);
  TensorView normals =
      s.normals.get(s.backend, DType::f64,
                    {static_cast<std::int64_t>(members.size()), static_cast<std::int64_t>(draws)});
  for (std::size_t f = 0; f < fields.size(); ++f) {
    MYRIAD_EXPECT(fields[f] < k_fields && time < k_fields);
    const kernels::RandomStream address{seed, stream_number(stream), time * k_fields + fields[f]};
    s.backend.fill_normal(normals, address, members);
    const std::vector<double> z = to_doubles(s.backend, normals);
    for (std::size_t b = 0; b < members.size(); ++b) {
      for (std::size_t l = 0; l < lmax; ++l) {
        const double sigma = s.amplitude[l];
        for (std::size_t m = 0; m <= l; ++m) {
          const double* pair = z.data() + b * draws + l * (l + 1) + 2 * m;
          const auto lm = static_cast<std::size_t>(
              layout.index(static_cast<std::int64_t>(l), static_cast<std::int64_t>(m)));
          double* c = out.data() + ((b * coefficients + lm) * fields.size() + f) * 2;
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
}

void SphericalNoise::synthesise(TensorView out, const std::vector<double>& host) {
  Impl& s = *impl_;
  const std::int64_t batch = out.dim(0), fields = out.dim(1), size = s.sht.layout().size();
  MYRIAD_EXPECT(static_cast<std::int64_t>(host.size()) == batch * size * fields * 2);
  TensorView coefficients = s.coefficients.get(s.backend, DType::f64, {batch, size, fields, 2});
  s.backend.copy_to_device(coefficients.data, host.data(),
                           static_cast<std::int64_t>(host.size() * sizeof(double)));
  if (s.dtype == DType::f64) {
    s.sht.synthesis(out, coefficients);
    return;
  }
  TensorView converted = s.converted.get(s.backend, s.dtype, {batch, size, fields, 2});
  s.backend.copy(converted, coefficients);
  s.sht.synthesis(out, converted);
}

}  // namespace myriad
