#include "pipelines/forecast/forecast_engine.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <map>
#include <utility>

#include "src/base/log.hpp"
#include "src/comm/agree.hpp"
#include "src/comm/gather.hpp"

namespace myriad::pipelines {

namespace {

/// Files that may wait to be written: two blocks keep the writer busy while the next one is stepped.
std::size_t queue_capacity(const ForecastSetup& setup) { return 2 * static_cast<std::size_t>(setup.block_size()); }

constexpr std::int64_t k_idle = std::numeric_limits<std::int64_t>::max();

}  // namespace

/// A checkpoint in memory with its perturbations, one per analysis.
struct ForecastEngine::Loaded {
  std::int64_t checkpoint = -1;
  std::unique_ptr<SfnoModel> model;
  std::map<std::size_t, std::unique_ptr<InitialPerturbation>> perturbations;
};

/// The block of this rank in a round.
struct ForecastEngine::Work {
  const Block* block = nullptr;
  std::unique_ptr<BlockForecast> forecast;
  std::int64_t lag_steps = 0;
  std::int64_t handed_out = k_idle;  ///< tick whose states are in the stores already (restored blocks)

  /// Steps since lead 0; negative on the way from a lagged analysis.
  std::int64_t tick() const { return forecast->step() - lag_steps; }
};

ForecastEngine::ForecastEngine(const ForecastSetup& setup, Comm& comm, RunControl& control, ScratchStores& stores,
                               const TileLayout& layout, kernels::Collective* collective,
                               const std::vector<ElementId>& published, Existing existing, Callbacks callbacks)
    : setup_(setup),
      comm_(comm),
      control_(control),
      stores_(stores),
      layout_(layout),
      plan_(make_plan(setup.members(), setup.rules(), static_cast<std::int64_t>(setup.dates().size()), setup.block_size())),
      chosen_(setup.dates().size(), setup.members().size()),
      existing_(existing),
      callbacks_(std::move(callbacks)),
      published_(published.begin(), published.end()) {
  const ModelDescription& d = setup.description();
  for (std::size_t c = 0; c < d.channels.size(); ++c) {
    const io::Channel channel = io::make_channel(d.channels[c], d.units[c]);
    bounds_.low.push_back(channel.minimum);
    bounds_.high.push_back(channel.maximum);
    bounds_.units.push_back(channel.units);
  }
  if (collective != nullptr && stores_.tiles) {
    device_tiles_ = std::make_unique<DeviceTileExchange>(comm_, setup.backend(), *collective, layout_);
  }
  loaded_.resize(setup.order() == StepOrder::lead ? setup.checkpoints().size() : 1);
  if (stores_.fields && !setup.packed()) writer_ = std::make_unique<WorkQueue>(queue_capacity(setup));
}

ForecastEngine::~ForecastEngine() = default;

void ForecastEngine::choose(std::size_t first, std::size_t last, const std::vector<bool>& wanted) {
  const auto& all = setup_.members();
  const std::vector<std::int64_t> members(all.begin() + static_cast<std::ptrdiff_t>(first), all.begin() + static_cast<std::ptrdiff_t>(last));
  plan_ = make_plan(members, setup_.rules(), static_cast<std::int64_t>(setup_.dates().size()), setup_.block_size());
  for (Block& block : plan_.blocks) {
    std::erase_if(block.elements, [&](const BlockElement& e) { return !wanted[static_cast<std::size_t>(e.date)]; });
  }
  std::erase_if(plan_.blocks, [](const Block& block) { return block.elements.empty(); });
  for (std::size_t date = 0; date < chosen_.size(); ++date) {
    if (first == 0 || wanted[date]) chosen_[date] = last;
  }
}

std::int64_t ForecastEngine::member_steps_to_do() const {
  std::int64_t steps = 0;
  for (std::size_t round = 0; round < plan_.rounds(comm_.size()); ++round) {
    const Block* block = plan_.block(round, comm_.rank(), comm_.size());
    if (block == nullptr) continue;
    for (const BlockElement& e : block->elements) {
      if (!is_done(e, setup_.steps())) steps += setup_.steps() + setup_.lag_steps(block->lag);
    }
  }
  return steps;
}

ForecastEngine::Loaded& ForecastEngine::load(std::int64_t checkpoint) {
  std::unique_ptr<Loaded>& place = loaded_[static_cast<std::size_t>(checkpoint) % loaded_.size()];
  if (place && place->checkpoint == checkpoint) return *place;
  place.reset();  // its memory first
  auto fresh = std::make_unique<Loaded>();
  fresh->checkpoint = checkpoint;
  fresh->model = prefetched_.valid() && prefetched_checkpoint_ == checkpoint ? setup_.make_model(prefetched_.get())
                                                                             : setup_.make_model(setup_.read(checkpoint));
  place = std::move(fresh);
  const std::int64_t following = checkpoint + 1;
  const bool loaded = std::any_of(loaded_.begin(), loaded_.end(),
                                  [&](const auto& l) { return l && l->checkpoint == following; });
  if (!loaded && following < static_cast<std::int64_t>(setup_.checkpoints().size())) {
    prefetched_checkpoint_ = following;
    prefetched_ = std::async(std::launch::async, [this, following] { return setup_.read(following); });
  }
  return *place;
}

std::unique_ptr<ForecastEngine::Work> ForecastEngine::start_work(const Block& block, std::int64_t last_step) {
  std::vector<BlockElement> todo;
  for (const BlockElement& e : block.elements) {
    if (!is_given_up(element_of(e)) && !is_done(e, last_step)) todo.push_back(e);
  }
  if (todo.empty()) return nullptr;
  auto work = std::make_unique<Work>();
  work->block = &block;
  work->lag_steps = setup_.lag_steps(block.lag);
  Loaded& loaded = load(block.checkpoint);
  work->forecast = std::make_unique<BlockForecast>(*loaded.model, setup_.analyses(), todo, setup_.seed());
  if (const auto weights = setup_.weight_perturbation()) work->forecast->perturb_weights(*weights);
  StateBounds bounds = bounds_;
  bounds.first_step = work->lag_steps;
  work->forecast->set_bounds(bounds);

  // Saved states serve when all members of the block are at the same step.
  std::vector<std::vector<std::byte>> saved;
  std::int64_t common = -1;
  for (const BlockElement& e : todo) {
    const auto id = static_cast<std::size_t>(element_of(e));
    if (!stores_.states || !stores_.states->has(id, 0)) break;
    std::vector<std::byte> bytes(stores_.states->layout().piece_bytes);
    stores_.states->read(id, 0, bytes);
    std::int64_t step = 0;
    std::memcpy(&step, bytes.data(), sizeof(step));
    if (common >= 0 && step != common) break;
    common = step;
    saved.emplace_back(bytes.begin() + sizeof(step), bytes.end());
  }
  if (saved.size() == todo.size()) {
    work->forecast->restore(common, saved);
    work->handed_out = work->tick();
    return work;
  }
  work->forecast->begin([&](std::size_t start) -> InitialPerturbation& {
    auto& perturbation = loaded.perturbations[start];
    if (!perturbation) perturbation = setup_.make_perturbation(*loaded.model, start);
    return *perturbation;
  });
  return work;
}

void ForecastEngine::save_states(Work& work) {
  if (!stores_.states) return;
  const Stopwatch watch(times_.store);
  const std::int64_t step = work.forecast->step();
  for (std::size_t e = 0; e < work.forecast->elements().size(); ++e) {
    const std::vector<std::byte> state = work.forecast->save(e);
    std::vector<std::byte> bytes(sizeof(step) + state.size());
    std::memcpy(bytes.data(), &step, sizeof(step));
    std::memcpy(bytes.data() + sizeof(step), state.data(), state.size());
    stores_.states->write(static_cast<std::size_t>(element_of(work.forecast->elements()[e])), 0, bytes);
  }
}

bool ForecastEngine::is_given_up(ElementId element) {
  const std::lock_guard lock(mutex_);
  return std::any_of(failed_.begin(), failed_.end(), [&](const FailedElement& f) { return f.element == element; });
}

void ForecastEngine::give_up(ElementId element, const std::string& reason) {
  if (is_given_up(element)) return;
  const std::lock_guard lock(mutex_);
  failed_.push_back({element, reason});
  log_warning("forecast", "E2650", "{} (the member is given up) check the initial state and the checkpoint", reason);
}

/// The states of a tick on their way from the device to the stores.
struct ForecastEngine::HandOut {
  std::int64_t output_lead = -1, statistics_lead = -1;  ///< -1: not at this tick
  bool begun = false;                                   ///< by the block of this rank
  std::vector<DeviceTileExchange::Member> exchanged;    ///< from device to device already
  std::exception_ptr failure;
};

ForecastEngine::HandOut ForecastEngine::begin_states(Work* work, std::int64_t tick) {
  HandOut out;
  out.output_lead = setup_.output().lead_at(tick);
  if (stores_.tiles) out.statistics_lead = setup_.statistics().lead_at(tick);
  if (work == nullptr || work->tick() != tick || work->handed_out == tick) return out;
  if (out.output_lead < 0 && out.statistics_lead < 0) return out;
  try {
    const Stopwatch watch(times_.model);
    const auto& elements = work->forecast->elements();
    if (std::none_of(elements.begin(), elements.end(), [&](const BlockElement& e) { return is_written(e); })) out.output_lead = -1;
    std::array<StateSelection, 2> wanted;
    if (out.output_lead >= 0) wanted[0] = setup_.output_states();
    if (out.statistics_lead >= 0 && !device_tiles_) wanted[1] = setup_.statistics_states();
    work->forecast->begin_states(wanted);
    out.begun = true;
  } catch (...) {
    out.failure = std::current_exception();
  }
  return out;
}

ForecastEngine::HandOut ForecastEngine::begin_hand_out(Work* work, std::int64_t tick) {
  HandOut out = begin_states(work, tick);
  if (!device_tiles_ || out.statistics_lead < 0) return out;
  agree_on_error(comm_, out.failure);
  const Stopwatch watch(times_.exchange);
  try {
    ConstTensorView states;
    if (out.begun) {
      const auto& elements = work->forecast->elements();
      for (std::size_t e = 0; e < elements.size(); ++e) {
        const ElementId id = element_of(elements[e]);
        if (is_given_up(id)) continue;
        out.exchanged.push_back({elements[e].date, slot_of(id), static_cast<std::int64_t>(e)});
      }
      states = work->forecast->device_states();
    }
    device_tiles_->begin(static_cast<std::size_t>(out.statistics_lead), out.exchanged, states, setup_.statistics().indices);
  } catch (...) {
    out.failure = std::current_exception();
  }
  return out;
}

void ForecastEngine::finish_hand_out(Work* work, HandOut& out) {
  std::vector<MemberFields> contributions;
  try {
    if (out.begun && !out.failure) {
      BlockForecast& forecast = *work->forecast;
      std::vector<std::span<const float>> fields;
      {
        const Stopwatch watch(times_.model);
        fields = forecast.finish_states();
      }
      const Stopwatch watch(times_.store);
      const std::size_t count = forecast.elements().size();
      const auto of_element = [&](std::span<const float> all, std::size_t e) {
        return all.subspan(e * (all.size() / count), all.size() / count);
      };
      for (std::size_t e = 0; e < count; ++e) {
        const BlockElement& element = forecast.elements()[e];
        const ElementId id = element_of(element);
        if (!forecast.failure(e).empty()) give_up(id, forecast.failure(e));
        if (is_given_up(id)) continue;
        if (out.output_lead >= 0 && is_written(element)) {
          stores_.fields->write(static_cast<std::size_t>(kept_position(element)), static_cast<std::size_t>(out.output_lead),
                                std::as_bytes(of_element(fields[0], e)));
        }
        if (out.statistics_lead >= 0 && !device_tiles_) {
          contributions.push_back({element.date, slot_of(id), of_element(fields[1], e)});
        }
      }
    }
  } catch (...) {
    out.failure = std::current_exception();
  }
  agree_on_error(comm_, out.failure);
  if (out.statistics_lead < 0) return;
  const Stopwatch watch(times_.exchange);
  run_agreed(comm_, [&] {
    if (device_tiles_) {
      std::vector<DeviceTileExchange::Member> lost;
      for (const auto& m : out.exchanged) {
        if (is_given_up(m.date * static_cast<std::int64_t>(setup_.members().size()) + m.slot)) lost.push_back(m);
      }
      device_tiles_->finish(*stores_.tiles, lost);
      return;
    }
    exchange_tiles(comm_, layout_, *stores_.tiles, static_cast<std::size_t>(out.statistics_lead), contributions);
  });
}

void ForecastEngine::advance(Work& work) {
  const Stopwatch watch(times_.model);
  work.forecast->advance();
  const auto& elements = work.forecast->elements();
  if (callbacks_.progress) {
    callbacks_.progress(static_cast<std::int64_t>(elements.front().member.number), static_cast<std::int64_t>(elements.size()));
  }
}

StopReason ForecastEngine::run_to(std::int64_t last_step) {
  const bool last = last_step == setup_.steps();
  for (std::size_t round = 0; round < plan_.rounds(comm_.size()); ++round) {
    const Block* block = plan_.block(round, comm_.rank(), comm_.size());
    std::unique_ptr<Work> work;
    run_agreed(comm_, [&] {
      if (block != nullptr) work = start_work(*block, last_step);
    });
    // The earliest tick of any rank; idle ranks only take part in the exchanges.
    const std::int64_t begin = -comm_.max(work ? -work->tick() : -(last_step + 1));
    for (std::int64_t tick = begin; tick <= last_step; ++tick) {
      HandOut out = begin_hand_out(work.get(), tick);
      if (tick == last_step) {
        finish_hand_out(work.get(), out);
        break;
      }
      const StopReason reason = agree_on_stop(comm_, control_.stop_requested());
      const bool on_request = agree_on_any(comm_, control_.checkpoint_requested());
      const bool active = work && work->tick() == tick;
      const bool due = setup_.checkpoint_every() > 0 && active && work->forecast->step() > 0 &&
                       work->forecast->step() % setup_.checkpoint_every() == 0;
      const bool save = active && (due || on_request || reason != StopReason::none);
      const bool step = active && reason == StopReason::none;
      // The device steps while the output goes to the stores. A saved state, however, says that everything up to it is
      // stored: it waits for the output, and the step for it.
      if (step && !save && !out.failure) {
        try {
          advance(*work);
        } catch (...) {
          out.failure = std::current_exception();
        }
      }
      finish_hand_out(work.get(), out);
      run_agreed(comm_, [&] {
        if (save) save_states(*work);
        if (step && save) advance(*work);
      });
      if (reason != StopReason::none) return reason;
    }
    run_agreed(comm_, [&] {
      if (work && !last) save_states(*work);
      work.reset();
      if (last && block != nullptr) {
        if (stores_.states) {
          for (const BlockElement& e : block->elements) stores_.states->drop(static_cast<std::size_t>(element_of(e)));
        }
        queue_files(*block);
      }
    });
    tell_published();
  }
  return StopReason::none;
}

std::vector<FailedElement> ForecastEngine::failures() {
  std::vector<std::string> reasons;
  {
    const std::lock_guard lock(mutex_);
    for (const FailedElement& f : failed_) reasons.push_back(fmt::format("{} {}", f.element, f.reason));
  }
  std::vector<FailedElement> all;
  for (const std::string& text : gather_texts(comm_, reasons)) {
    const std::size_t space = text.find(' ');
    all.push_back({std::stoll(text.substr(0, space)), text.substr(space + 1)});
  }
  std::sort(all.begin(), all.end(), [](const FailedElement& a, const FailedElement& b) { return a.element < b.element; });
  return all;
}

}  // namespace myriad::pipelines
