#include "tests/unit/model/sfno_fixture.hpp"

#include <cmath>
#include <string>

namespace myriad::test {

SfnoConfig golden_config() {
  SfnoConfig c;
  c.grid_type = GridType::equiangular;
  c.nlat = 17;
  c.nlon = 32;
  c.scale_factor = 2;
  c.in_channels = 5;
  c.out_channels = 3;
  c.embed_dim = 4;
  c.layers = 3;
  c.mlp_ratio = 2;
  return c;
}

void fill_golden(ParameterSet& parameters, const SfnoConfig& config) {
  const auto v = [](std::int64_t k, std::size_t t) {
    return std::sin(0.37 * static_cast<double>(k) + 0.9 * static_cast<double>(t));
  };
  for (std::size_t t = 0; t < parameters.count(); ++t) {
    const ParameterInfo& info = parameters.info(t);
    TensorView view = parameters.value(t);
    std::vector<double> values(static_cast<std::size_t>(view.size()));
    const bool norm_weight = info.name.find("norm") != std::string::npos && info.name.ends_with(".weight");
    if (info.name.ends_with("filter.weight")) {
      // The specification orders the filter in x out x degree; ours is degree x in x out.
      const std::int64_t embed = config.embed_dim, degrees = config.lmax();
      for (std::int64_t i = 0; i < embed; ++i) {
        for (std::int64_t o = 0; o < embed; ++o) {
          for (std::int64_t l = 0; l < degrees; ++l) {
            const std::int64_t k = (i * embed + o) * degrees + l;
            double* entry = values.data() + ((l * embed + i) * embed + o) * 2;
            entry[0] = 0.5 * v(2 * k, t);
            entry[1] = 0.5 * v(2 * k + 1, t);
          }
        }
      }
    } else {
      for (std::size_t k = 0; k < values.size(); ++k) {
        const double x = v(static_cast<std::int64_t>(k), t);
        values[k] = norm_weight ? 1.0 + 0.25 * x : info.name.ends_with(".bias") ? 0.1 * x : 0.5 * x;
      }
    }
    Tensor staged(parameters.backend(), view.dtype, {view.size()});
    staged.assign(values);
    parameters.backend().copy(TensorView(view.data, view.dtype, {view.size()}), staged);
  }
}

std::vector<double> golden_input(const SfnoConfig& config) {
  std::vector<double> x(static_cast<std::size_t>(config.in_channels * config.nlat * config.nlon));
  for (std::size_t k = 0; k < x.size(); ++k) x[k] = std::sin(0.11 * static_cast<double>(k) + 0.3);
  return x;
}

}  // namespace myriad::test
