#include "tests/oracle/calculators.hpp"

#include "diagnostics/moments.hpp"
#include "diagnostics/ranks.hpp"
#include "src/backend/registry.hpp"
#include "src/statistics/member_columns.hpp"
#include "tests/oracle/family_calculators.hpp"
#include "tests/oracle/statistics_calculators.hpp"

namespace myriad::oracle {
namespace {

/// Owned fields of a case: `members` [member, lat, lon], `truth` [lat, lon], and if they are there
/// `climate_mean`, `climate_std` [lat, lon].
class Fields {
 public:
  explicit Fields(const Arrays& in)
      : shape_(get(in, "members", 3).shape),
        ensemble_(get(in, "members", 3).floats()),
        truth_(get(in, "truth", 2).floats()) {
    if (!in.contains("climate_mean")) return;
    climate_mean_ = get(in, "climate_mean", 2).floats();
    climate_std_ = get(in, "climate_std", 2).floats();
  }

  diag::CaseFields view() const {
    diag::CaseFields fields;
    fields.members = shape_[0];
    fields.nlat = shape_[1];
    fields.nlon = shape_[2];
    fields.ensemble = ensemble_;
    fields.truth = truth_;
    fields.climate_mean = climate_mean_;
    fields.climate_std = climate_std_;
    return fields;
  }

 private:
  std::vector<std::int64_t> shape_;
  std::vector<float> ensemble_, truth_, climate_mean_, climate_std_;
};

/// Zonal means of what the scores are made of, each [lat].
Arrays row_moments(const Arrays& in) {
  const Fields owned(in);
  const diag::CaseFields fields = owned.view();
  const auto backend = make_backend("kokkos");
  MemberColumns columns(*backend);
  columns.load(fields.ensemble, fields.members, fields.points(), fields.points());
  std::vector<diag::Moments> rows(static_cast<std::size_t>(fields.nlat));
  diag::row_moments(columns, columns.errors(fields.truth), fields, rows);
  Arrays out;
  const auto add = [&](const std::string& name, auto... moment) {
    out[name].shape = {fields.nlat};
    for (const diag::Moments& row : rows) out[name].values.push_back(row(moment...));
  };
  using diag::CaseMoment;
  using diag::ErrorMoment;
  using diag::Forecast;
  add("crps_fair", CaseMoment::crps_fair);
  add("crps_standard", CaseMoment::crps_standard);
  add("crps_gaussian_climate", CaseMoment::climate_crps);
  add("variance", CaseMoment::variance);
  add("bias", Forecast::ensemble_mean, ErrorMoment::bias);
  add("absolute_error", Forecast::ensemble_mean, ErrorMoment::absolute);
  add("squared_error", Forecast::ensemble_mean, ErrorMoment::squared);
  return out;
}

/// Points by rank of the truth, `rank_counts` [rank].
Arrays rank_counts(const Arrays& in) {
  const Fields owned(in);
  const diag::CaseFields fields = owned.view();
  const std::int64_t ranks = fields.members + 1;
  std::vector<double> counts(static_cast<std::size_t>(fields.nlat * ranks));
  std::vector<double> outliers(static_cast<std::size_t>(fields.nlat));
  const auto backend = make_backend("kokkos");
  MemberColumns columns(*backend);
  columns.load(fields.ensemble, fields.members, fields.points(), fields.points());
  diag::count_ranks(columns.errors(fields.truth), fields.members, fields.nlon, {}, ranks, counts,
                    outliers);
  // Rows of equal weight, as many points as there are.
  const std::vector<double> weights(outliers.size(), static_cast<double>(fields.nlon));
  return {{"rank_counts", {{ranks}, diag::rank_histogram(counts, weights, fields.nlon)}}};
}

}  // namespace

const std::map<std::string, Calculator>& calculators() {
  static const std::map<std::string, Calculator> table = [] {
    std::map<std::string, Calculator> all = statistics_calculators();
    all.merge(family_calculators());
    all["rank_counts"] = rank_counts;
    all["row_moments"] = row_moments;
    return all;
  }();
  return table;
}

}  // namespace myriad::oracle
