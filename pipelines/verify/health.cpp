#include "pipelines/verify/health.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "pipelines/common/health_keys.hpp"

namespace myriad::pipelines {

void add_member_keys(Schema& verify) {
  verify
      .integer("member_groups",
               "Group of each scored member (its checkpoint or model), from 0; a shorter list repeats; absent: the checkpoints that "
               "member files state")
      .list(1)
      .range(0, 9999);
  add_health_keys(verify, Hashed::yes);
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
  const auto options = health_options(verify, shape.members, "verify");
  if (!options) return std::nullopt;
  return std::optional<diag::MemberHealth>(std::in_place, shape.grid, shape.channels.size(), shape.lead_hours.size(),
                                           std::int64_t{shape.members}, groups.of_member, *options);
}

}  // namespace myriad::pipelines
