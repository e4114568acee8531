#include "tests/unit/diagnostics/families/family_fixture.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>
#include <set>

namespace myriad::diag::test {
namespace {

std::span<const float> rows_of(const std::vector<float>& field, std::size_t begin,
                               std::size_t count) {
  return field.empty() ? std::span<const float>() : std::span(field).subspan(begin, count);
}

}  // namespace

std::vector<VerifiedChannel> two_channels() {
  return {{"t2m", "2 m temperature", "K", "air_temperature"},
          {"u10m", "10 m eastward wind", "m s-1", "eastward_wind"}};
}

std::vector<double> row_record(const ScoreFamily& family, const Case& c, std::size_t channel,
                               std::int64_t band) {
  std::vector<double> record(static_cast<std::size_t>(c.nlat) * family.record_size(),
                             std::numeric_limits<double>::quiet_NaN());
  MemberColumns columns(backend());
  for (std::int64_t row = 0; row < c.nlat; row += band) {
    CaseFields f;
    f.nlat = std::min(band, c.nlat - row);
    f.nlon = c.nlon;
    f.members = c.members;
    const auto begin = static_cast<std::size_t>(row * c.nlon);
    const auto size = static_cast<std::size_t>(f.points());
    f.truth = rows_of(c.truth, begin, size);
    f.control = rows_of(c.control, begin, size);
    f.persistence = rows_of(c.persistence, begin, size);
    f.climate_mean = rows_of(c.climate_mean, begin, size);
    f.climate_std = rows_of(c.climate_std, begin, size);
    columns.load(std::span(c.ensemble).subspan(begin), c.members, c.nlat * c.nlon, f.points());
    const CaseRows rows{columns, f, channel, 0, row, 7};
    family.score_rows(
        rows, std::span(record).subspan(static_cast<std::size_t>(row) * family.record_size(),
                                        static_cast<std::size_t>(f.nlat) * family.record_size()));
  }
  return record;
}

std::vector<double> mean_record(const ScoreFamily& family, const Case& c,
                                const std::vector<double>& weights, std::size_t channel) {
  const auto record = row_record(family, c, channel);
  std::vector<double> mean(family.record_size(), 0.0);
  double total = 0.0;
  for (std::size_t k = 0; k < static_cast<std::size_t>(c.nlat); ++k) {
    const double w = weights.empty() ? 1.0 : weights[k];
    total += w;
    for (std::size_t i = 0; i < mean.size(); ++i) mean[i] += w * record[k * mean.size() + i];
  }
  for (double& v : mean) v /= total;
  return mean;
}

Scores scores_of(const ScoreFamily& family, const std::vector<double>& mean, std::int64_t members,
                 std::size_t channel) {
  Scores scores;
  const auto outputs = family.outputs(channel);
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    std::vector<double> values(outputs[i].size(), -12345.0);
    family.evaluate(channel, i, mean, static_cast<int>(members), values);
    scores[outputs[i].name] = values;
  }
  return scores;
}

Scores scores_of(const ScoreFamily& family, const Case& c, std::size_t channel) {
  return scores_of(family, mean_record(family, c, {}, channel), c.members, channel);
}

FamilyOutput output_of(const ScoreFamily& family, const std::string& name, std::size_t channel) {
  for (const FamilyOutput& o : family.outputs(channel)) {
    if (o.name == name) return o;
  }
  ADD_FAILURE() << "no result " << name;
  return {};
}

Case row_case(const std::vector<std::vector<float>>& members, const std::vector<float>& truth) {
  Case c;
  c.nlon = static_cast<std::int64_t>(truth.size());
  c.members = static_cast<std::int64_t>(members.size());
  for (const auto& member : members)
    c.ensemble.insert(c.ensemble.end(), member.begin(), member.end());
  c.truth = truth;
  return c;
}

