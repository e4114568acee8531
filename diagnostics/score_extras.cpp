#include "diagnostics/score_extras.hpp"

#include <fmt/format.h>

#include <cmath>
#include <span>

namespace myriad::diag::detail {

bool exists(const std::vector<double>& values) {
  for (double v : values) {
    if (std::isfinite(v)) return true;
  }
  return false;
}

std::string pooling_text(Pooling pooling) {
  return pooling == Pooling::moments ? "means over dates before the score"
                                     : "mean over dates of the score";
}

std::string absence_text(const FamilyOutput& output, const VerificationShape& shape) {
  if (output.absent_where_weighted.empty()) return {};
  std::string regions;
  for (const Region& region : shape.regions) {
    if (!region.weights.empty()) regions += (regions.empty() ? "" : ", ") + region.name;
  }
  if (regions.empty()) return {};
  return fmt::format("no value in {} ({})", regions, output.absent_where_weighted);
}

void for_each_extra(const Verification& results, std::size_t channel, const std::function<void(const Extra&)>& body) {
  const VerificationShape& shape = results.shape();
  for (std::size_t f = 0; f < shape.families.size(); ++f) {
    const std::vector<FamilyOutput> outputs = shape.families[f]->outputs(channel);
    for (std::size_t k = 0; k < outputs.size(); ++k) {
      Extra extra{outputs[k], pooling_text(outputs[k].pooling), {}, {}};
      extra.values = [&, f, k](std::size_t t, std::size_t r) {
        return results.family_values(f, outputs[k], k, channel, t, r);
      };
      if (outputs[k].axis.empty() && results.starts() >= 3) {
        extra.interval = [&, f, k](std::size_t t, std::size_t r) {
          return results.family_intervals(f, outputs[k], k, channel, t, r).front();
        };
      }
      body(extra);
    }
  }
  for (std::size_t i = 0; i < shape.inferences.size(); ++i) {
    std::size_t begin = 0;
    for (const FamilyOutput& output : shape.inferences[i]->outputs(shape, channel)) {
      body(Extra{output, "all dates together",
                 [&, i, begin](std::size_t t, std::size_t r) {
                   const auto all = std::span(results.inferred(i, channel, t, r)).subspan(begin, output.size());
                   return std::vector<double>(all.begin(), all.end());
                 },
                 {}});
      begin += output.size();
    }
  }
}

}  // namespace myriad::diag::detail
