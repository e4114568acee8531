#include "diagnostics/families/gaussian.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "diagnostics/families/family_parts.hpp"
#include "src/base/error.hpp"

namespace myriad::diag {
namespace {

/// Results; log_score and dawid_sebastiani are both made of the first two numbers of a record.
enum GaussianNumber : std::size_t { log_variance, scaled_error, at_floor, k_gaussian_numbers };

bool usable(double v) {
  return std::isfinite(v) && v >= 0.0;
}

std::vector<double> minimum_of_channels(const GaussianOptions& options) {
  std::vector<double> minimum(options.channels.size(), 0.0);
  for (const MinimumSpread& m : options.minimum) {
    const auto found = std::find_if(options.channels.begin(), options.channels.end(),
                                    [&](const VerifiedChannel& c) { return c.name == m.channel; });
    MYRIAD_VALIDATE(found != options.channels.end(), ErrorKind::config_invalid, "E2552",
                    "no smallest spread for {} (it is not among the channels) correct the name",
                    m.channel);
    MYRIAD_VALIDATE(
        usable(m.value), ErrorKind::config_invalid, "E2552",
        "the smallest spread of {} is {} (a standard deviation is not negative) correct "
        "it",
        m.channel, m.value);
    minimum[static_cast<std::size_t>(found - options.channels.begin())] = m.value;
  }
  MYRIAD_VALIDATE(usable(options.climate_share), ErrorKind::config_invalid, "E2552",
                  "the smallest spread is {} of the climate's (a share is not negative) take 0.001",
                  options.climate_share);
  return minimum;
}

class GaussianFamily final : public ScoreFamily {
 public:
  explicit GaussianFamily(const GaussianOptions& options)
      : climate_share_(options.climate_share), minimum_(minimum_of_channels(options)) {}

  std::string name() const override { return "gaussian"; }
  std::int64_t values_at_once(std::int64_t) const override { return 0; }
  std::size_t record_size() const override { return k_gaussian_numbers; }

  void score_rows(const CaseRows& rows, std::span<double> record) const override {
    MYRIAD_EXPECT(record.size() == static_cast<std::size_t>(rows.fields.nlat) * record_size());
    if (rows.members.members() < 2) return;
    const auto mean = rows.members.mean(), variance = rows.members.variance();
    const auto& climate = rows.fields.climate_std;
    const auto floor_at = [&](std::size_t p) {
      const double of_climate =
          climate.empty() ? 0.0 : climate_share_ * static_cast<double>(climate[p]);
      return std::max({minimum_[rows.channel], of_climate, 0x1p-23 * std::abs(mean[p])});
    };
    const auto spread_at = [&](std::size_t p) {
      const double s = std::max(std::sqrt(variance[p]), floor_at(p));
      return s > 0.0 ? s : detail::k_absent;
    };
    for (std::size_t row = 0; row < static_cast<std::size_t>(rows.fields.nlat); ++row) {
      const auto average = [&](auto&& value) { return detail::row_mean(rows.fields, row, value); };
      const auto out = record.subspan(row * record_size(), record_size());
      out[log_variance] = average([&](std::size_t p) { return 2.0 * std::log(spread_at(p)); });
      out[scaled_error] = average([&](std::size_t p) {
        const double z = (static_cast<double>(rows.fields.truth[p]) - mean[p]) / spread_at(p);
        return z * z;
      });
      out[at_floor] =
          average([&](std::size_t p) { return std::sqrt(variance[p]) < floor_at(p) ? 1.0 : 0.0; });
    }
  }

  std::vector<FamilyOutput> outputs(std::size_t) const override {
    std::array<FamilyOutput, 3> out;
    out[0].name = "log_score_gaussian";
    out[0].long_name = "logarithmic score of the Gaussian fitted to the members";
    out[0].definition = "mean(ln(2 pi s^2)/2 + (y - m)^2/(2 s^2)), s^2 with divisor N - 1";
    out[1].name = "dawid_sebastiani";
    out[1].long_name = "Dawid-Sebastiani score";
    out[1].definition = "mean(ln s^2 + (y - m)^2/s^2), s^2 with divisor N - 1";
    out[2].name = "gaussian_floor_share";
    out[2].long_name = "share of points whose spread was raised for the Gaussian scores";
    out[2].definition = fmt::format(
        "mean [s < max(minimum of the channel, {:g} of the climate's, 2^-23 |m|)]", climate_share_);
    for (FamilyOutput& o : out) o.min_members = 2;
    return {out.begin(), out.end()};
  }

  void evaluate(std::size_t, std::size_t output, std::span<const double> mean, int,
                std::span<double> values) const override {
    MYRIAD_EXPECT(mean.size() == record_size() && values.size() == 1);
    const double dawid_sebastiani = mean[log_variance] + mean[scaled_error];
    values[0] = dawid_sebastiani;
    if (output == 0) values[0] = 0.5 * (std::log(2.0 * std::numbers::pi) + dawid_sebastiani);
    if (output == 2) values[0] = mean[at_floor];
  }

 private:
  double climate_share_;
  std::vector<double> minimum_;  ///< [channel]
};

}  // namespace

std::shared_ptr<const ScoreFamily> make_gaussian_family(const GaussianOptions& options) {
  return std::make_shared<GaussianFamily>(options);
}

}  // namespace myriad::diag
