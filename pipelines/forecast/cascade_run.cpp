#include "pipelines/forecast/cascade_run.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "src/base/log.hpp"
#include "src/comm/agree.hpp"
#include "src/comm/gather.hpp"

namespace myriad::pipelines {

CascadeRun::CascadeRun(const ForecastSetup& setup, const CascadeSettings& settings,
                       const TileLayout& layout)
    : setup_(setup), settings_(settings), layout_(layout), dates_(setup.dates().size()) {
  for (Date& date : dates_) {
    for (std::size_t e = 0; e < settings.events.size(); ++e) {
      for (std::size_t lead : settings.events[e].leads) {
        date.decisions.push_back(
            {e, lead, std::vector<std::int64_t>(layout.field_points(), 0), {}});
      }
    }
  }
}

std::uint64_t CascadeRun::bytes(const CascadeSettings& settings, const TileLayout& layout) {
  std::uint64_t decisions = 0;
  for (const CascadeEvent& event : settings.events) decisions += event.leads.size();
  // Counts and decisions as they are now, and of every round on the root.
  const std::uint64_t point =
      sizeof(std::int64_t) + 1 + settings.rounds.size() * (sizeof(std::int32_t) + 1);
  return layout.field_points() *
         (layout.dates * decisions * point + settings.events.size() * sizeof(double));
}

std::uint64_t CascadeRun::device_bytes(const ForecastSetup& setup, const CascadeSettings& settings,
                                       const TileLayout& layout) {
  if (setup.backend().memory_is_on_host()) return 0;
  std::uint64_t most = 0;
  std::int64_t before = 0;
  for (std::int64_t counted : settings.counted) {
    const std::int64_t members = counted - before;
    const std::int64_t rows = std::min(
        MemberColumns::rows_at_once(setup.backend(), members, layout.nlon), layout.rows(0));
    const auto values = 3 * static_cast<std::int64_t>(settings.events.size());
    most = std::max<std::uint64_t>(
        most, MemberColumns::buffer_bytes(members, rows * layout.nlon, values));
    before = counted;
  }
  return most;
}

bool CascadeRun::finished() const {
  return round_ == settings_.rounds.size() ||
         std::all_of(dates_.begin(), dates_.end(), [](const Date& d) { return d.stopped; });
}

std::vector<bool> CascadeRun::going_on() const {
  std::vector<bool> going;
  for (const Date& date : dates_) going.push_back(!date.stopped);
  return going;
}

std::size_t CascadeRun::members() const {
  std::size_t sum = 0;
  for (std::size_t date = 0; date < dates_.size(); ++date) sum += members(date);
  return sum;
}

std::size_t CascadeRun::member_files() const {
  const auto& kept = setup_.kept_members();
  std::size_t files = 0;
  for (std::size_t date = 0; date < dates_.size(); ++date) {
    const std::int64_t last = setup_.members()[members(date) - 1];
    files +=
        static_cast<std::size_t>(std::upper_bound(kept.begin(), kept.end(), last) - kept.begin());
  }
  return files;
}

void CascadeRun::take_round(Comm& comm, const PieceStore& tiles,
                            const std::vector<FailedElement>& failed) {
  const std::size_t first = first_member(), last = last_member();
  for (std::size_t d = 0; d < dates_.size(); ++d) {
    Date& date = dates_[d];
    if (date.stopped) continue;
    Round round;
    std::vector<std::size_t> slots;
    for (std::size_t slot = 0; slot < last; ++slot) {
      if (!settings_.counts[slot]) continue;
      const auto id = static_cast<ElementId>(d * setup_.members().size() + slot);
      if (std::any_of(failed.begin(), failed.end(),
                      [&](const FailedElement& f) { return f.element == id; })) {
        ++round.lost;
        continue;
      }
      ++round.counted;
      if (slot >= first) slots.push_back(slot);
    }
    date.rounds.push_back(std::move(round));
    count(comm, tiles, d, slots);
    decide(comm, d);
  }
  ++round_;
}

void CascadeRun::count(Comm& comm, const PieceStore& tiles, std::size_t date,
                       const std::vector<std::size_t>& slots) {
  if (slots.empty()) return;
  // Events of one channel at one lead are counted in one pass over its tiles.
  MemberColumns columns(setup_.backend());
  std::map<std::size_t, std::vector<Decision*>> cases;
  for (Decision& decision : dates_[date].decisions) {
    cases[layout_.case_index(date, decision.lead, settings_.events[decision.event].channel)]
        .push_back(&decision);
  }
  for (const auto& [number, asked] : cases) count_case(comm, tiles, number, slots, asked, columns);
}

void CascadeRun::count_case(Comm& comm, const PieceStore& tiles, std::size_t case_number,
                            const std::vector<std::size_t>& slots,
                            const std::vector<Decision*>& asked, MemberColumns& columns) {
  std::vector<double> thresholds;
  for (const Decision* decision : asked)
    thresholds.push_back(settings_.events[decision->event].event.value);
  const auto members = static_cast<std::int64_t>(slots.size());
  const std::int64_t step = MemberColumns::rows_at_once(columns.backend(), members, layout_.nlon);
  std::vector<std::int32_t> mine;  // [band of this rank][piece of rows][event, point]
  run_agreed(comm, [&] {
    for (std::size_t band = 0; band < layout_.bands(); ++band) {
      if (TileLayout::owner(layout_.tile(case_number, band), comm.size()) != comm.rank()) continue;
      const std::vector<float> values = read_tile(layout_, tiles, case_number, band, slots);
      const auto of_member = static_cast<std::int64_t>(layout_.points(band));
      for (std::int64_t row = 0; row < layout_.rows(band); row += step) {
        const std::int64_t points = std::min(step, layout_.rows(band) - row) * layout_.nlon;
        columns.load(std::span(values).subspan(static_cast<std::size_t>(row * layout_.nlon)),
                     members, of_member, points);
        const MemberCounts counts =
            columns.count(thresholds, static_cast<std::int64_t>(thresholds.size()));
        for (std::size_t k = 0; k < counts.below.size(); ++k) {
          const auto& event =
              settings_.events[asked[k / static_cast<std::size_t>(points)]->event].event;
          const double shown = event.relation == diag::Relation::above
                                   ? static_cast<double>(members) - counts.up_to[k]
                                   : counts.below[k];
          mine.push_back(static_cast<std::int32_t>(shown));
        }
      }
    }
  });
  const std::vector<std::vector<std::int32_t>> all = gather_lists(comm, mine);
  std::vector<std::size_t> taken(all.size(), 0);
  for (std::size_t band = 0; band < layout_.bands(); ++band) {
    const auto owner =
        static_cast<std::size_t>(TileLayout::owner(layout_.tile(case_number, band), comm.size()));
    for (std::int64_t row = 0; row < layout_.rows(band); row += step) {
      const auto points =
          static_cast<std::size_t>(std::min(step, layout_.rows(band) - row) * layout_.nlon);
      const auto begin = static_cast<std::size_t>((layout_.first_row(band) + row) * layout_.nlon);
      for (Decision* decision : asked) {
        for (std::size_t p = 0; p < points; ++p)
          decision->counts[begin + p] += all[owner][taken[owner]++];
      }
    }
  }
}

void CascadeRun::decide(Comm& comm, std::size_t d) {
  Date& date = dates_[d];
  Round& round = date.rounds.back();
  const bool full = round_ + 1 == settings_.rounds.size();
  MYRIAD_VALIDATE(!full || round.counted > 0, ErrorKind::quality, "E2648",
                  "no member of {} is left to decide by (all became unstable); check the initial "
                  "state and the checkpoints",
                  setup_.dates()[d].time.iso());
  for (const CascadeEvent& event : settings_.events) {
    round.limits.push_back(full ? diag::full_round(event.plan.threshold, round.counted)
                                : event.plan.rounds[round_]);
  }
  for (Decision& decision : date.decisions) {
    const CascadeEvent& event = settings_.events[decision.event];
    // What all members say is right by definition, whatever was decided before.
    diag::CascadeDemand demand =
        full ? diag::cascade_demand(round.limits[decision.event], decision.counts, event.weights)
             : diag::cascade_demand(round.limits[decision.event], decision.counts, event.weights,
                                    decision.decisions, round.lost);
    decision.decisions = std::move(demand.decisions);
    round.open_share.push_back(demand.open_share);
    if (comm.rank() != 0) continue;
    round.counts.emplace_back(decision.counts.begin(), decision.counts.end());
    round.decisions.push_back(decision.decisions);
  }
  date.stopped = full || most_open(date) <= settings_.accept;
  if (comm.rank() == 0) log_round(d);
}

double CascadeRun::most_open(const Date& date) const {
  const auto& shares = date.rounds.back().open_share;
  return *std::max_element(shares.begin(), shares.end());
}

void CascadeRun::log_round(std::size_t d) const {
  const Date& date = dates_[d];
  const auto& shares = date.rounds.back().open_share;
  const auto worst =
      static_cast<std::size_t>(std::max_element(shares.begin(), shares.end()) - shares.begin());
  const Decision& decision = date.decisions[worst];
  const std::string where = fmt::format("{} at {}", settings_.events[decision.event].name,
                                        to_string(setup_.statistics().leads[decision.lead]));
  const std::string next = date.stopped
                               ? std::string("stops")
                               : fmt::format("goes on to {} members", settings_.rounds[round_ + 1]);
  log_info("forecast",
           "cascade {}: {} of {} members have run, most is open of {} ({:.4f}, accepted {:g}): {}",
           setup_.dates()[d].time.iso(), last_member(), settings_.rounds.back(), where,
           shares[worst], settings_.accept, next);
}

}  // namespace myriad::pipelines
