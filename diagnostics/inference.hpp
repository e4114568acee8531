#pragma once
/// \file
/// Results that take all starts together and are no means of something: tests, fitted weights, trends.

#include <cstddef>
#include <memory>
#include <vector>

#include "diagnostics/score_family.hpp"

namespace myriad::diag {

class Verification;
struct VerificationShape;

/// Several results made at once from what a Verification holds of each start.
///
/// They are written, printed and read back as scores are; they have no interval. *Determinism* bitwise.
class Inference {
 public:
  virtual ~Inference() = default;
  /// Results for \p channel; their pooling has no meaning. None when the channel has none.
  virtual std::vector<FamilyOutput> outputs(const VerificationShape& shape, std::size_t channel) const = 0;
  /// Values of all outputs(), one after the other; NaN where absent.
  virtual std::vector<double> evaluate(const Verification& results, std::size_t channel, std::size_t lead,
                                       std::size_t region) const = 0;
};

using Inferences = std::vector<std::shared_ptr<const Inference>>;

}  // namespace myriad::diag
