#pragma once
/// \file
/// Rules that combine the workers' vectors into one (optimizers.md 14), some of which survive workers that send anything.

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "src/backend/tensor.hpp"

namespace myriad::train {

/// Section `exchange.rule` of a training configuration.
struct RuleConfig {
  std::string name = "mean";  ///< mean, median, trimmed_mean, krum, multi_krum, bulyan
  std::int64_t f = 1;         ///< of all but mean and median: workers that may send anything
  bool operator==(const RuleConfig&) const = default;
};

/// Vectors with NaN or infinite elements take no part in any rule and are reported in the log.
class Rule {
 public:
  virtual ~Rule() = default;
  /// Look at whole vectors. \param products [p, p] of all pairs; not finite for vectors that are not \param senders worker numbers, for the log
  /// Errors: ErrorKind::quality (E2426) when too few vectors are left.
  void choose(std::span<const double> products, std::span<const int> senders);
  /// Combine elements [sender, element] of the vectors that choose() saw.
  void combine(const Tensor& vectors, TensorView out) const;

 protected:
  explicit Rule(std::int64_t least) : least_(least) {}
  /// Set what do_combine() needs. \param products [k, k] of the vectors that are left
  virtual void do_choose(std::span<const double> products, std::size_t count) {
    static_cast<void>(products), static_cast<void>(count);
  }
  /// \param vectors [k, element], finite
  virtual void do_combine(const Tensor& vectors, TensorView out) const = 0;

 private:
  std::int64_t least_;  ///< vectors that the rule needs
  std::vector<std::int64_t> kept_;
};

/// [p, p] products of the rows of [p, element] in fp64.
std::vector<double> pair_products(const Tensor& vectors);

/// Null for mean, which needs no vector by itself.
/// Errors: ErrorKind::config_invalid (E2425) for an unknown rule or one that \p workers cannot carry.
std::unique_ptr<Rule> make_rule(const RuleConfig& config, std::int64_t workers);

}  // namespace myriad::train
