#include "pipelines/common/health_keys.hpp"

#include <fmt/format.h>

#include "src/base/log.hpp"

namespace myriad::pipelines {

void add_health_keys(Schema& parent, Hashed hashed) {
  const Mark mark(hashed);
  Schema& health = parent.section("health", "Copies among the members, members gone astray, groups that differ");
  mark(health.flag("enabled", "Whether it is looked at").default_to(true));
  mark(health.number("duplicate_ratio", "Members nearer than this share of the mean distance are copies")
           .default_to(0.05)
           .range(0, 1));
  mark(health.integer("permutations", "Of the tests of exchangeability; the smallest p-value of a start is one over one more")
           .default_to(199)
           .range(19, 100000));
  mark(health.integer("max_members", "Larger ensembles are not looked at: time and memory grow with the square of the members")
           .default_to(1000)
           .range(3, 100000));
}

std::optional<diag::HealthOptions> health_options(const Config& parent, int members, std::string_view component) {
  const Config section = parent.section("health");
  if (!section.flag("enabled") || members < 3) return std::nullopt;
  if (members > section.integer("max_members")) {
    log_info(component, "health of the members is not looked at: {} members, health.max_members is {}", members,
             section.integer("max_members"));
    return std::nullopt;
  }
  diag::HealthOptions options;
  options.duplicate_ratio = section.number("duplicate_ratio");
  options.permutations = static_cast<int>(section.integer("permutations"));
  options.seed = static_cast<std::uint64_t>(parent.integer("seed"));
  return options;
}

void warn_duplicates(const diag::Verification& results, std::span<const Instant> starts,
                     std::string_view component) {
  const auto& hours = results.shape().lead_hours;
  for (std::size_t s = 0; s < starts.size(); ++s) {
    for (std::size_t t = 0; t < hours.size(); ++t) {
      if (hours[t] <= 0.0 || results.health(t).empty()) continue;
      const auto health = diag::LeadHealth::from(results.health(t).subspan(s * diag::LeadHealth::k_size, diag::LeadHealth::k_size));
      if (!(health.duplicates > 0.0)) continue;
      log_warning(component, "E2712",
                  "{} pair(s) of members of the forecast from {} are copies of each other at lead {:g} h (nearest: scored members {:g} "
                  "and {:g}, {:.2g} of the mean distance) look at their seeds and perturbations; copies make an ensemble smaller than "
                  "its scores assume",
                  health.duplicates, starts[s].iso(), hours[t], health.first + 1.0, health.second + 1.0, health.nearest_ratio);
      break;  // one line per start
    }
  }
}

}  // namespace myriad::pipelines
