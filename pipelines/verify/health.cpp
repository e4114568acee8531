#include "pipelines/verify/health.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "src/base/log.hpp"

namespace myriad::pipelines {

void add_health_keys(Schema& verify) {
  verify
      .integer("member_groups",
               "Group of each scored member (its checkpoint or model), from 0; a shorter list repeats; absent: the checkpoints that "
               "member files state")
      .list(1)
      .range(0, 9999);
  Schema& health = verify.section("health", "Copies among the members, members gone astray, groups that differ");
  health.flag("enabled", "Whether it is looked at").default_to(true);
  health.number("duplicate_ratio", "Members nearer than this share of the mean distance are copies")
      .default_to(0.05)
      .range(0, 1);
  health.integer("permutations", "Of the tests of exchangeability; the smallest p-value of a start is one over one more")
      .default_to(199)
      .range(19, 100000);
}

MemberGroups member_groups(const Config& verify, const ForecastSource& forecasts) {
  MemberGroups groups;
  const auto members = static_cast<std::size_t>(forecasts.members());
  std::vector<std::string> names;
  if (verify.has("member_groups")) {
    const auto numbers = verify.integers("member_groups");
    const auto largest = static_cast<std::size_t>(*std::max_element(numbers.begin(), numbers.end()));
    for (std::size_t g = 0; g <= largest; ++g) {
      if (std::find(numbers.begin(), numbers.end(), static_cast<std::int64_t>(g)) == numbers.end() || numbers.size() > members) {
        throw verify.complaint("member_groups", "E2711",
                               fmt::format("{} numbers up to {} for {} scored members (they must count from 0 without gaps and be no "
                                           "more than the members) correct the list",
                                           numbers.size(), largest, members));
      }
      groups.labels.push_back(fmt::format("group {}", g));
    }
    for (std::size_t m = 0; m < members; ++m) groups.of_member.push_back(static_cast<int>(numbers[m % numbers.size()]));
  } else {
    groups.from_files = true;
    for (const std::string& name : forecasts.checkpoints()) {
      const auto found = std::find(groups.labels.begin(), groups.labels.end(), name);
      groups.of_member.push_back(static_cast<int>(found - groups.labels.begin()));
      if (found == groups.labels.end()) groups.labels.push_back(name);
    }
  }
  if (groups.labels.size() < 2) return {};
  return groups;
}

std::optional<diag::MemberHealth> make_member_health(const Config& verify, const diag::VerificationShape& shape,
                                                     const MemberGroups& groups) {
  const Config section = verify.section("health");
  if (!section.flag("enabled") || shape.members < 3) return std::nullopt;
  diag::HealthOptions options;
  options.duplicate_ratio = section.number("duplicate_ratio");
  options.permutations = static_cast<int>(section.integer("permutations"));
  options.seed = static_cast<std::uint64_t>(verify.integer("seed"));
  return std::optional<diag::MemberHealth>(std::in_place, shape.grid, shape.channels.size(), shape.lead_hours.size(),
                                           std::int64_t{shape.members}, groups.of_member, options);
}

void warn_duplicates(const diag::Verification& results, std::span<const Instant> starts) {
  const auto& hours = results.shape().lead_hours;
  for (std::size_t s = 0; s < starts.size(); ++s) {
    for (std::size_t t = 0; t < hours.size(); ++t) {
      if (hours[t] <= 0.0 || results.health(t).empty()) continue;
      const auto health = diag::LeadHealth::from(results.health(t).subspan(s * diag::LeadHealth::k_size, diag::LeadHealth::k_size));
      if (!(health.duplicates > 0.0)) continue;
      log_warning("verify", "E2712",
                  "{} pair(s) of members of the forecast from {} are copies of each other at lead {:g} h (nearest: scored members {:g} "
                  "and {:g}, {:.2g} of the mean distance) look at their seeds and perturbations; copies make an ensemble smaller than "
                  "its scores assume",
                  health.duplicates, starts[s].iso(), hours[t], health.first + 1.0, health.second + 1.0, health.nearest_ratio);
      break;  // one line per start
    }
  }
}

}  // namespace myriad::pipelines
