#pragma once
/// \file
/// One ensemble forecast as configured: inputs read and checked, blocks computed, members published.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "pipelines/forecast/attributes.hpp"
#include "src/base/config.hpp"
#include "src/base/manifest.hpp"
#include "src/comm/comm.hpp"
#include "src/ensemble/block_forecast.hpp"
#include "src/ensemble/plan.hpp"
#include "src/io/member_writer.hpp"
#include "src/model/sfno_model.hpp"

namespace myriad::pipelines {

/// A member file that is complete.
struct PublishedMember {
  std::int64_t member;
  io::PublishedFile file;
};
std::vector<std::int64_t> members_of(const std::vector<PublishedMember>& published);
std::uint64_t bytes_of_members(const std::vector<PublishedMember>& published);

/// Collective: the union of all ranks' numbers, sorted, on every rank.
std::vector<std::int64_t> share(Comm& comm, const std::vector<std::int64_t>& mine);

/// Reads checkpoints' descriptions and the initial state on construction and refuses what does not fit.
class ForecastRun {
 public:
  explicit ForecastRun(const Config& config);
  ~ForecastRun();

  const std::filesystem::path& out() const { return out_; }
  const std::vector<std::int64_t>& members() const { return members_; }
  std::int64_t checkpoint_count() const { return static_cast<std::int64_t>(checkpoints_.size()); }
  std::int64_t block_size() const { return block_size_; }
  std::int64_t steps() const { return steps_; }
  Duration lead() const { return steps_ * time_step(); }
  Duration time_step() const { return description_.time_step; }
  const Grid& grid() const { return description_.grid; }
  const EnsembleStart& start() const { return start_; }
  const std::vector<Duration>& leads() const { return leads_; }
  std::vector<std::int64_t> lead_steps() const;
  const std::vector<io::Channel>& output_channels() const { return output_channels_; }
  std::size_t files_to_write() const { return members_.size(); }
  std::int64_t memory_per_rank() const;
  const std::string& backend_description() const { return backend_description_; }
  const std::vector<std::string>& notes() const { return notes_; }

  /// Identity of the forecast: SHA-256 of configuration, weights and initial state, 32 digits.
  const std::string& id() const { return id_; }
  /// "members/mem00017.nc", relative to out().
  std::string member_path(std::int64_t member) const;

  /// "products/ensemble.nc", relative to out(), from the published members; empty when products are not asked for.
  std::string write_products() const;

  /// Members of this very forecast that the manifest lists and that verify. Errors: as `resume` demands.
  std::vector<std::int64_t> members_already_published(const Manifest& manifest, const std::string& resume) const;
  /// Refuse outputs that exist and are not in \p done, before anything is computed.
  void check_outputs(const std::vector<std::int64_t>& done) const;

  /// Compute one block and publish its members. False when stopped; nothing of the block is published then.
  bool run_block(const Block& block, const std::function<bool()>& stop, std::vector<PublishedMember>& published);

 private:
  struct LoadedModel;
  void read_checkpoints(const Config& config);
  void read_start(const Config& config);
  void choose_output(const Config& config);
  std::unique_ptr<InitialPerturbation> make_perturbation(Model& model) const;
  ForecastFacts facts() const;
  io::MemberMetadata metadata(std::int64_t member, std::int64_t checkpoint) const;

  Config config_;
  std::filesystem::path out_;
  Existing existing_ = Existing::refuse;
  std::uint64_t seed_ = 0;
  std::vector<std::int64_t> members_;
  std::vector<std::filesystem::path> checkpoints_;
  std::vector<std::string> weights_sha256_;
  std::int64_t block_size_ = 1;
  std::int64_t steps_ = 0;
  std::int64_t output_every_ = 1;
  ModelDescription description_;
  SfnoModelConfig model_config_;
  EnsembleStart start_;
  std::vector<Duration> leads_;
  std::vector<io::Channel> output_channels_;
  std::vector<std::size_t> output_indices_;
  std::string id_;
  std::string backend_description_;
  std::vector<std::string> notes_;
  std::shared_ptr<Backend> backend_;
  DType dtype_ = DType::f32;
  std::unique_ptr<LoadedModel> loaded_;
};

}  // namespace myriad::pipelines
