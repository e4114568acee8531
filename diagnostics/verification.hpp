#pragma once
/// \file
/// All results of a verification: scores, rank histograms and spectra of every channel and lead,
/// over many starts.

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "diagnostics/area.hpp"
#include "diagnostics/inference.hpp"
#include "diagnostics/moments.hpp"
#include "diagnostics/score_family.hpp"
#include "diagnostics/scores.hpp"
#include "src/grid/grid.hpp"

namespace myriad::diag {

/// A channel as verified.
struct VerifiedChannel {
  std::string name;       ///< "z500"
  std::string long_name;  ///< for people
  std::string units;
  std::string standard_name;  ///< CF
};

/// Whose power spectrum.
enum class SpectrumOf : std::uint8_t {
  truth,
  members,
  ensemble_mean,
  error_of_mean,
  control,
  persistence,
  climatology,
  spread,              ///< ensemble variance per degree (divisor N - 1)
  truth_order_moment,  ///< order_moment_spectrum() instead of power
  members_order_moment
};
inline constexpr int k_spectrum_count = 10;
std::string to_string(SpectrumOf of);
/// For people and files: what is summed up over the orders of a degree.
std::string estimator(SpectrumOf of);

/// Whose mean along circles of latitude.
enum class ZonalMeanOf : std::uint8_t {
  ensemble_mean,
  truth,
  error,   ///< ensemble mean minus truth
  spread,  ///< root of the mean ensemble variance (divisor N - 1)
  rmse,    ///< root of the mean squared error of the ensemble mean
};
inline constexpr int k_zonal_mean_count = 5;
std::string to_string(ZonalMeanOf of);
/// For people and files: the equation.
std::string estimator(ZonalMeanOf of);

/// What is summed up of them over starts; everything else is made of these.
enum class ZonalSum : std::uint8_t { truth, error, variance, squared_error };
inline constexpr int k_zonal_sum_count = 4;

/// Channels that are the eastward and the northward wind at one level.
struct WindPair {
  std::string name;       ///< "wind850"
  std::string long_name;  ///< for people
  std::size_t eastward = 0, northward = 0;
};
/// Parts of the kinetic energy of the wind: of its stream function, of its velocity potential.
enum class WindPart : std::uint8_t { rotational, divergent };
enum class WindOf : std::uint8_t { truth, members, ensemble_mean };
inline constexpr int k_wind_part_count = 2, k_wind_of_count = 3;
std::string to_string(WindPart part);
std::string to_string(WindOf of);

/// Names of the scores whose sampling uncertainty is given.
std::span<const std::string_view> scores_with_interval();

/// Extents of a verification; the same for all its starts.
struct VerificationShape {
  Grid grid;
  std::vector<Region> regions = standard_regions();
  std::vector<VerifiedChannel> channels;
  std::vector<double> lead_hours;
  int members =
      0;  ///< members that are scored (the control is not among them unless it was asked for)
  int rank_bins = 0;            ///< members + 1, or fewer
  std::int64_t lmax = 0;        ///< degrees of the spectra; 0: no spectra
  ScoreFamilies families = {};  ///< scores asked for beside those of scores()
  Inferences inferences = {};   ///< results of all starts together
  bool health = false;          ///< the starts bring LeadHealth
  std::vector<WindPair> winds = {};  ///< whose spectra of kinetic energy the starts bring; needs lmax
  int block = 1;                ///< starts that follow each other and share their weather (starts_per_block())

  std::size_t cases() const { return channels.size() * lead_hours.size(); }
  /// Numbers of all families per row, or per case and region.
  std::size_t family_record_size() const;
  /// Circles of latitude that have zonal means; 0: the grid is not global.
  std::size_t zonal_rows() const;
  /// Groups of ranks whose shares are kept for each start: k_rank_groups, or all bins when these are fewer.
  std::size_t rank_groups() const;
};

inline constexpr int k_rank_groups = 10;

/// Names of the scores whose value is given for each start, so that two systems can be compared
/// start by start: those with an interval and those of the references.
std::span<const std::string_view> scores_by_start();

/// Results of a verification as reports and comparisons read them, whoever holds them.
class ScoreResults {
 public:
  virtual ~ScoreResults() = default;

