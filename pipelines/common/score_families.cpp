#include "pipelines/common/score_families.hpp"

#include <algorithm>

#include "diagnostics/families/artefacts.hpp"
#include "diagnostics/families/energy.hpp"
#include "diagnostics/families/ensemble_size.hpp"
#include "diagnostics/families/events.hpp"
#include "diagnostics/families/gaussian.hpp"
#include "diagnostics/families/pairs.hpp"
#include "diagnostics/families/quantiles.hpp"
#include "diagnostics/families/regional_mean.hpp"
#include "diagnostics/families/spread_skill.hpp"
#include "diagnostics/families/tails.hpp"
#include "diagnostics/families/variogram.hpp"

namespace myriad::pipelines {

namespace {

Json numbers(std::initializer_list<double> values) {
  Json array{Json::Array{}};
  for (double v : values) array.push_back(v);
  return array;
}

}  // namespace

void add_threshold_keys(Schema& section, Hashed hashed) {
  const Mark mark(hashed);
  mark(section.text("channel", "Channel").required());
  mark(section.choice("relation", "Which side of the value", {"above", "below"})
           .default_to("above"));
  mark(section.number("value", "Threshold").required());
  mark(section.text("units", "Unit of the value; absent: that of the channel"));
}

std::vector<diag::Threshold> read_thresholds(const std::vector<Config>& sections) {
  std::vector<diag::Threshold> thresholds;
  for (const Config& event : sections) {
    thresholds.push_back(
        {event.text("channel"),
         event.text("relation") == "below" ? diag::Relation::below : diag::Relation::above,
         event.number("value"), event.has("units") ? event.text("units") : std::string()});
  }
  return thresholds;
}

void add_score_keys(Schema& parent, Hashed hashed) {
  const Mark mark(hashed);
  Schema& s = parent.section("scores", "Scores beside the standard ones (docs/verification.md)");
  mark(s.choice("families", "Families of scores of every channel",
                {"quantiles", "gaussian", "pairs", "spread_skill", "regional_mean", "energy",
                 "variogram", "artefacts", "ensemble_size"})
           .list()
           .default_to(Json(Json::Array{})));
  add_threshold_keys(
      s.section_list("events", "Events: Brier scores, reliability, ROC, economic value, log score"),
      hashed);
  mark(s.integer("event_bins", "Bins of forecast probability where there are more values")
           .default_to(10)
           .range(2, 10000));
  mark(s.number("cost_loss", "Cost/loss ratios of the economic value")
           .list()
           .default_to(numbers({0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9})));
  mark(s.number("member_errors", "Errors of probabilities of events: how many members does it take for +- this (90 %)?")
           .list()
           .default_to(numbers({0.1, 0.05, 0.02})));
  add_threshold_keys(s.section_list("tails", "Tails: threshold-weighted and outcome-weighted CRPS"),
                     hashed);
  mark(s.number("quantiles", "Probabilities of quantile scores")
           .list()
           .default_to(numbers({0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95})));
  mark(s.number("intervals", "Probabilities of central intervals")
           .list()
           .default_to(numbers({0.5, 0.8, 0.9})));
  mark(s.number("spread_edges", "Edges of the bins of spread over the climate's standard deviation")
           .list()
           .default_to(numbers({0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0})));
  mark(s.integer("regional_members", "Members whose means over regions are scored; the first ones")
           .default_to(64)
           .range(2, 100000));
  mark(s.integer("energy_members", "Members of the energy score; the first ones")
           .default_to(32)
           .range(2, 1000));
  mark(s.integer("artefact_members", "Members whose zonal spectra are searched; the first ones")
           .default_to(16)
           .range(1, 1000));
  mark(s.number("variogram_lags", "Distances eastwards")
           .unit("degrees")
           .list()
           .default_to(numbers({11.25, 22.5, 45.0})));
  mark(s.number("variogram_order", "Power of the differences").default_to(0.5).above(0.0));
  mark(s.integer("ensemble_sizes", "Sizes of the family ensemble_size; none given: 1, 2, 4, ... and all members")
           .list()
           .default_to(Json(Json::Array{})));
  mark(s.number("pair_alpha", "Share of the fair score in the almost fair one of antithetic pairs")
           .default_to(0.95)
           .range(0, 1));
}

diag::ScoreFamilies make_score_families(const Config& scores,
                                        const std::vector<diag::VerifiedChannel>& channels,
                                        std::int64_t members, const Grid& grid) {
  diag::ScoreFamilies families;
  const auto events = read_thresholds(scores.sections("events"));
  if (!events.empty()) {
    diag::EventOptions options;
    options.channels = channels;
    options.events = events;
    options.members = members;
    options.bins = scores.integer("event_bins");
    options.cost_loss = scores.numbers("cost_loss");
    options.member_errors = scores.numbers("member_errors");
    families.push_back(diag::make_event_family(options));
  }
  const auto tails = read_thresholds(scores.sections("tails"));
  if (!tails.empty()) families.push_back(diag::make_tail_family({channels, tails}));
  const std::vector<std::string> names = scores.texts("families");
  for (std::size_t i = 0; i < names.size(); ++i) {
    const std::string& name = names[i];
    if (std::find(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(i), name) !=
        names.begin() + static_cast<std::ptrdiff_t>(i)) {
      throw scores.complaint(
          "families", "E2710",
          fmt::format("'{}' is asked for twice (its scores would exist twice) drop one", name));
    }
    if (name == "quantiles") {
      diag::QuantileScoreOptions options;
      options.probabilities = scores.numbers("quantiles");
      options.levels = scores.numbers("intervals");
      families.push_back(diag::make_quantile_family(options));
    } else if (name == "gaussian") {
      diag::GaussianOptions options;
      options.channels = channels;
      families.push_back(diag::make_gaussian_family(options));
    } else if (name == "pairs") {
      diag::PairOptions options;
      options.pairs = diag::neighbour_pairs(members);
      options.alpha = scores.number("pair_alpha");
      families.push_back(diag::make_pair_family(options));
    } else if (name == "spread_skill") {
      diag::SpreadSkillOptions options;
      options.channels = channels;
      options.relative_edges = scores.numbers("spread_edges");
      families.push_back(diag::make_spread_skill_family(options));
    } else if (name == "regional_mean") {
      families.push_back(diag::make_regional_mean_family({scores.integer("regional_members")}));
    } else if (name == "energy") {
      families.push_back(diag::make_energy_family({scores.integer("energy_members")}));
    } else if (name == "variogram") {
      diag::VariogramOptions options;
      options.nlon = grid.nlon();
      if (!grid.is_global()) {
        const auto longitudes = grid.longitudes_deg();
        options.spacing_degrees = longitudes.size() > 1 ? longitudes[1] - longitudes[0] : 0.0;
      }
      options.order = scores.number("variogram_order");
      options.lags_degrees = scores.numbers("variogram_lags");
      families.push_back(diag::make_variogram_family(options));
    } else if (name == "artefacts") {
      families.push_back(
          diag::make_artefact_family({grid, scores.integer("artefact_members")}));
    } else if (name == "ensemble_size") {
      const auto sizes = scores.integers("ensemble_sizes");
      families.push_back(diag::make_ensemble_size_family(sizes.empty() ? diag::doubling_sizes(members) : sizes));
    }
  }
  return families;
}

}  // namespace myriad::pipelines
