#include <cmath>
#include <string>

#include "src/model/sfno.hpp"
#include "src/model/sfno_layout.hpp"

namespace myriad {

void validate(const SfnoConfig& c) {
  const auto positive = [](std::int64_t value, const char* name) {
    MYRIAD_VALIDATE(value > 0, ErrorKind::config_invalid, "E2302",
                    "model.{} is {} (must be positive) set it in the configuration", name, value);
  };
  positive(c.nlat, "nlat");
  positive(c.nlon, "nlon");
  positive(c.scale_factor, "scale_factor");
  positive(c.in_channels, "in_channels");
  positive(c.out_channels, "out_channels");
  positive(c.embed_dim, "embed_dim");
  positive(c.layers, "layers");
  positive(c.mlp_ratio, "mlp_ratio");
  MYRIAD_VALIDATE(c.internal_nlat() >= 2 && c.internal_nlon() >= 2, ErrorKind::config_invalid, "E2303",
                  "scale_factor {} leaves a {}x{} internal grid (too small) use a smaller scale_factor",
                  c.scale_factor, c.internal_nlat(), c.internal_nlon());
  MYRIAD_VALIDATE(c.identity_skip_from < 0 || c.identity_skip_from + c.out_channels <= c.in_channels,
                  ErrorKind::config_invalid, "E2304",
                  "identity skip from channel {} needs {} input channels (there are {})",
                  c.identity_skip_from, c.identity_skip_from + c.out_channels, c.in_channels);
}

std::vector<ParameterInfo> sfno_parameters(const SfnoConfig& c) {
  validate(c);
  std::vector<ParameterInfo> list;
  const std::int64_t embed = c.embed_dim;
  const std::int64_t hidden = c.mlp_ratio * embed;
  const auto matrix = [&](const std::string& name, std::int64_t out, std::int64_t in, double gain) {
    list.push_back({name, {out, in}, std::sqrt(gain / static_cast<double>(in)), 0.0, true, 1.0});
  };
  const auto vector = [&](const std::string& name, std::int64_t n, double value) {
    list.push_back({name, {n}, 0.0, value, false, 1.0});
  };
  matrix("encoder.fwd.0.weight", embed, c.in_channels, 2.0);
  vector("encoder.fwd.0.bias", embed, 0.0);
  matrix("encoder.fwd.2.weight", embed, embed, 1.0);
  for (std::int64_t b = 0; b < c.layers; ++b) {
    const std::string block = "blocks." + std::to_string(b) + ".";
    vector(block + "norm0.weight", embed, 1.0);
    vector(block + "norm0.bias", embed, 0.0);
    // Complex normal of total variance gain / embed with gain 2: half of it per real component.
    list.push_back({block + "filter.filter.weight", {c.lmax(), embed, embed, 2},
                    std::sqrt(1.0 / static_cast<double>(embed)), 0.0, true, std::sqrt(2.0)});
    vector(block + "norm1.weight", embed, 1.0);
    vector(block + "norm1.bias", embed, 0.0);
    matrix(block + "outer_skip.weight", embed, embed, 0.5);
    matrix(block + "mlp.fwd.0.weight", hidden, embed, 2.0);
    vector(block + "mlp.fwd.0.bias", hidden, 0.0);
    matrix(block + "mlp.fwd.3.weight", embed, hidden, 0.5);
    vector(block + "mlp.fwd.3.bias", embed, 0.0);
  }
  matrix("decoder.fwd.0.weight", embed, embed, 2.0);
  vector("decoder.fwd.0.bias", embed, 0.0);
  matrix("decoder.fwd.2.weight", c.out_channels, embed, 0.5);
  matrix("residual_transform.weight", c.out_channels, c.in_channels, 0.5);
  if (c.identity_skip_from >= 0) list.back().init_stddev = 0.0;
  return list;
}

SfnoParameterCount count_parameters(const SfnoConfig& config) {
  SfnoParameterCount count;
  for (const ParameterInfo& info : sfno_parameters(config)) {
    std::int64_t n = 1;
    for (std::int64_t e : info.shape) n *= e;
    if (info.shape.size() == 4) {
      count.complex_valued += n / 2;
    } else {
      count.real_valued += n;
    }
  }
  return count;
}

std::int64_t sfno_scratch_bytes(const Backend& backend, const SfnoConfig& c, std::int64_t batch, Precision precision) {
  const DType dtype = state_format(precision);
  const detail::SfnoLayout grids(c);
  std::vector<kernels::FftSpec> transforms{{c.nlat, c.nlon, c.mmax(), dtype}};
  if (!(grids.inner == grids.outer)) transforms.push_back({c.internal_nlat(), c.internal_nlon(), c.mmax(), dtype});
  return backend.scratch_bytes(transforms, {c.lmax(), c.mmax()}, batch, c.embed_dim);
}

}  // namespace myriad
