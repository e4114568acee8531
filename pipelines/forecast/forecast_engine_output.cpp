// What of a forecast is there already, and how the files of its members come about.
#include <algorithm>
#include <utility>

#include "pipelines/forecast/forecast_engine.hpp"
#include "pipelines/forecast/member_output.hpp"
#include "src/comm/agree.hpp"
#include "src/comm/gather.hpp"

namespace myriad::pipelines {

ElementId ForecastEngine::element_of(const BlockElement& e) const {
  const auto& members = setup_.members();
  const auto slot = std::lower_bound(members.begin(), members.end(), static_cast<std::int64_t>(e.member.number));
  return e.date * static_cast<std::int64_t>(members.size()) + (slot - members.begin());
}

std::int64_t ForecastEngine::slot_of(ElementId id) const { return id % static_cast<std::int64_t>(setup_.members().size()); }

BlockElement ForecastEngine::element(ElementId id) const {
  const auto members = static_cast<std::int64_t>(setup_.members().size());
  const Member member = make_member(setup_.members()[static_cast<std::size_t>(id % members)], setup_.rules());
  return {member, id / members, id / members * setup_.rules().lags + member.lag};
}

std::int64_t ForecastEngine::kept_position(const BlockElement& e) const {
  const auto& kept = setup_.kept_members();
  const auto found = std::lower_bound(kept.begin(), kept.end(), static_cast<std::int64_t>(e.member.number));
  if (found == kept.end() || *found != static_cast<std::int64_t>(e.member.number)) return -1;
  return e.date * static_cast<std::int64_t>(kept.size()) + (found - kept.begin());
}

bool ForecastEngine::tiles_complete(const BlockElement& e, std::int64_t last_step) const {
  if (!stores_.tiles) return true;
  const auto slot = static_cast<std::size_t>(element_of(e)) % setup_.members().size();
  for (std::size_t lead = 0; lead < layout_.leads; ++lead) {
    if (setup_.statistics().steps[lead] > last_step) break;
    for (std::size_t channel = 0; channel < layout_.channels; ++channel) {
      const std::size_t number = layout_.case_index(static_cast<std::size_t>(e.date), lead, channel);
      for (std::size_t band = 0; band < layout_.bands(); ++band) {
        if (!stores_.tiles->has(layout_.tile(number, band), slot)) return false;
      }
    }
  }
  return true;
}

bool ForecastEngine::is_done(const BlockElement& e, std::int64_t last_step) const {
  if (!tiles_complete(e, last_step)) return false;
  const std::int64_t position = kept_position(e);
  return position < 0 || published_.contains(element_of(e)) || fields_complete(position, last_step);
}

bool ForecastEngine::fields_complete(std::int64_t position, std::int64_t last_step) const {
  for (std::size_t lead = 0; lead < setup_.output().steps.size(); ++lead) {
    if (setup_.output().steps[lead] > last_step) break;
    if (!stores_.fields->has(static_cast<std::size_t>(position), lead)) return false;
  }
  return true;
}

bool ForecastEngine::is_written(const BlockElement& e) const {
  return kept_position(e) >= 0 && !published_.contains(element_of(e));
}

void ForecastEngine::queue_files(const Block& block) {
  if (!writer_) return;
  const Stopwatch watch(times_.output_wait);
  for (const BlockElement& e : block.elements) {
    const ElementId id = element_of(e);
    const std::int64_t position = kept_position(e);
    if (position < 0 || published_.contains(id) || !fields_complete(position, setup_.steps())) continue;
    writer_->submit([this, e, id, position] {
      const auto group = static_cast<std::size_t>(position);
      try {
        publish_member(setup_, static_cast<std::size_t>(e.date), e.member, existing_,
                       [&](std::size_t lead, std::span<float> fields) {
                         stores_.fields->read(group, lead, std::as_writable_bytes(fields));
                       });
      } catch (const Error& error) {
        if (error.kind() != ErrorKind::quality) throw;
        give_up(id, error.what());
        return;
      }
      const std::lock_guard lock(mutex_);
      newly_published_.push_back(id);
    });
  }
}

void ForecastEngine::write_packed(const std::vector<FailedElement>& failed) {
  if (!setup_.packed() || !stores_.fields) return;
  std::vector<ElementId> mine;
  run_agreed(comm_, [&] {
    stores_.fields->refresh();  // what the other ranks have stored
    const std::size_t checkpoints = setup_.checkpoints().size();
    for (std::size_t file = 0; file < setup_.dates().size() * checkpoints; ++file) {
      if (static_cast<int>(file % static_cast<std::size_t>(comm_.size())) != comm_.rank()) continue;
      const std::size_t date = file / checkpoints;
      std::vector<std::int64_t> members;
      for (std::int64_t number : setup_.kept_members()) {
        const Member member = make_member(number, setup_.rules());
        const ElementId id = element_of({member, static_cast<std::int64_t>(date), 0});
        if (member.checkpoint != static_cast<std::int64_t>(file % checkpoints) || published_.contains(id)) continue;
        if (static_cast<std::size_t>(slot_of(id)) >= chosen_[date]) continue;
        if (std::any_of(failed.begin(), failed.end(), [&](const FailedElement& f) { return f.element == id; })) continue;
        members.push_back(number);
        mine.push_back(id);
      }
      if (members.empty()) continue;
      publish_packed(setup_, date, members, [&](std::int64_t number, std::size_t lead, std::span<float> fields) {
        const BlockElement e{make_member(number, setup_.rules()), static_cast<std::int64_t>(date), 0};
        stores_.fields->read(static_cast<std::size_t>(kept_position(e)), lead, std::as_writable_bytes(fields));
      });
    }
  });
  const std::vector<ElementId> all = gather_sorted(comm_, mine);
  published_.insert(all.begin(), all.end());
  run_agreed(comm_, [&] {
    if (comm_.rank() == 0 && !all.empty() && callbacks_.published) callbacks_.published(all);
  });
}

void ForecastEngine::tell_published() {
  std::vector<ElementId> mine;
  {
    const std::lock_guard lock(mutex_);
    mine = std::exchange(newly_published_, {});
  }
  for (ElementId id : mine) stores_.fields->drop(static_cast<std::size_t>(kept_position(element(id))));
  const std::vector<ElementId> all = gather_sorted(comm_, mine);
  published_.insert(all.begin(), all.end());
  run_agreed(comm_, [&] {
    if (comm_.rank() == 0 && !all.empty() && callbacks_.published) callbacks_.published(all);
  });
}

void ForecastEngine::finish_output(bool stopping) {
  std::exception_ptr failure;
  try {
    // What waits to be written is whole in the scratch files: a run that stops leaves it to the next one.
    if (writer_ && stopping && setup_.config().section("scratch").text("kind") == "file") writer_->cancel();
    if (writer_) writer_->drain();
  } catch (...) {
    failure = std::current_exception();
  }
  if (writer_) {
    times_.output = writer_->busy_seconds();
    times_.output_wait = writer_->waited_seconds();
  }
  // What is published counts even when another file failed.
  tell_published();
  agree_on_error(comm_, failure);
}

}  // namespace myriad::pipelines
