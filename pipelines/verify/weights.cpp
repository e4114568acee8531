#include "pipelines/verify/weights.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "diagnostics/inferences/checkpoints.hpp"

namespace myriad::pipelines {

void add_weight_keys(Schema& verify) {
  Schema& weights = verify.section("weights", "Weights of the checkpoints that make the CRPS smallest, and what they are worth");
  weights.flag("enabled", "Whether they are fitted").default_to(false);
  weights
      .choice("estimator",
              "Mean distance inside a checkpoint: with that of a member to itself (standard), or without (fair), which does not favour "
              "checkpoints of many members",
              {"standard", "fair"})
      .default_to("standard");
  weights.number("regularisation", "How strongly weights are drawn to equal ones, in units of the CRPS").default_to(0.01).range(0, 1000);
}

void add_checkpoint_results(const Config& verify, const MemberGroups& groups, diag::VerificationShape& shape) {
  const Config section = verify.section("weights");
  const bool weights = section.flag("enabled");
  const bool agreement = groups.count() >= 3 && verify.section("health").flag("enabled");
  if (weights && groups.count() < 2) {
    throw section.complaint("enabled", "E2714",
                            "no weights (the members are not known to be of several checkpoints) name them in `member_groups`, for "
                            "instance [0, 1] for two that alternate");
  }
  if (!weights && !agreement) return;
  const auto family = diag::make_checkpoint_family({groups.of_member, weights});
  shape.families.push_back(family);
  if (agreement) shape.inferences.push_back(diag::make_agreement(family));
  if (!weights) return;
  diag::WeightOptions options;
  options.regularisation = section.number("regularisation");
  if (section.text("estimator") == "fair") {
    options.estimator = diag::PairEstimator::fair;
    const auto& sizes = family->members();
    const auto lonely = std::find(sizes.begin(), sizes.end(), 1);
    if (lonely != sizes.end()) {
      throw section.complaint("estimator", "E2714",
                              fmt::format("no fair estimate for checkpoint {} (it has one member, and fair distances need two) take the "
                                          "standard one",
                                          lonely - sizes.begin()));
    }
  }
  shape.inferences.push_back(diag::make_weights(family, options));
}

void drop_checkpoint_records(const diag::VerificationShape& shape, diag::StartRecord& record) {
  std::size_t begin = 0;
  for (const auto& family : shape.families) {
    const std::size_t size = family->record_size();
    for (std::size_t c = 0; c < shape.channels.size() && family->name() == "checkpoints"; ++c) {
      for (std::size_t t = 0; t < shape.lead_hours.size(); ++t) {
        for (std::size_t r = 0; r < shape.regions.size(); ++r) {
          const auto part = record.families(c, t, r).subspan(begin, size);
          std::fill(part.begin(), part.end(), std::numeric_limits<double>::quiet_NaN());
        }
      }
    }
    begin += size;
  }
}

}  // namespace myriad::pipelines
