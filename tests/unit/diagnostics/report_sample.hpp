#pragma once
/// \file
/// A report of synthetic cases with every kind of figure.

#include <cmath>
#include <cstdint>

#include "diagnostics/case_runner.hpp"
#include "diagnostics/inferences/flatness.hpp"
#include "diagnostics/report.hpp"
#include "tests/unit/diagnostics/fields.hpp"

namespace myriad::diag::test {

/// A small verification and report from Gaussian cases; spread_factor below 1 is overconfident.
struct Sample {
  explicit Sample(double spread_factor = 1.0, std::int64_t members = 5)
      : results({Grid(GridType::legendre_gauss, 16, 32),
                 standard_regions(),
                 {{"t850", "air temperature <850 hPa> & co", "K", "air_temperature"}},
                 {24.0, 48.0},
                 static_cast<int>(members),
                 static_cast<int>(members) + 1,
                 16,
                 {},
                 {make_rank_test()}}) {
    report.results = &results;
    CaseRunner runner(backend(), results.shape(), {});
    for (std::uint64_t start = 0; start < 6; ++start) {
      StartRecord record(results.shape());
      for (std::size_t t = 0; t < 2; ++t) {
        const Case c = gaussian_case(16, 32, members, 10 * start + t, spread_factor);
        runner.begin(0, t, static_cast<std::uint32_t>(start * 2 + t));
        runner.add_rows(c.view(), 0);
        std::vector<float> mean(c.truth.size(), 0.0F);
        for (std::size_t k = 0; k < c.ensemble.size(); ++k)
          mean[k % mean.size()] += c.ensemble[k] / static_cast<float>(members);
        SpectrumFields spectra;
        spectra.truth = c.truth;
        spectra.mean = mean;
        spectra.members = members;
        spectra.member = [&](std::int64_t i, std::span<float> out) {
          std::copy_n(c.ensemble.begin() + i * static_cast<std::int64_t>(out.size()), out.size(),
                      out.begin());
        };
        runner.store_spectra(0, t, spectra, record);
        runner.finish(record);
        if (start == 0) {
          MapPanel panel{0, 24.0 * static_cast<double>(t + 1), c.control, c.climate_std, c.truth};
          if (members == 1) panel.spread.clear();
          report.maps.push_back(panel);
        }
      }
      results.add(record);
      report.starts.push_back(Instant::parse("2004-01-15") +
                              Duration::days(static_cast<std::int64_t>(30 * start)));
    }
    report.title = "Test & <verification>";
    report.forecast = "a Gaussian machine";
    report.truth = "draws of the same machine";
    report.shown_start = report.starts[0];
    Plume plume{"Oslo <N>", 60.0, 348.75, 0, {}, {1, 2}, {1.5, std::nan("")}, {0, 0}};
    for (int i = 0; i < members; ++i) plume.members.push_back({1.0 + i, 2.0 + i});
    report.plumes.push_back(plume);
    report.provenance = {{"configuration", "sha256 <abc>"}};
  }
  /// Synthetic figures that other parts of the program compute.
  void add_events() {
    const VerifiedEvent event{0, 48.0, "above 281", "K", 281.0, 5};
    report.reliability.push_back(
        {event, {0.1, 0.5, 0.9}, {0.12, 0.4, std::nan("")}, {30.0, 30.0, 0.0}, 0.3});
    report.roc.push_back({event, {0.0, 0.2, 1.0}, {0.0, 0.7, 1.0}, 0.812});
    FieldPanel index{0,
                     48.0,
                     "Extreme forecast index",
                     "integral over the climate",
                     "1",
                     ColourMap::diverging,
                     {-0.8, -0.5, 0.5, 0.8},
                     {}};
    for (int i = 0; i < 16 * 32; ++i)
      index.field.push_back(static_cast<float>(i % 32) / 16.0F - 1.0F);
    report.fields.push_back(index);
    report.spaghetti.push_back(
        {0, 48.0, 281.0, 2, {"M0 900L3600 880", "M0 910L3600 930"}, "M0 905L3600 900"});
  }

  Verification results;
  Report report;
};

}  // namespace myriad::diag::test
