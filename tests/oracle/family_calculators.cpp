#include "tests/oracle/family_calculators.hpp"

#include <algorithm>
#include <limits>

#include "diagnostics/families/energy.hpp"
#include "diagnostics/families/events.hpp"
#include "diagnostics/families/gaussian.hpp"
#include "diagnostics/families/quantiles.hpp"
#include "diagnostics/families/regional_mean.hpp"
#include "diagnostics/families/tails.hpp"
#include "diagnostics/families/variogram.hpp"
#include "src/backend/registry.hpp"

namespace myriad::oracle {
namespace {

std::vector<diag::VerifiedChannel> channel() {
  return {{"t2m", "2 m temperature", "K", "air_temperature"}};
}

std::vector<diag::Threshold> threshold(const Arrays& in) {
  const bool above = in.contains("above");
  return {{"t2m", above ? diag::Relation::above : diag::Relation::below,
           get(in, above ? "above" : "below", 1).values.at(0), ""}};
}

std::int64_t members_of(const Arrays& in) {
  return get(in, "members", 3).shape[0];
}

/// Rows in bands of two, as a verification cuts large cases; then their mean and the results.
Arrays run(const diag::ScoreFamily& family, const Arrays& in) {
  const auto& shape = get(in, "members", 3).shape;
  const std::vector<float> members = get(in, "members", 3).floats(),
                           truth = get(in, "truth", 2).floats();
  const auto backend = make_backend("kokkos");
  MemberColumns columns(*backend);
  const std::size_t size = family.record_size();
  std::vector<double> mean(size, 0.0);
  for (std::int64_t row = 0; row < shape[1]; row += 2) {
    diag::CaseFields fields;
    fields.nlat = std::min<std::int64_t>(2, shape[1] - row);
    fields.nlon = shape[2];
    const auto begin = static_cast<std::size_t>(row * shape[2]);
    fields.truth = std::span(truth).subspan(begin, static_cast<std::size_t>(fields.points()));
    columns.load(std::span(members).subspan(begin), shape[0], shape[1] * shape[2], fields.points());
    std::vector<double> record(static_cast<std::size_t>(fields.nlat) * size,
                               std::numeric_limits<double>::quiet_NaN());
    family.score_rows({columns, fields, 0, 0, row, 0}, record);
    for (std::size_t i = 0; i < record.size(); ++i)
      mean[i % size] += record[i] / static_cast<double>(shape[1]);
  }
  Arrays out;
  const auto outputs = family.outputs(0);
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const std::string& name = outputs[i].name;
    Array& result = out[name.substr(0, std::min(name.find("_above_"), name.find("_below_")))];
    result.shape = {static_cast<std::int64_t>(outputs[i].size())};
    result.values.resize(outputs[i].size());
    family.evaluate(0, i, mean, static_cast<int>(shape[0]), result.values);
  }
  return out;
}

Arrays event_scores(const Arrays& in) {
  diag::EventOptions options;
  options.channels = channel();
  options.events = threshold(in);
  options.members = members_of(in);
  options.bins = static_cast<std::int64_t>(get(in, "bins", 1).values.at(0));
  options.cost_loss = get(in, "cost_loss", 1).values;
  return run(*diag::make_event_family(options), in);
}

Arrays tail_scores(const Arrays& in) {
  return run(*diag::make_tail_family({channel(), threshold(in)}), in);
}

Arrays quantile_scores(const Arrays& in) {
  diag::QuantileScoreOptions options;
  options.probabilities = get(in, "probabilities", 1).values;
  options.levels = get(in, "levels", 1).values;
  options.definition = get(in, "definition", 1).values.at(0) == 6.0
                           ? diag::QuantileDefinition::hyndman_fan_6
                           : diag::QuantileDefinition::hyndman_fan_7;
  return run(*diag::make_quantile_family(options), in);
}

Arrays gaussian_scores(const Arrays& in) {
  diag::GaussianOptions options;
  options.channels = channel();
  return run(*diag::make_gaussian_family(options), in);
}

Arrays regional_scores(const Arrays& in) {
  return run(*diag::make_regional_mean_family({members_of(in)}), in);
}

Arrays energy_scores(const Arrays& in) {
  return run(*diag::make_energy_family({members_of(in)}), in);
}

Arrays variogram_scores(const Arrays& in) {
  diag::VariogramOptions options;
  options.nlon = get(in, "members", 3).shape[2];
  options.order = get(in, "order", 1).values.at(0);
  options.lags_degrees = get(in, "lags", 1).values;
  return run(*diag::make_variogram_family(options), in);
}

}  // namespace

std::map<std::string, Calculator> family_calculators() {
  return {{"energy_scores", energy_scores},      {"event_scores", event_scores},
          {"gaussian_scores", gaussian_scores},  {"quantile_scores", quantile_scores},
          {"regional_scores", regional_scores},  {"tail_scores", tail_scores},
          {"variogram_scores", variogram_scores}};
}

}  // namespace myriad::oracle
