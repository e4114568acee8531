#pragma once
/// \file
/// Where the forecasts to be verified come from.

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "src/base/time.hpp"
#include "src/grid/grid.hpp"
#include "src/io/channel.hpp"

namespace myriad::pipelines {

/// What member 0 is.
enum class ControlPolicy : std::uint8_t {
  exclude,  ///< the unperturbed control: scored by itself, not among the members
  include,  ///< scored by itself and as one of the members
  none,     ///< a member like the others
};

/// Ensemble forecasts from several starts, all with the same channels, leads, members and grid.
///
/// open() one start, then read its fields in any order. *Threads*: thread-compatible.
class ForecastSource {
 public:
  virtual ~ForecastSource() = default;

  const Grid& grid() const { return *grid_; }
  const std::vector<Instant>& starts() const { return starts_; }
  const std::vector<Duration>& leads() const { return leads_; }
  const std::vector<io::Channel>& channels() const { return channels_; }
  /// Members that are scored, the control not counted unless the policy says so.
  std::int64_t members() const { return members_; }
  bool has_control() const { return has_control_; }
  /// What made the forecasts, for people.
  const std::string& description() const { return description_; }
  /// Label and value, for the report and the score file.
  const std::vector<std::pair<std::string, std::string>>& provenance() const { return provenance_; }
  /// What made each scored member of the current start (before open(): of the first), [member]; empty when it is not known.
  const std::vector<std::string>& checkpoints() const { return checkpoints_; }
  /// Where the forecasts lie, for messages.
  virtual std::string place(std::size_t start) const = 0;

  /// Make start \p start the current one.
  /// Errors: those of the files; E2664 when it differs from the others.
  virtual void open(std::size_t start) = 0;
  /// Field of scored member \p member of the current start. *Shapes* out [lat, lon], in the
  /// channel's unit.
  virtual void read_member(std::int64_t member, std::size_t channel, std::size_t lead,
                           std::span<float> out) = 0;
  /// *Preconditions* has_control().
  virtual void read_control(std::size_t channel, std::size_t lead, std::span<float> out) = 0;

 protected:
  std::unique_ptr<Grid> grid_;
  std::vector<Instant> starts_;
  std::vector<Duration> leads_;
  std::vector<io::Channel> channels_;
  std::int64_t members_ = 0;
  bool has_control_ = false;
  std::string description_;
  std::vector<std::string> checkpoints_;
  std::vector<std::pair<std::string, std::string>> provenance_;
};

/// The fields that forecasts are compared with.
class TruthSource {
 public:
  virtual ~TruthSource() = default;
  /// Field valid at start + lead. False when there is none (then the case is left out); a damaged
  /// one is an error.
  virtual bool read_truth(std::size_t start, std::size_t channel, std::size_t lead,
                          std::span<float> out) = 0;
  /// Analysis at the start, for persistence; false when there is none.
  virtual bool read_analysis(std::size_t start, std::size_t channel, std::span<float> out) = 0;
  /// What it is, for people.
  const std::string& description() const { return description_; }
  const std::vector<std::pair<std::string, std::string>>& provenance() const { return provenance_; }

 protected:
  std::string description_;
  std::vector<std::pair<std::string, std::string>> provenance_;
};

/// Which part of the forecasts is verified; empty lists: everything there is.
struct ForecastSelection {
  std::vector<std::string> channels;
  std::vector<Duration> leads;
  ControlPolicy control = ControlPolicy::exclude;
};

}  // namespace myriad::pipelines
