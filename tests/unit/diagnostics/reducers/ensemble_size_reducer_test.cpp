#include "diagnostics/reducers/ensemble_size_reducer.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "diagnostics/ensemble_size.hpp"
#include "src/base/error.hpp"
#include "tests/unit/diagnostics/reducers/tiles.hpp"

namespace myriad::diag {
namespace {

using test::map_of;
using test::reduce_in_tiles;
using test::Slab;

EnsembleSizeOptions verified(float truth) {
  EnsembleSizeOptions options;
  options.sizes = {1, 5, 200};
  options.truth = [truth](std::size_t, std::size_t lead, std::span<float> out) {
    std::fill(out.begin(), out.end(), truth);
    return lead == 1;
  };
  return options;
}

TEST(EnsembleSizeReducer, AgreesWithTheClosedFormsPointByPoint) {
  const StatisticsAxes axes = test::small_axes();
  const auto reducer = make_ensemble_size_reducer(axes, verified(282.0F));
  Slab slab = test::gaussian_slab(axes, 30, 4, 0.5);  // ties with the truth
  slab.lead = 1;
  const auto reduced = reduce_in_tiles(*reducer, axes, slab, 6);
  for (std::size_t p = 0; p < 72; ++p) {
    auto x = test::column(slab, 72, p);
    std::sort(x.begin(), x.end());
    double below = 0.0, above = 0.0;
    std::vector<double> errors;
    for (double v : x) {
      below += v < 282.0 ? 1.0 : 0.0;
      above += v > 282.0 ? 1.0 : 0.0;
      errors.push_back(std::abs(v - 282.0));
    }
    std::sort(errors.begin(), errors.end());
    for (int n : {1, 5, 200}) {
      const auto w = largest_of_draws(30, n);
      double least = 0.0, largest = 0.0, best = 0.0;
      for (std::size_t i = 0; i < 30; ++i) {
        largest += w[i] * x[i];
        least += w[29 - i] * x[i];
        best += w[29 - i] * errors[i];
      }
      const std::string tail = "_" + std::to_string(n);
      EXPECT_FLOAT_EQ(map_of(*reducer, reduced, 0, "z500_expected_min" + tail)[p],
                      static_cast<float>(least));
      EXPECT_FLOAT_EQ(map_of(*reducer, reduced, 0, "z500_expected_max" + tail)[p],
                      static_cast<float>(largest));
      EXPECT_NEAR(map_of(*reducer, reduced, 0, "z500_best_error" + tail)[p], best, 1e-6);
      EXPECT_FLOAT_EQ(map_of(*reducer, reduced, 0, "z500_inside" + tail)[p],
                      static_cast<float>(inside_envelope(below / 30.0, above / 30.0, n)));
    }
  }
}

TEST(EnsembleSizeReducer, OneDrawHasTheEnsembleMeanForBothExtremes) {
  const StatisticsAxes axes = test::small_axes();
  EnsembleSizeOptions options;
  options.sizes = {1};
  const auto reducer = make_ensemble_size_reducer(axes, options);
  ASSERT_EQ(reducer->fields(0).size(), 2U);
  const Slab slab = test::gaussian_slab(axes, 12, 4);
  const auto reduced = reduce_in_tiles(*reducer, axes, slab, 6);
  for (std::size_t p = 0; p < 72; ++p) {
    double mean = 0.0;
    for (double v : test::column(slab, 72, p)) mean += v / 12.0;
    EXPECT_FLOAT_EQ(reduced.maps[0][p], static_cast<float>(mean));
    EXPECT_FLOAT_EQ(reduced.maps[1][p], static_cast<float>(mean));
  }
}

TEST(EnsembleSizeReducer, TilesOfRowsGiveTheBitsOfTheWholeGrid) {
  const StatisticsAxes axes = test::small_axes();
  const auto reducer = make_ensemble_size_reducer(axes, verified(280.0F));
  for (std::int64_t members : {1, 2, 37}) {
    Slab slab = test::gaussian_slab(axes, members, 4, 0.5);
    slab.lead = 1;
    const auto whole = reduce_in_tiles(*reducer, axes, slab, 6);
    for (std::int64_t rows : {1, 3, 4})
      EXPECT_EQ(reduce_in_tiles(*reducer, axes, slab, rows).maps, whole.maps) << rows;
  }
}

TEST(EnsembleSizeReducer, WhatNothingVerifiesIsMissing) {
  const StatisticsAxes axes = test::small_axes();
  const auto reducer = make_ensemble_size_reducer(axes, verified(280.0F));
  const auto reduced = reduce_in_tiles(*reducer, axes, test::gaussian_slab(axes, 4, 4), 3);
  const auto fields = reducer->fields(0);
  for (std::size_t f = 0; f < fields.size(); ++f) {
    for (float v : reduced.maps[f]) EXPECT_EQ(std::isnan(v), fields[f].may_be_missing);
  }
}

TEST(EnsembleSizeReducer, RefusesImpossibleSizesAndDamagedTruth) {
  const StatisticsAxes axes = test::small_axes();
  for (const std::vector<std::int64_t>& bad : {std::vector<std::int64_t>{0}, {50, 50}, {-3}}) {
    EnsembleSizeOptions options;
    options.sizes = bad;
    try {
      make_ensemble_size_reducer(axes, options);
      FAIL() << bad[0];
    } catch (const Error& error) {
      EXPECT_EQ(error.id(), "E2533");
    }
  }
  const auto reducer = make_ensemble_size_reducer(axes, verified(std::nanf("")));
  Slab slab = test::gaussian_slab(axes, 4, 4);
  slab.lead = 1;
  EXPECT_THROW(reduce_in_tiles(*reducer, axes, slab, 3), Error);
}

}  // namespace
}  // namespace myriad::diag
