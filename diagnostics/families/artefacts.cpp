#include "diagnostics/families/artefacts.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "diagnostics/families/family_parts.hpp"
#include "src/base/error.hpp"

namespace myriad::diag {
namespace {

constexpr std::int64_t k_reach = 3;  ///< neighbours on each side
constexpr double k_cap = 85.0, k_ring = 80.0;

/// Suspicious wavenumbers of rows of \p nlon points, rising.
std::vector<std::int64_t> suspects(std::int64_t nlon) {
  std::vector<std::int64_t> out;
  for (std::int64_t part : {12, 8, 4, 3, 2}) {
    if (nlon % part == 0 && nlon / part >= 4) out.push_back(nlon / part);
  }
  return out;
}

class ArtefactFamily final : public ScoreFamily {
 public:
  explicit ArtefactFamily(const ArtefactOptions& options)
      : options_(options), latitudes_(options.grid.latitudes_deg()) {
    const std::int64_t nlon = options.grid.nlon();
    const auto alarming = suspects(nlon);
    for (std::int64_t m : alarming) {
      Spike spike{m, place_of(m), {}};
      for (std::int64_t n = m - k_reach; n <= std::min(m + k_reach, nlon / 2); ++n) {
        if (n > 0 && std::count(alarming.begin(), alarming.end(), n) == 0)
          spike.neighbours.push_back(place_of(n));
      }
      spikes_.push_back(std::move(spike));
    }
    for (std::int64_t m : wavenumbers_) {
      for (std::int64_t j = 0; j < nlon; ++j) {
        const double angle = 2.0 * std::numbers::pi * static_cast<double>(m * j % nlon) /
                             static_cast<double>(nlon);
        cosine_.push_back(std::cos(angle));
        sine_.push_back(std::sin(angle));
      }
    }
  }

  std::string name() const override { return "artefacts"; }
  std::int64_t values_at_once(std::int64_t) const override { return 0; }
  /// Powers of members, of the truth; variance in the cap, share of the cap, the same of the ring.
  std::size_t record_size() const override { return 2 * wavenumbers_.size() + 4; }

  void score_rows(const CaseRows& rows, std::span<double> record) const override {
    const auto nlon = static_cast<std::size_t>(rows.fields.nlon);
    const auto count = static_cast<std::size_t>(rows.fields.nlat);
    MYRIAD_EXPECT(rows.fields.nlon == options_.grid.nlon());
    MYRIAD_EXPECT(record.size() == count * record_size());
    std::fill(record.begin(), record.end(), 0.0);
    add_polar_variance(rows, record);
    if (!rows.fields.weights.empty()) {  // wavenumbers need whole circles of latitude
      for (std::size_t row = 0; row < count; ++row) {
        const auto powers = record.subspan(row * record_size(), 2 * wavenumbers_.size());
        std::fill(powers.begin(), powers.end(), detail::k_absent);
      }
      return;
    }
    const std::int64_t members = std::min(options_.members_at_most, rows.members.members());
    std::vector<float> field(count * nlon);
    const auto add_powers = [&](std::span<const float> from, std::size_t begin, double weight) {
      for (std::size_t row = 0; row < count; ++row) {
        for (std::size_t k = 0; k < wavenumbers_.size(); ++k)
          record[row * record_size() + begin + k] += weight * power(from.subspan(row * nlon), k);
      }
    };
    for (std::int64_t i = 0; i < members; ++i) {
      rows.members.copy_members(i, 1, field);
      add_powers(field, 0, 1.0 / static_cast<double>(members));
    }
    add_powers(rows.fields.truth, wavenumbers_.size(), 1.0);
  }

