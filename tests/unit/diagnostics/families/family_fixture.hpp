#pragma once
/// \file
/// Runs families of scores over synthetic cases as a verification would.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "diagnostics/score_family.hpp"
#include "diagnostics/verification.hpp"
#include "tests/unit/diagnostics/fields.hpp"

namespace myriad::diag::test {

/// "t2m" in K and "u10m" in m s-1.
std::vector<VerifiedChannel> two_channels();

/// Numbers [row, record_size()] of every row of a case, scored \p band rows at a time.
std::vector<double> row_record(const ScoreFamily& family, const Case& c, std::size_t channel = 0,
                               std::int64_t band = 1000);

/// Area mean over the rows, weights proportional to \p weights or, when empty, equal.
std::vector<double> mean_record(const ScoreFamily& family, const Case& c,
                                const std::vector<double>& weights = {}, std::size_t channel = 0);

/// Values of every result of a mean record, by name.
using Scores = std::map<std::string, std::vector<double>>;
Scores scores_of(const ScoreFamily& family, const std::vector<double>& mean, std::int64_t members,
                 std::size_t channel = 0);
/// The same of a case with equal weights.
Scores scores_of(const ScoreFamily& family, const Case& c, std::size_t channel = 0);

/// Result \p name, its description.
FamilyOutput output_of(const ScoreFamily& family, const std::string& name, std::size_t channel = 0);

/// One row whose columns are the points: members [member][point].
Case row_case(const std::vector<std::vector<float>>& members, const std::vector<float>& truth);

/// Values of all members at one point, in member order.
std::vector<double> members_at(const Case& c, std::size_t point);

/// The case with its members in another order, or only some of them.
Case with_members(const Case& c, const std::vector<std::int64_t>& which);

/// True where the results of both have the same names and values within \p tolerance of the larger
/// one's size, NaN equal to NaN.
bool agree(const Scores& a, const Scores& b, double tolerance);

/// Everything a family must keep: rows do not depend on the band they are scored in (to the bit),
/// members may come in any order (to 1e-12; \p any_order false leaves that out), names are unique,
/// outputs have as many values as their axis.
void expect_family_rules(const ScoreFamily& family, const Case& c, bool any_order = true,
                         std::size_t channel = 0);

/// A fair score of n members estimates that of infinitely many without bias: its mean over random
/// subsets of \p c's members is its value for all of them, within 4 standard errors. Each subset
/// consists of whole groups of \p group neighbouring members.
using MakeFamily = std::function<std::shared_ptr<const ScoreFamily>(std::int64_t members)>;
void expect_fair(const MakeFamily& make, const std::string& name, const Case& c,
                 const std::vector<std::int64_t>& sizes, std::int64_t group = 1);

/// The error id that making a family with bad options gives; empty when there is none.
template <class Make>
std::string error_id_of(const Make& make);

}  // namespace myriad::diag::test

#include "src/base/error.hpp"

template <class Make>
std::string myriad::diag::test::error_id_of(const Make& make) {
  try {
    make();
  } catch (const Error& error) {
    return std::string(error.id());
  }
  return {};
}
