#pragma once
/// \file
/// Families of scores that are declared by name: what they sum up over points and dates, and the scores made of the sums.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "diagnostics/moments.hpp"
#include "diagnostics/scores.hpp"
#include "src/statistics/member_columns.hpp"

namespace myriad::diag {

/// Some whole rows of one case, as a family sees them.
struct CaseRows {
  MemberColumns& members;     ///< the scored members of these rows, loaded
  const CaseFields& fields;   ///< nlat rows of truth, control, persistence, climate; `ensemble` is not used
  std::size_t channel = 0;
  std::size_t lead = 0;
  std::int64_t first_row = 0;  ///< on the grid
  std::uint32_t number = 0;    ///< case_number(), for draws
};

/// One result of a family for a channel.
struct FamilyOutput {
  std::string name;        ///< unique among all scores of a channel, snake case: "brier_fair_above_273.15"
  std::string long_name;   ///< for people
  std::string definition;  ///< the estimator as an equation in plain text
  ScoreUnit unit = ScoreUnit::one;
  Pooling pooling = Pooling::moments;
  int min_members = 1;
  std::string axis = {};  ///< what its values run over, for example "probability"; empty: one value
  std::vector<double> axis_values = {};  ///< one per value
  std::string axis_units = "1";
  /// Why it has no value in regions whose points have weights of their own; empty: it has one.
  std::string absent_where_weighted = {};

  std::size_t size() const { return axis.empty() ? 1 : axis_values.size(); }
};

/// Scores made from the same sums.
///
/// score_rows() turns rows of a case into numbers per row: zonal means of something, so that the mean over an area and over dates is
/// a weighted mean of the numbers. evaluate() makes scores of such a mean, of all dates (Pooling::moments) or of one (per_date).
/// A number that does not exist is NaN and makes every mean with it NaN.
/// *Determinism* bitwise; a row's numbers depend on the row only. *Threads* const functions may be called at once.
class ScoreFamily {
 public:
  virtual ~ScoreFamily() = default;
  /// As in configurations.
  virtual std::string name() const = 0;
  /// Numbers per row, the same for all channels.
  virtual std::size_t record_size() const = 0;
  /// *Shapes* record [row, record_size()], NaN on entry; a channel that the family does not score leaves it so. Means along a row
  /// are those of weight times value where rows.fields.weights are given; what a family cannot make so stays NaN, and its
  /// results say why (FamilyOutput::absent_where_weighted).
  virtual void score_rows(const CaseRows& rows, std::span<double> record) const = 0;
  /// Most values per point that score_rows() asks so many members for at once (MemberColumns::buffer_bytes()).
  virtual std::int64_t values_at_once(std::int64_t members) const = 0;
  /// Results for \p channel; none when the family does not score it.
  virtual std::vector<FamilyOutput> outputs(std::size_t channel) const = 0;
  /// Values [size()] of result \p output from the mean record of \p members members.
  virtual void evaluate(std::size_t channel, std::size_t output, std::span<const double> mean, int members,
                        std::span<double> values) const = 0;
};

using ScoreFamilies = std::vector<std::shared_ptr<const ScoreFamily>>;

}  // namespace myriad::diag
