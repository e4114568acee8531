#pragma once
/// \file
/// Scores of an ensemble while it runs, where verifying fields exist already.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "diagnostics/case_runner.hpp"
#include "diagnostics/climatology.hpp"
#include "diagnostics/reducers/running_health.hpp"
#include "diagnostics/reducers/statistics_axes.hpp"
#include "diagnostics/verification.hpp"

namespace myriad::diag {

/// What member 0 is.
enum class ControlMember : std::uint8_t {
  exclude,  ///< the unperturbed control: scored by itself, not among the members
  include,  ///< scored by itself and as one of the members
  none,     ///< a member like the others
};

/// The fields that a forecast is compared with; whole fields [lat, lon] in the channel's unit.
/// Asked on every rank that reduces tiles, for one case after the other.
struct VerifyingFields {
  /// False when nothing verifies the case, which is then left out. Errors: those of the files.
  std::function<bool(std::size_t channel, std::size_t lead, std::span<float> out)> truth;
  /// The analysis at the start, for persistence; may be empty or say false.
  std::function<bool(std::size_t channel, std::span<float> out)> analysis;
  std::shared_ptr<const Climatology> climate;  ///< null: no anomaly correlation
};

struct ScoreOptions {
  int members = 0;  ///< planned ones, the control among them
  ControlMember control = ControlMember::exclude;
  int rank_bins = 101;  ///< at most; N + 1 when there are fewer members
  CaseOptions cases;    ///< spectrum_members 0: no spectra
  std::vector<Region> regions = standard_regions();
  ScoreFamilies families;
  std::optional<HealthOptions> health;  ///< none: the members are not judged
  /// Number of the checkpoint that a member comes from, for groups of members; empty: not known.
  std::function<int(std::uint32_t member)> checkpoint_of;
};

/// Maps <channel>_best_error (smallest |x_i - y|) and <channel>_best_member; and, over the whole
/// forecast, everything that `myriad verify` computes.
///
/// A tile is scored by CaseRunner::score_rows() and a case stored by CaseRunner::store(), exactly
/// as verify does it, so that scores, rank histograms and spectra agree with a verification of the
/// same members, channels and leads to the bit. The record of a row holds the number of members,
/// moments and rank counts, what the row says of each member (RunningHealth) and, for the spectra, the row of the
/// ensemble mean, the control and the first members. finish_case() may be called again with the same record, for example after a
/// restart.
///
/// *Failed members.* Cases may have fewer members than planned. N in the factors of the scores is
/// then the smallest number of a case; rank histograms with another number of bins are absent.
/// Errors: E2530 (a member), E2510 (the verifying field).
/// Determinism: bitwise, whatever the tiles.
class ScoreReducer final : public Reducer {
 public:
  ScoreReducer(kernels::Backend& backend, const StatisticsAxes& axes, VerifyingFields verifying,
               const ScoreOptions& options);
  ~ScoreReducer() override;

  std::string name() const override { return "scores"; }
  std::vector<ReducedField> fields(std::size_t channel) const override;
  std::size_t record_size(std::int64_t rows) const override;
  void reduce(const EnsembleTile& tile, MemberColumns& columns, std::span<float> maps,
              std::span<double> record) override;
  void finish_case(std::size_t channel, std::size_t lead, std::span<const float> maps,
                   std::span<const std::int64_t> tile_rows,
                   std::span<const double> record) override;
  std::size_t scratch_bytes(std::size_t members, std::size_t points) const override;
  std::int64_t values_at_once(std::int64_t members) const override;

  /// Extents of the results, with the members that were scored. Preconditions: a case was finished.
  VerificationShape shape() const;
  /// What this forecast contributes to a verification of that shape (of several forecasts: the
  /// smallest `members` and its rank bins).
  StartRecord record(const VerificationShape& shape) const;
  /// Scores of this forecast alone, for write_score_file().
  Verification verification() const;
  /// Cases (channel, lead) that were finished but that nothing verifies.
  const std::set<std::pair<std::size_t, std::size_t>>& unverified() const { return unverified_; }
  /// Cases that were scored.
  std::size_t scored() const { return members_.size(); }

 private:
  using Case = std::pair<std::size_t, std::size_t>;  ///< channel, lead
  struct Fields;

  std::size_t row_record_size() const;
  /// Where the numbers of RunningHealth and those of the spectra begin in the record of a row.
  std::size_t health_begin() const { return 1 + runner_->row_record_size(); }
  std::size_t spectra_begin() const { return health_begin() + (health_ ? health_->row_record_size() : 0); }
  /// Fields of the case; the ones of the last case are kept.
  const Fields& fields_of(std::size_t channel, std::size_t lead);
  int rank_bins(int members) const;
  void store_spectra(std::size_t channel, std::size_t lead, std::span<const double> rows,
                     int members);

  StatisticsAxes axes_;
  VerifyingFields verifying_;
  ScoreOptions options_;
  VerificationShape planned_;
  std::unique_ptr<CaseRunner> runner_;
  std::optional<RunningHealth> health_;
  MemberColumns without_control_;
  std::unique_ptr<Fields> fields_;
  StartRecord record_;
  std::map<Case, int> members_;  ///< of the cases that were scored
  std::set<Case> unverified_;
};

}  // namespace myriad::diag
