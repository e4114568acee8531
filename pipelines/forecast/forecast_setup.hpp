#pragma once
/// \file
/// One ensemble forecast as configured: inputs read and checked, nothing computed yet.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "src/base/config.hpp"
#include "src/base/files.hpp"
#include "src/ensemble/block_forecast.hpp"
#include "src/ensemble/plan.hpp"
#include "src/io/channel.hpp"
#include "src/io/field_series.hpp"
#include "src/io/map_window.hpp"
#include "src/model/sfno_model.hpp"
#include "src/state/checkpoint.hpp"

namespace myriad::pipelines {

/// Above this many members their files are not written unless asked for, and then without .sha256 files.
inline constexpr std::size_t k_most_files_unasked = 128;

/// A forecast date and the folder of its output, relative to the run's; empty when there is one date only.
struct ForecastDate {
  Instant time;
  std::string folder;
};

/// Channels and leads that leave the model towards a file or a statistic.
struct Selection {
  std::vector<std::size_t> indices;  ///< into the model's channels
  std::vector<io::Channel> channels;
  std::vector<std::int64_t> steps;  ///< leads in model steps, increasing
  std::vector<Duration> leads;

  /// Position of \p step among the leads, or -1.
  std::int64_t lead_at(std::int64_t step) const;
};

/// In which order blocks are stepped.
enum class StepOrder : std::uint8_t {
  member,  ///< a block to its end, then the next
  lead,    ///< all blocks to a lead, then to the next: products of a lead appear at once
};

/// Reads checkpoints' descriptions and analyses on construction and refuses what does not fit.
class ForecastSetup {
 public:
  explicit ForecastSetup(const Config& config);

  const Config& config() const { return config_; }
  Backend& backend() const { return *backend_; }
  const std::shared_ptr<Backend>& shared_backend() const { return backend_; }
  Precision precision() const { return precision_; }
  /// Of states.
  DType dtype() const { return state_format(precision_); }
  const std::filesystem::path& out() const { return out_; }
  Existing existing() const { return existing_; }
  std::uint64_t seed() const { return seed_; }
  const std::vector<std::int64_t>& members() const { return members_; }
  const MemberRules& rules() const { return rules_; }
  const std::vector<std::filesystem::path>& checkpoints() const { return checkpoints_; }
  const std::vector<std::string>& weights_sha256() const { return weights_sha256_; }
  const SfnoModelConfig& model_config() const { return model_config_; }
  const ModelDescription& description() const { return model_config_.description; }
  std::int64_t block_size() const { return block_size_; }
  StepOrder order() const { return order_; }
  std::int64_t checkpoint_every() const { return checkpoint_every_; }
  std::int64_t steps() const { return steps_; }
  const std::vector<ForecastDate>& dates() const { return dates_; }
  const std::vector<Duration>& lags() const { return lags_; }
  /// Steps from the analysis of \p lag to lead 0.
  std::int64_t lag_steps(std::int64_t lag) const;
  /// [date, lag]
  const std::vector<EnsembleStart>& analyses() const { return analyses_; }
  /// Analyses at other times that the perturbation of analysis \p start needs, oldest first.
  const std::vector<EnsembleStart>& earlier_analyses(std::size_t start) const { return earlier_[start]; }
  const std::vector<std::string>& notes() const { return notes_; }

  /// Members whose fields are written, increasing.
  const std::vector<std::int64_t>& kept_members() const { return kept_; }
  const Selection& output() const { return output_; }
  bool has_statistics() const { return statistics_on_; }
  const Selection& statistics() const { return statistics_; }
  /// What leaves the device for member files: rounded there already, as the files are to be.
  StateSelection output_states() const;
  /// For statistics, with all bits.
  StateSelection statistics_states() const { return {statistics_.indices, {}}; }

  /// Identity of the forecast: SHA-256 of configuration, weights and analyses, 32 digits.
  const std::string& id() const { return id_; }
  /// Part of the globe that member files hold.
  const io::MapWindow& window() const { return *window_; }
  /// Whether the kept members of a checkpoint share a file.
  bool packed() const { return packed_; }
  /// "members/mem00017.nc", relative to out(); members from 256 on lie in sub-folders of 256. Packed:
  /// "members/checkpoint001.nc".
  std::string member_path(std::size_t date, std::int64_t member) const;
  /// Sizes of the widest of the checkpoints' networks.
  const SfnoModelConfig& largest_model() const { return model_config_; }

  Checkpoint read(std::int64_t checkpoint) const;
  std::unique_ptr<SfnoModel> make_model(const Checkpoint& checkpoint) const;
  std::unique_ptr<InitialPerturbation> make_perturbation(Model& model, std::size_t start) const;
  /// Noise on the weights of every member, when configured; valid as long as the setup.
  std::optional<WeightPerturbation> weight_perturbation() const;

 private:
  std::uint64_t seed_of_start(std::size_t start) const;
  void read_checkpoints();
  void read_dates();
  void choose_members();
  Selection select(const Config& section, const Selection* defaults) const;
  EnsembleStart read_history(io::FieldSeries& series, const Instant& time) const;

  Config config_;
  std::shared_ptr<Backend> backend_;
  Precision precision_ = Precision::f32;
  std::filesystem::path out_;
  Existing existing_ = Existing::refuse;
  std::uint64_t seed_ = 0;
  std::vector<std::int64_t> members_, kept_;
  MemberRules rules_;
  std::vector<std::filesystem::path> checkpoints_;
  std::vector<std::string> weights_sha256_;
  SfnoModelConfig model_config_;
  std::int64_t filter_degrees_ = 0;  ///< fewest of all checkpoints
  std::int64_t block_size_ = 1;
  StepOrder order_ = StepOrder::member;
  std::int64_t checkpoint_every_ = 0;
  std::int64_t steps_ = 0;
  std::vector<ForecastDate> dates_;
  std::vector<Duration> lags_;
  std::vector<EnsembleStart> analyses_;
  std::vector<std::vector<EnsembleStart>> earlier_;
  std::vector<std::string> notes_;
  Selection output_, statistics_;
  bool statistics_on_ = false;
  bool packed_ = false;
  std::optional<io::MapWindow> window_;
  std::string id_;
};

}  // namespace myriad::pipelines