  virtual const VerificationShape& shape() const = 0;
  virtual std::size_t starts() const = 0;
  /// NaN when absent.
  virtual double score(const Score& score, std::size_t channel, std::size_t lead,
                       std::size_t region) const = 0;
  /// 90 % interval over starts of one of scores_with_interval(); NaN when absent.
  virtual Interval interval(std::string_view score, std::size_t channel, std::size_t lead,
                            std::size_t region) const = 0;
  /// Share of each rank bin [rank_bins], sum 1; empty when absent.
  virtual std::vector<double> rank_histogram(std::size_t channel, std::size_t lead,
                                             std::size_t region) const = 0;
  /// Mean power per degree [lmax]; empty when absent.
  virtual std::vector<double> spectrum(std::size_t channel, std::size_t lead,
                                       SpectrumOf of) const = 0;
  /// Over all starts, by row from north to south [zonal_rows()]; empty when absent.
  virtual std::vector<double> zonal_mean(std::size_t channel, std::size_t lead,
                                         ZonalMeanOf of) const = 0;
  /// Kinetic energy per degree [lmax], m2 s-2, mean over starts; empty when absent.
  virtual std::vector<double> wind_spectrum(std::size_t pair, std::size_t lead, WindPart part,
                                            WindOf of) const = 0;
  /// Value of one of scores_by_start() for each start [start], NaN where absent; empty when it was
  /// not kept.
  virtual std::vector<double> by_start(std::string_view score, std::size_t channel,
                                       std::size_t lead, std::size_t region) const = 0;
  /// Values of a result that is none of scores() (of a family or an inference), by its name; empty when there is none.
  virtual std::vector<double> extra(std::string_view name, std::size_t channel, std::size_t lead,
                                    std::size_t region) const = 0;
  /// A result that belongs to no channel (health_results()) over all leads [lead]; empty when there is none.
  virtual std::vector<double> lead_result(std::string_view name) const = 0;

  /// A score over all leads [lead].
  std::vector<double> over_leads(const Score& score, std::size_t channel, std::size_t region) const;
};

/// What one start contributes: plain numbers, so that it can be sent between ranks as they are.
///
/// Cases that were never filled (no verifying field) stay absent and make the result of that
/// channel and lead absent.
class StartRecord {
 public:
  explicit StartRecord(const VerificationShape& shape);

  void set_moments(std::size_t channel, std::size_t lead, std::size_t region,
                   const Moments& moments);
  Moments moments(std::size_t channel, std::size_t lead, std::size_t region) const;
  std::span<double> ranks(std::size_t channel, std::size_t lead, std::size_t region);
  std::span<const double> ranks(std::size_t channel, std::size_t lead, std::size_t region) const;
  std::span<double> spectrum(std::size_t channel, std::size_t lead, SpectrumOf of);
  std::span<const double> spectrum(std::size_t channel, std::size_t lead, SpectrumOf of) const;

  std::span<double> zonal(std::size_t channel, std::size_t lead, ZonalSum of);
  std::span<const double> zonal(std::size_t channel, std::size_t lead, ZonalSum of) const;
  std::span<double> wind(std::size_t pair, std::size_t lead, WindPart part, WindOf of);
  std::span<const double> wind(std::size_t pair, std::size_t lead, WindPart part, WindOf of) const;

  /// Mean records of all families, one after the other.
  std::span<double> families(std::size_t channel, std::size_t lead, std::size_t region);
  std::span<const double> families(std::size_t channel, std::size_t lead, std::size_t region) const;

  /// [LeadHealth::k_size], NaN where absent; empty without VerificationShape::health.
  std::span<double> health(std::size_t lead);
  std::span<const double> health(std::size_t lead) const;

  std::span<double> data() { return data_; }

 private:
  std::size_t leads_;
  std::size_t regions_;
  std::size_t bins_;
  std::size_t lmax_;
  std::size_t ranks_begin_;
  std::size_t spectra_begin_;
  std::size_t family_size_;
  std::size_t families_begin_;
  std::size_t health_begin_;
  std::size_t health_size_;
  std::size_t zonal_rows_;
  std::size_t zonal_begin_;
  std::size_t winds_begin_;
  std::vector<double> data_;
};

/// Collects the starts in their order.
///
/// Memory: moments, shares of groups of ranks and records of families of every start (about 1 kB per channel, lead and start,
/// and what the families say); histograms, spectra and zonal means are summed up.
/// Determinism: bitwise in the order of add(), whoever made the records.
class Verification final : public ScoreResults {
 public:
  explicit Verification(VerificationShape shape);