std::vector<double> members_at(const Case& c, std::size_t point) {
  std::vector<double> values;
  for (std::size_t i = 0; i < static_cast<std::size_t>(c.members); ++i)
    values.push_back(static_cast<double>(c.ensemble[i * c.truth.size() + point]));
  return values;
}

Case with_members(const Case& c, const std::vector<std::int64_t>& which) {
  Case out = c;
  out.members = static_cast<std::int64_t>(which.size());
  out.ensemble.clear();
  const auto points = static_cast<std::ptrdiff_t>(c.truth.size());
  for (std::int64_t i : which) {
    const auto begin = c.ensemble.begin() + i * points;
    out.ensemble.insert(out.ensemble.end(), begin, begin + points);
  }
  return out;
}

bool agree(const Scores& a, const Scores& b, double tolerance) {
  if (a.size() != b.size()) return false;
  for (const auto& [name, values] : a) {
    const auto other = b.find(name);
    if (other == b.end() || other->second.size() != values.size()) return false;
    for (std::size_t i = 0; i < values.size(); ++i) {
      const double x = values[i], y = other->second[i];
      if (std::isnan(x) && std::isnan(y)) continue;
      if (std::abs(x - y) <= tolerance * std::max({1.0, std::abs(x), std::abs(y)})) continue;
      ADD_FAILURE() << name << "[" << i << "]: " << x << " and " << y;
      return false;
    }
  }
  return true;
}

void expect_family_rules(const ScoreFamily& family, const Case& c, bool any_order,
                         std::size_t channel) {
  const auto whole = row_record(family, c, channel);
  for (std::int64_t band : {1, 2}) {
    const auto parts = row_record(family, c, channel, band);
    for (std::size_t i = 0; i < whole.size(); ++i) {
      EXPECT_TRUE(whole[i] == parts[i] || (std::isnan(whole[i]) && std::isnan(parts[i])))
          << family.name() << " number " << i << " in bands of " << band;
    }
  }
  std::set<std::string> names;
  for (const FamilyOutput& o : family.outputs(channel)) {
    EXPECT_TRUE(names.insert(o.name).second) << o.name;
    EXPECT_FALSE(o.long_name.empty() || o.definition.empty()) << o.name;
    EXPECT_EQ(o.axis.empty(), o.axis_values.empty()) << o.name;
  }
  if (!any_order) return;
  std::vector<std::int64_t> order(static_cast<std::size_t>(c.members));
  std::iota(order.begin(), order.end(), std::int64_t{0});
  std::shuffle(order.begin(), order.end(), std::mt19937_64(3));
  EXPECT_TRUE(agree(scores_of(family, c, channel),
                    scores_of(family, with_members(c, order), channel), 1e-12));
}

void expect_fair(const MakeFamily& make, const std::string& name, const Case& c,
                 const std::vector<std::int64_t>& sizes, std::int64_t group) {
  const double all = scores_of(*make(c.members), c).at(name).at(0);
  std::mt19937_64 engine(11);
  std::vector<std::int64_t> groups(static_cast<std::size_t>(c.members / group));
  std::iota(groups.begin(), groups.end(), std::int64_t{0});
  for (std::int64_t size : sizes) {
    const auto family = make(size);
    constexpr int k_draws = 400;
    double sum = 0.0, squares = 0.0;
    for (int draw = 0; draw < k_draws; ++draw) {
      std::shuffle(groups.begin(), groups.end(), engine);
      std::vector<std::int64_t> which;
      for (std::int64_t i = 0; i < size; ++i)
        which.push_back(groups[static_cast<std::size_t>(i / group)] * group + i % group);
      const double value = scores_of(*family, with_members(c, which)).at(name).at(0);
      sum += value;
      squares += value * value;
    }
    const double mean = sum / k_draws;
    const double error = std::sqrt((squares / k_draws - mean * mean) / k_draws);
    EXPECT_GT(error, 0.0) << name;
    EXPECT_NEAR(mean, all, 4.0 * error) << name << " of " << size << " members";
  }
}

}  // namespace myriad::diag::test
