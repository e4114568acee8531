#include "pipelines/forecast/forecast_scratch.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "src/comm/agree.hpp"

namespace myriad::pipelines {

namespace {

/// Everything that decides what a piece means, beside its store's layout.
std::string identity(const ForecastSetup& setup) {
  const auto& kept = setup.kept_members();
  std::string text = setup.id() + " members " + format_members(setup.members()) + " kept " +
                     (kept.empty() ? std::string("none") : format_members(kept));
  for (const Selection* selection : {&setup.output(), &setup.statistics()}) {
    text += " channels";
    for (const io::Channel& channel : selection->channels) text += " " + channel.name;
    text += " steps";
    for (std::int64_t step : selection->steps) text += fmt::format(" {}", step);
  }
  return text;
}

/// Stores by name, in the order of opening.
constexpr std::array k_names{"tiles", "fields", "states"};

}  // namespace

ScratchNeeds scratch_needs(const ForecastSetup& setup, const TileLayout& layout, int ranks) {
  ScratchNeeds needs;
  const auto dates = setup.dates().size(), members = setup.members().size();
  const auto points = static_cast<std::size_t>(setup.description().grid.points());
  needs.in_memory = setup.config().section("scratch").text("kind") == "memory";
  if (layout.cases() > 0) needs.tiles = {layout.tiles(), layout.members, layout.piece_bytes()};
  if (!setup.kept_members().empty()) {
    needs.fields = {dates * setup.kept_members().size(), setup.output().leads.size(),
                    setup.output().channels.size() * points * sizeof(float)};
  }
  // In memory a saved state only serves to come back to a block in order of leads.
  if (!needs.in_memory || setup.order() == StepOrder::lead) {
    needs.states = {dates * members, 1, sizeof(std::int64_t) + BlockForecast::saved_bytes(setup.description(), setup.dtype())};
  }
  // Files are written soon after their block: two blocks wait, one is stepped. In order of leads, and for packed
  // files, all members are open.
  const std::size_t open_members =
      setup.order() == StepOrder::lead || setup.packed()
          ? dates * members
          : std::min(dates * members, 3 * static_cast<std::size_t>(setup.block_size()) * static_cast<std::size_t>(ranks));
  const std::uint64_t field_bytes = std::min<std::uint64_t>(needs.fields.groups, open_members) * needs.fields.group_size *
                                    needs.fields.piece_bytes;
  const std::uint64_t state_bytes = static_cast<std::uint64_t>(open_members) * needs.states.piece_bytes;
  const std::uint64_t pieces = needs.tiles.bytes() + field_bytes + state_bytes;
  const std::uint64_t sums =
      (needs.tiles.pieces() + needs.fields.pieces() + needs.states.pieces()) * sizeof(std::uint64_t);
  needs.disk_bytes = needs.in_memory ? 0 : pieces + sums;
  needs.memory_bytes = needs.in_memory ? pieces / static_cast<std::uint64_t>(ranks) : sums;
  return needs;
}

std::filesystem::path scratch_folder(const ForecastSetup& setup) {
  const Config section = setup.config().section("scratch");
  return section.has("folder") ? section.path("folder") : setup.out() / "scratch";
}

ScratchStores open_scratch(const ForecastSetup& setup, const ScratchNeeds& needs, Comm& comm) {
  const std::array layouts{needs.tiles, needs.fields, needs.states};
  std::array<std::unique_ptr<PieceStore>, 3> stores;
  if (needs.in_memory) {
    for (std::size_t i = 0; i < stores.size(); ++i) {
      if (layouts[i].groups > 0) stores[i] = make_memory_store(layouts[i]);
    }
  } else {
    const std::filesystem::path folder = scratch_folder(setup);
    const std::string name = identity(setup);
    const auto open = [&](bool create) {
      for (std::size_t i = 0; i < stores.size(); ++i) {
        if (layouts[i].groups > 0) stores[i] = make_file_store(folder / k_names[i], layouts[i], name, create);
      }
    };
    // The root makes or empties the files; the others find them ready.
    run_agreed(comm, [&] {
      if (comm.rank() != 0) return;
      if (setup.config().text("resume") == "never") remove_scratch(setup);
      make_directory(folder);
      open(true);
    });
    run_agreed(comm, [&] {
      if (comm.rank() != 0) open(false);
    });
  }
  return {std::move(stores[0]), std::move(stores[1]), std::move(stores[2])};
}

void remove_scratch(const ForecastSetup& setup) {
  const std::filesystem::path folder = scratch_folder(setup);
  std::error_code ignored;
  for (const char* name : k_names) {
    std::filesystem::remove(folder / name, ignored);
    std::filesystem::remove(folder / (std::string(name) + ".index"), ignored);
  }
  std::filesystem::remove(folder, ignored);  // only when nothing else lies in it
}

}  // namespace myriad::pipelines
