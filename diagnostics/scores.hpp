#pragma once
/// \file
/// The scores: named estimators, each a pure function of averaged moments.
///
/// Two packages that both say "CRPS" or "ACC" can mean different numbers; here the estimator is
/// part of the name, and its equation goes into the result file. w-means run over area first, then
/// over dates.

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "diagnostics/moments.hpp"

namespace myriad::diag {

/// Where the average over dates happens.
enum class Pooling : std::uint8_t {
  moments,   ///< the moments are averaged over dates, the score is computed once (ratio of means,
             ///< root last)
  per_date,  ///< the score is computed for each date and averaged (mean of ratios, mean of roots)
};

/// Unit of a score.
enum class ScoreUnit : std::uint8_t { channel, one };

/// One score.
struct Score {
  std::string name;        ///< unique, snake case; estimator and baseline are part of it
  std::string long_name;   ///< for people
  std::string definition;  ///< equation in plain text
  ScoreUnit unit = ScoreUnit::channel;
  Pooling pooling = Pooling::moments;
  int min_members = 1;
  /// The estimator; \p members is N.
  double (*value)(const Moments& mean, int members) = nullptr;
};

/// All scores, in the order in which files and tables list them.
///
/// x_i members, N their number, m their mean, s^2 their variance (N - 1), y truth, c climate mean:
/// bias, mae, rmse, rmse_per_date, acc, acc_per_date of the ensemble mean, each also with the
/// suffix _control, _persistence and (but acc) _climatology; rmse_fair; crps_standard, crps_fair,
/// crps_almost_fair (alpha 0.95), crps_persistence, crps_climatology; spread, spread_climatology;
/// spread_skill_ratio (HENS form), spread_skill_ratio_makani; crpss_fair (skill against
/// climatology); outlier_rate, best_member_error.
std::span<const Score> scores();

/// The score \p name.
/// Errors: ErrorKind::config_invalid (E2502) with the nearest known name.
const Score& find_score(std::string_view name);

/// Value of \p score over \p dates (area means, one per date, in date order); NaN when its inputs
/// are absent or there are too few members.
/// Determinism: bitwise in the order given.
double evaluate(const Score& score, std::span<const Moments> dates, int members);

/// Central interval of the sampling distribution of a score.
struct Interval {
  double low = 0.0;
  double high = 0.0;
};

struct BootstrapOptions {
  int replicates = 400;
  int block = 1;  ///< consecutive dates drawn together (circular); more than 1 for dates that
                  ///< resemble their neighbours
  double level = 0.9;
  std::uint64_t seed = 0;
};

/// Percentile bootstrap over \p dates dates of \p count values, which \p values computes of the
/// dates that it is given (their indices, some more than once). NaN for fewer than 3 dates and
/// where fewer than 2 resamples have a value.
///
/// Determinism: bitwise; replicate r draws from stream bootstrap, member r, of the seed.
/// Source: Künsch 1989 (block bootstrap); Politis and Romano 1992 (circular).
std::vector<Interval> bootstrap_intervals(
    std::size_t dates, std::size_t count, const BootstrapOptions& options,
    const std::function<std::vector<double>(std::span<const std::size_t>)>& values);

/// Percentile bootstrap over dates of each score: resamples with replacement, the same ones for all
/// scores. NaN for fewer than 3 dates or an absent score.
std::vector<Interval> bootstrap_intervals(std::span<const Score* const> which,
                                          std::span<const Moments> dates, int members,
                                          const BootstrapOptions& options = {});

}  // namespace myriad::diag