  std::vector<FamilyOutput> outputs(std::size_t) const override {
    std::vector<FamilyOutput> out;
    for (const bool truth : {false, true}) {
      if (spikes_.empty()) break;
      FamilyOutput o;
      o.name = truth ? "grid_spike_ratio_truth" : "grid_spike_ratio";
      o.long_name = fmt::format("power of the {} at a wavenumber of the grid over its neighbours'",
                                truth ? "truth" : "members");
      o.definition =
          "P(m) / median of P(n), 0 < |n - m| <= 3, P the mean |zonal Fourier coefficient|^2";
      o.axis = "zonal_wavenumber";
      o.absent_where_weighted = "zonal wavenumbers need whole circles of latitude";
      for (const Spike& s : spikes_) o.axis_values.push_back(static_cast<double>(s.wavenumber));
      out.push_back(std::move(o));
    }
    FamilyOutput polar;
    polar.name = "polar_variance_ratio";
    polar.long_name = "ensemble variance beyond 85 degrees over that between 80 and 85 degrees";
    polar.definition =
        "mean s^2 (|latitude| > 85) / mean s^2 (80 <= |latitude| <= 85); absent in regions that lack "
        "either";
    polar.min_members = 2;
    out.push_back(std::move(polar));
    return out;
  }

  void evaluate(std::size_t, std::size_t output, std::span<const double> mean, int,
                std::span<double> values) const override {
    MYRIAD_EXPECT(mean.size() == record_size());
    const std::size_t curves = spikes_.empty() ? 0 : 2;
    if (output == curves) {
      const auto polar = mean.subspan(2 * wavenumbers_.size());
      values[0] = (polar[0] / polar[1]) / (polar[2] / polar[3]);
      return;
    }
    const auto powers = mean.subspan(output * wavenumbers_.size(), wavenumbers_.size());
    for (std::size_t i = 0; i < spikes_.size(); ++i) {
      std::vector<double> near;
      for (std::size_t place : spikes_[i].neighbours) near.push_back(powers[place]);
      std::sort(near.begin(), near.end());
      const std::size_t half = near.size() / 2;
      const double median = near.size() % 2 == 1 ? near[half] : 0.5 * (near[half - 1] + near[half]);
      values[i] = powers[spikes_[i].place] / median;
    }
  }

 private:
  struct Spike {
    std::int64_t wavenumber;
    std::size_t place;                    ///< in wavenumbers_
    std::vector<std::size_t> neighbours;  ///< at least two
  };

  /// Place of \p m in wavenumbers_, where it is added when it is new.
  std::size_t place_of(std::int64_t m) {
    const auto found = std::find(wavenumbers_.begin(), wavenumbers_.end(), m);
    const auto place = static_cast<std::size_t>(found - wavenumbers_.begin());
    if (found == wavenumbers_.end()) wavenumbers_.push_back(m);
    return place;
  }

  void add_polar_variance(const CaseRows& rows, std::span<double> record) const {
    const auto variance = rows.members.variance();
    for (std::size_t row = 0; row < static_cast<std::size_t>(rows.fields.nlat); ++row) {
      const double latitude =
          std::abs(latitudes_[static_cast<std::size_t>(rows.first_row) + row]);
      if (latitude < k_ring) continue;
      const std::size_t at =
          row * record_size() + 2 * wavenumbers_.size() + (latitude > k_cap ? 0 : 2);
      record[at] =
          detail::row_mean(rows.fields, row, [&](std::size_t p) { return variance[p]; });
      record[at + 1] = detail::row_mean(rows.fields, row, [](std::size_t) { return 1.0; });
    }
  }

  double power(std::span<const float> row, std::size_t k) const {
    const auto nlon = static_cast<std::size_t>(options_.grid.nlon());
    double re = 0.0, im = 0.0;
    for (std::size_t j = 0; j < nlon; ++j) {
      re += cosine_[k * nlon + j] * static_cast<double>(row[j]);
      im += sine_[k * nlon + j] * static_cast<double>(row[j]);
    }
    return re * re + im * im;
  }

  ArtefactOptions options_;
  std::vector<double> latitudes_;
  std::vector<std::int64_t> wavenumbers_;  ///< whose power is kept
  std::vector<Spike> spikes_;
  std::vector<double> cosine_, sine_;  ///< [wavenumber, lon]
};

}  // namespace

std::shared_ptr<const ScoreFamily> make_artefact_family(const ArtefactOptions& options) {
  MYRIAD_VALIDATE(options.grid.is_global(), ErrorKind::config_invalid, "E2559",
                  "artefacts cannot be looked for on the {} (zonal wavenumbers need whole "
                  "circles of latitude) leave the family out",
                  options.grid.describe());
  return std::make_shared<ArtefactFamily>(options);
}

}  // namespace myriad::diag
