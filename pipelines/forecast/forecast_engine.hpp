#pragma once
/// \file
/// Steps all members of a forecast and hands their states to files and statistics.

#include <cstdint>
#include <exception>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "pipelines/forecast/engine_times.hpp"
#include "pipelines/forecast/forecast_setup.hpp"
#include "src/base/signals.hpp"
#include "src/base/work_queue.hpp"
#include "src/comm/comm.hpp"
#include "src/state/checkpoint.hpp"
#include "src/state/piece_store.hpp"
#include "src/statistics/device_tile_exchange.hpp"
#include "src/statistics/tile_exchange.hpp"

namespace myriad::pipelines {

/// A member of a date by position: date * members + slot.
using ElementId = std::int64_t;

/// Where what a run has not finished yet is kept. All in files: the run survives the death of its processes. In memory: it
/// starts again.
struct ScratchStores {
  std::unique_ptr<PieceStore> tiles;   ///< statistics: group = tile, piece = member; null without statistics
  std::unique_ptr<PieceStore> fields;  ///< members to write: group = date x kept member, piece = lead; null without
  std::unique_ptr<PieceStore> states;  ///< group = element: step and history; null when no state is ever saved
};

/// A member that had to be given up.
struct FailedElement {
  ElementId element = 0;
  std::string reason;
};

/// Drives the blocks of one forecast over all ranks.
///
/// The ranks step in lock-step: in every round each has one block, and at every lead of the statistics they exchange the
/// states of their members. A member that becomes unstable is given up alone.
///
/// *Determinism* what reaches files and tiles depends on the forecast only, not on ranks, blocks, order or restarts.
class ForecastEngine {
 public:
  struct Callbacks {
    std::function<void(std::int64_t member, std::int64_t member_steps)> progress;  ///< after every step of this rank
    /// On the root, when files of these elements are complete (each once).
    std::function<void(const std::vector<ElementId>&)> published;
  };

  /// \param layout of the tiles; without statistics it has no cases
  /// \param collective of the setup's backend on the ranks of \p comm: fields for statistics stay on the devices until their rank
  ///     has them; null: over \p comm
  /// \param published elements whose files are there already (equal on all ranks)
  ForecastEngine(const ForecastSetup& setup, Comm& comm, RunControl& control, ScratchStores& stores,
                 const TileLayout& layout, kernels::Collective* collective, const std::vector<ElementId>& published,
                 Existing existing, Callbacks callbacks);
  ~ForecastEngine();

  /// From now on step the members at positions [first, last) of the dates \p wanted only, those before \p first being done.
  void choose(std::size_t first, std::size_t last, const std::vector<bool>& wanted);
  /// Collective. Step everything that is chosen (at first: all) and not done up to the lead of model step \p last_step. Returns the reason when it
  /// stopped early; what was computed is then in the stores as far as they keep it.
  /// Errors: agreed on by all ranks.
  StopReason run_to(std::int64_t last_step);
  /// Collective: wait for the files (of those under way only, when \p stopping and the rest is kept in scratch files), tell
  /// `published`. Errors: agreed on by all ranks.
  void finish_output(bool stopping);
  /// Collective: write the files that hold the members of a checkpoint, without those that \p failed or were never chosen.
  void write_packed(const std::vector<FailedElement>& failed);

  /// Member steps that this rank has to do, for the progress.
  std::int64_t member_steps_to_do() const;
  /// Collective: given up so far, of all ranks, increasing.
  std::vector<FailedElement> failures();
  const EngineTimes& times() const { return times_; }

 private:
  struct Work;
  ElementId element_of(const BlockElement& e) const;
  BlockElement element(ElementId id) const;
  std::int64_t slot_of(ElementId id) const;
  bool is_done(const BlockElement& e, std::int64_t last_step) const;
  bool fields_complete(std::int64_t kept_position, std::int64_t last_step) const;
  bool tiles_complete(const BlockElement& e, std::int64_t last_step) const;
  std::int64_t kept_position(const BlockElement& e) const;

  struct Loaded;
  Loaded& load(std::int64_t checkpoint);
  std::unique_ptr<Work> start_work(const Block& block, std::int64_t last_step);
  struct HandOut;
  /// Whether fields of this element go to a file that is not there yet.
  bool is_written(const BlockElement& e) const;
  /// Of the block of this rank.
  HandOut begin_states(Work* work, std::int64_t tick);
  /// Collective where statistics are exchanged between devices.
  HandOut begin_hand_out(Work* work, std::int64_t tick);
  /// Collective: store and exchange what was begun. Errors: agreed on, with those of begin_hand_out().
  void finish_hand_out(Work* work, HandOut& out);
  void advance(Work& work);
  void save_states(Work& work);
  void queue_files(const Block& block);
  void tell_published();
  bool is_given_up(ElementId element);
  void give_up(ElementId element, const std::string& reason);

  const ForecastSetup& setup_;
  Comm& comm_;
  RunControl& control_;
  ScratchStores& stores_;
  TileLayout layout_;
  std::unique_ptr<DeviceTileExchange> device_tiles_;  ///< null: over comm_
  EnsemblePlan plan_;
  std::vector<std::size_t> chosen_;  ///< [date] members before this position have been chosen
  StateBounds bounds_;  ///< physical ranges of the model's channels
  Existing existing_;
  Callbacks callbacks_;
  std::set<ElementId> published_;
  std::vector<FailedElement> failed_;       ///< of this rank, under mutex_
  std::vector<ElementId> newly_published_;  ///< of this rank, under mutex_
  std::mutex mutex_;
  EngineTimes times_;
  std::vector<std::unique_ptr<Loaded>> loaded_;  ///< one place, or one per checkpoint when all are needed again and again
  std::int64_t prefetched_checkpoint_ = -1;
  std::future<Checkpoint> prefetched_;
  std::unique_ptr<WorkQueue> writer_;
};

}  // namespace myriad::pipelines