  const VerificationShape& shape() const override { return shape_; }
  std::size_t starts() const override { return starts_; }
  void add(const StartRecord& start);

  /// Moments of every start.
  std::span<const Moments> dates(std::size_t channel, std::size_t lead, std::size_t region) const;
  double score(const Score& score, std::size_t channel, std::size_t lead,
               std::size_t region) const override;
  Interval interval(std::string_view score, std::size_t channel, std::size_t lead,
                    std::size_t region) const override;
  std::vector<double> rank_histogram(std::size_t channel, std::size_t lead,
                                     std::size_t region) const override;
  std::vector<double> spectrum(std::size_t channel, std::size_t lead, SpectrumOf of) const override;
  std::vector<double> zonal_mean(std::size_t channel, std::size_t lead,
                                 ZonalMeanOf of) const override;
  std::vector<double> wind_spectrum(std::size_t pair, std::size_t lead, WindPart part,
                                    WindOf of) const override;
  std::vector<double> by_start(std::string_view score, std::size_t channel, std::size_t lead,
                               std::size_t region) const override;
  std::vector<double> extra(std::string_view name, std::size_t channel, std::size_t lead,
                            std::size_t region) const override;
  std::vector<double> lead_result(std::string_view name) const override;

  /// Records of the health of every start at a lead [start, LeadHealth::k_size].
  std::span<const double> health(std::size_t lead) const { return health_[lead]; }
  /// Shares of ranks of every start [start, VerificationShape::rank_groups()]; a bin that straddles two groups is shared out, so that
  /// a flat histogram stays flat. Empty when a start lacks the case.
  std::vector<double> rank_groups(std::size_t channel, std::size_t lead, std::size_t region) const;
  /// Values of all outputs of inference number \p inference, one after the other.
  const std::vector<double>& inferred(std::size_t inference, std::size_t channel, std::size_t lead, std::size_t region) const;
  /// Records of family number \p family of every start.
  std::vector<std::span<const double>> family_records(std::size_t family, std::size_t channel, std::size_t lead,
                                                      std::size_t region) const;

  /// Values [output.size()] of result \p output of family number \p family; NaN where absent.
  std::vector<double> family_values(std::size_t family, const FamilyOutput& output,
                                    std::size_t number, std::size_t channel, std::size_t lead,
                                    std::size_t region) const;
  /// 90 % interval over starts of each of these values; NaN for fewer than 3 starts.
  std::vector<Interval> family_intervals(std::size_t family, const FamilyOutput& output,
                                         std::size_t number, std::size_t channel, std::size_t lead,
                                         std::size_t region) const;

 private:
  std::size_t case_index(std::size_t channel, std::size_t lead, std::size_t region) const {
    return (channel * shape_.lead_hours.size() + lead) * shape_.regions.size() + region;
  }
  VerificationShape shape_;
  std::size_t starts_ = 0;
  /// Part of a case's family records that belongs to \p family.
  std::span<const double> family_part(std::size_t family, std::span<const double> all) const;
  std::vector<double> family_values_of(std::size_t family, const FamilyOutput& output,
                                       std::size_t number, std::size_t channel, std::size_t cell,
                                       std::span<const std::size_t> starts) const;

  std::vector<std::vector<Moments>> moments_;  ///< [channel, lead, region][start]
  std::vector<std::vector<double>> families_;  ///< [channel, lead, region][start, record]
  /// [channel, lead, region][score with interval]; filled when asked for, emptied by add()
  mutable std::vector<std::vector<Interval>> intervals_;
  std::vector<std::vector<double>> rank_groups_;  ///< [channel, lead, region][start, group]
  std::vector<std::vector<double>> health_;       ///< [lead][start, LeadHealth::k_size]
  /// Of (inference, case); filled when asked for, emptied by add().
  mutable std::map<std::pair<std::size_t, std::size_t>, std::vector<double>> inferred_;
  StartRecord sums_;  ///< its moments are not used
};

}  // namespace myriad::diag
