#pragma once
/// \file
/// Execution of a cascade: counts the members of a round, decides, says who runs next.

#include <cstdint>
#include <string>
#include <vector>

#include "pipelines/forecast/cascade_settings.hpp"
#include "pipelines/forecast/forecast_engine.hpp"
#include "src/base/json.hpp"
#include "src/comm/comm.hpp"
#include "src/statistics/member_columns.hpp"
#include "src/statistics/tile_exchange.hpp"

namespace myriad::pipelines {

/// State of the decisions of all dates, the same on every rank.
///
/// A date stops when no event has more than the accepted share of its weight open at any of its
/// leads; the others go on to the next round together.
/// *Determinism* a function of the members' states: ranks, blocks and restarts do not matter.
class CascadeRun {
 public:
  /// \param layout of the statistics' tiles
  CascadeRun(const ForecastSetup& setup, const CascadeSettings& settings, const TileLayout& layout);

  /// Whether every date has stopped.
  bool finished() const;
  /// Members of the next round, by position: [first_member(), last_member()).
  std::size_t first_member() const { return round_ == 0 ? 0 : settings_.rounds[round_ - 1]; }
  std::size_t last_member() const { return settings_.rounds[round_]; }
  /// [date] whether it takes part in the next round.
  std::vector<bool> going_on() const;

  /// Collective: count the events of the members that the round has added, decide, log.
  /// \param failed members of any round that were given up; decisions hold whatever they would have
  /// shown Errors: agreed on; those of the tiles, quality E2648 when no member of a full ensemble
  /// is left.
  void take_round(Comm& comm, const PieceStore& tiles, const std::vector<FailedElement>& failed);

  /// Members of a date that have run.
  std::size_t members(std::size_t date) const {
    return settings_.rounds[dates_[date].rounds.size() - 1];
  }
  /// Of all dates.
  std::size_t members() const;

  /// Of them, those whose files are kept.
  std::size_t member_files() const;

  /// On the root: write products/cascade.nc of every date. Returns the paths relative to the run's
  /// folder.
  std::vector<std::string> write() const;
  /// For the manifest: per date what has run, what was saved, what is open.
  Json facts() const;

  /// Bytes that counts and decisions take on a rank, at most.
  static std::uint64_t bytes(const CascadeSettings& settings, const TileLayout& layout);
  /// Bytes that counting takes on a device, released after every round; 0 where the host computes.
  static std::uint64_t device_bytes(const ForecastSetup& setup, const CascadeSettings& settings,
                                    const TileLayout& layout);

 private:
  /// An event at a lead, at a date.
  struct Decision {
    std::size_t event = 0;
    std::size_t lead = 0;                        ///< of the statistics
    std::vector<std::int64_t> counts;            ///< [point] over all rounds so far
    std::vector<diag::EarlyDecision> decisions;  ///< [point]
  };
  /// What a round has left of a date.
  struct Round {
    std::int64_t counted = 0;                                 ///< sound members that count
    std::int64_t lost = 0;                                    ///< that would have counted
    std::vector<diag::CascadeRound> limits;                   ///< [event]
    std::vector<double> open_share;                           ///< [decision]
    std::vector<std::vector<std::int32_t>> counts;            ///< [decision][point], on the root
    std::vector<std::vector<diag::EarlyDecision>> decisions;  ///< the same
  };
  struct Date {
    bool stopped = false;
    std::vector<Decision> decisions;
    std::vector<Round> rounds;
  };

  void count(Comm& comm, const PieceStore& tiles, std::size_t date,
             const std::vector<std::size_t>& slots);
  void count_case(Comm& comm, const PieceStore& tiles, std::size_t case_number,
                  const std::vector<std::size_t>& slots, const std::vector<Decision*>& asked,
                  MemberColumns& columns);
  void decide(Comm& comm, std::size_t date);
  double most_open(const Date& date) const;
  void log_round(std::size_t date) const;
  std::string write_date(std::size_t date) const;

  const ForecastSetup& setup_;
  const CascadeSettings& settings_;
  TileLayout layout_;
  std::size_t round_ = 0;  ///< the next one
  std::vector<Date> dates_;
};

}  // namespace myriad::pipelines
