#include "pipelines/forecast/ensemble_statistics.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "diagnostics/reducers/exceedance_reducer.hpp"
#include "diagnostics/reducers/moment_reducer.hpp"
#include "diagnostics/reducers/quantile_reducer.hpp"
#include "pipelines/forecast/member_output.hpp"
#include "src/comm/agree.hpp"
#include "src/io/product_writer.hpp"

namespace myriad::pipelines {

namespace {

std::vector<diag::Threshold> thresholds_of(const Config& statistics) {
  std::vector<diag::Threshold> thresholds;
  for (const Config& event : statistics.sections("exceedance")) {
    thresholds.push_back({event.text("channel"),
                          event.text("relation") == "below" ? diag::Relation::below : diag::Relation::above,
                          event.number("value"), event.has("units") ? event.text("units") : std::string()});
  }
  return thresholds;
}

/// What a rank has made of one tile: the maps of all reducers, then their records.
struct TileResult {
  std::vector<float> maps;
  std::vector<double> records;
};

}  // namespace

/// Reducers of one forecast date.
struct EnsembleStatistics::Date {
  std::vector<std::unique_ptr<Reducer>> reducers;
};

EnsembleStatistics::EnsembleStatistics(const ForecastSetup& setup) : setup_(setup) {
  const Config statistics = setup.config().section("statistics");
  const Grid& grid = setup.description().grid;
  const Selection& selection = setup.statistics();
  layout_.dates = setup.dates().size();
  layout_.leads = selection.leads.size();
  layout_.channels = selection.channels.size();
  layout_.members = setup.members().size();
  layout_.nlat = grid.nlat();
  layout_.nlon = grid.nlon();
  layout_.band_rows =
      TileLayout::rows_for(static_cast<std::uint64_t>(statistics.number("tile_mb") * 1048576.0), layout_.members,
                           layout_.nlat, layout_.nlon);
  diag::QuantileOptions quantiles;
  quantiles.probabilities = statistics.numbers("quantiles");
  const std::vector<diag::Threshold> thresholds = thresholds_of(statistics);
  for (const ForecastDate& date : setup.dates()) {
    const diag::StatisticsAxes axes{grid, selection.channels, date.time, selection.leads};
    auto made = std::make_unique<Date>();
    made->reducers.push_back(diag::make_moment_reducer(axes));
    std::vector<std::unique_ptr<diag::SortedReducer>> sorted;
    if (!quantiles.probabilities.empty()) sorted.push_back(diag::make_quantile_reducer(axes, quantiles));
    if (!thresholds.empty()) sorted.push_back(diag::make_exceedance_reducer(axes, thresholds));
    if (!sorted.empty()) made->reducers.push_back(diag::share_sorting(std::move(sorted)));
    dates_.push_back(std::move(made));
  }
}

EnsembleStatistics::~EnsembleStatistics() = default;

std::uint64_t EnsembleStatistics::scratch_bytes() const {
  std::size_t most = 0;
  for (const auto& reducer : dates_.front()->reducers) {
    most = std::max(most, reducer->scratch_bytes(layout_.members, layout_.points(0)));
  }
  return most + layout_.members * layout_.piece_bytes();
}

std::vector<std::string> EnsembleStatistics::reduce(Comm& comm, const PieceStore& store, std::size_t first_lead,
                                                    std::size_t last_lead, const SlotsOf& slots_of) {
  std::vector<std::string> written;
  for (std::size_t date = 0; date < layout_.dates; ++date) {
    written.push_back(reduce_date(comm, store, date, first_lead, last_lead, slots_of(date)));
  }
  return written;
}

std::string EnsembleStatistics::reduce_date(Comm& comm, const PieceStore& store, std::size_t date, std::size_t first_lead,
                                            std::size_t last_lead, const std::vector<std::size_t>& slots) {
  const bool root = comm.rank() == 0;
  const auto& reducers = dates_[date]->reducers;
  const Selection& selection = setup_.statistics();
  std::vector<std::uint32_t> numbers;
  for (std::size_t slot : slots) numbers.push_back(static_cast<std::uint32_t>(setup_.members()[slot]));
  const auto fields_of = [&](std::size_t channel) {
    std::vector<std::size_t> counts;
    for (const auto& reducer : reducers) counts.push_back(reducer->fields(channel).size());
    return counts;
  };

  const std::string folder = setup_.dates()[date].folder + "products/";
  const bool whole = first_lead == 0 && last_lead == layout_.leads;
  const std::string relative =
      folder + (whole ? std::string("ensemble.nc")
                      : fmt::format("ensemble_{:04}h.nc", static_cast<std::int64_t>(selection.leads[first_lead].in_hours())));
  std::unique_ptr<io::ProductWriter> writer;
  run_agreed(comm, [&] {
    if (!root) return;
    make_directory(setup_.out() / folder);
    writer = std::make_unique<io::ProductWriter>(
        setup_.out() / relative,
        product_attributes(setup_.config().section("output"), facts_of(setup_, date), slots.size(), "statistics over the members",
                           "mean over members; standard deviation with divisor N - 1; see the attributes of each variable"),
        Existing::replace);
    writer->define_grid(setup_.description().grid);
    writer->define_forecast_times(setup_.dates()[date].time,
                                  {selection.leads.begin() + static_cast<std::ptrdiff_t>(first_lead),
                                   selection.leads.begin() + static_cast<std::ptrdiff_t>(last_lead)});
    writer->define_scalar("members", static_cast<std::int32_t>(slots.size()),
                          {{"long_name", std::string("number of ensemble members")}, {"units", std::string("1")}});
    for (std::size_t channel = 0; channel < layout_.channels; ++channel) {
      for (const auto& reducer : reducers) {
        for (const ReducedField& field : reducer->fields(channel)) {
          io::ProductVariable variable;
          variable.name = field.name;
          variable.type = field.integer ? io::NcType::int32 : io::NcType::f32;
          variable.dimensions = {"time", "latitude", "longitude"};
          variable.attributes = field.attributes;
          variable.significant_bits = field.significant_bits;
          writer->define_variable(variable);
        }
      }
    }
  });

  // A window of cases at a time, so that every rank has a tile to work on.
  const auto window = std::max<std::size_t>(1, static_cast<std::size_t>(comm.size()) / layout_.bands());
  const std::size_t first = layout_.case_index(date, first_lead, 0), last = layout_.case_index(date, last_lead, 0);
  for (std::size_t begin = first; begin < last; begin += window) {
    const std::size_t end = std::min(last, begin + window);
    std::vector<std::pair<std::size_t, TileResult>> mine;
    run_agreed(comm, [&] {
      for (std::size_t c = begin; c < end; ++c) {
        for (std::size_t band = 0; band < layout_.bands(); ++band) {
          if (TileLayout::owner(layout_.tile(c, band), comm.size()) != comm.rank()) continue;
          const std::vector<float> values = read_tile(layout_, store, c, band, slots);
          EnsembleTile tile;
          tile.channel = c % layout_.channels;
          tile.lead = c / layout_.channels % layout_.leads;
          tile.first_row = layout_.first_row(band);
          tile.rows = layout_.rows(band);
          tile.nlon = layout_.nlon;
          tile.members = numbers;
          tile.values = values;
          TileResult result;
          const auto counts = fields_of(tile.channel);
          for (std::size_t r = 0; r < reducers.size(); ++r) {
            std::vector<float> maps(counts[r] * layout_.points(band));
            std::vector<double> record(reducers[r]->record_size(tile.rows));
            reducers[r]->reduce(tile, maps, record);
            result.maps.insert(result.maps.end(), maps.begin(), maps.end());
            result.records.insert(result.records.end(), record.begin(), record.end());
          }
          mine.emplace_back(layout_.tile(c, band), std::move(result));
        }
      }
    });
    auto next = mine.begin();
    for (std::size_t c = begin; c < end; ++c) {
      const std::size_t channel = c % layout_.channels, lead = c / layout_.channels % layout_.leads;
      const auto counts = fields_of(channel);
      std::vector<std::vector<float>> maps;
      for (std::size_t n : counts) maps.emplace_back(n * layout_.field_points());
      std::vector<std::vector<double>> records(reducers.size());
      std::vector<std::int64_t> tile_rows;
      for (std::size_t band = 0; band < layout_.bands(); ++band) {
        const std::size_t tile = layout_.tile(c, band);
        const int owner = TileLayout::owner(tile, comm.size());
        const std::size_t points = layout_.points(band);
        TileResult result;
        std::size_t map_values = 0, record_values = 0;
        for (std::size_t r = 0; r < reducers.size(); ++r) {
          map_values += counts[r] * points;
          record_values += reducers[r]->record_size(layout_.rows(band));
        }
        const int tag = static_cast<int>(tile % 30000);
        if (owner == comm.rank()) {
          result = std::move(next->second);
          ++next;
          if (!root) {
            comm.send(std::as_bytes(std::span(result.maps)), 0, tag);
            comm.send(std::as_bytes(std::span(result.records)), 0, tag);
          }
        } else if (root) {
          result.maps.resize(map_values);
          result.records.resize(record_values);
          comm.receive(std::as_writable_bytes(std::span(result.maps)), owner, tag);
          comm.receive(std::as_writable_bytes(std::span(result.records)), owner, tag);
        }
        if (!root) continue;
        tile_rows.push_back(layout_.rows(band));
        const float* from = result.maps.data();
        const double* record = result.records.data();
        const auto offset = static_cast<std::size_t>(layout_.first_row(band) * layout_.nlon);
        for (std::size_t r = 0; r < reducers.size(); ++r) {
          for (std::size_t f = 0; f < counts[r]; ++f) {
            std::copy_n(from, points, maps[r].begin() + static_cast<std::ptrdiff_t>(f * layout_.field_points() + offset));
            from += points;
          }
          const std::size_t size = reducers[r]->record_size(layout_.rows(band));
          records[r].insert(records[r].end(), record, record + size);
          record += size;
        }
      }
      run_agreed(comm, [&] {
        if (!root) return;
        for (std::size_t r = 0; r < reducers.size(); ++r) {
          const auto fields = reducers[r]->fields(channel);
          for (std::size_t f = 0; f < fields.size(); ++f) {
            const auto map = std::span<const float>(maps[r]).subspan(f * layout_.field_points(), layout_.field_points());
            const auto index = static_cast<std::int64_t>(lead - first_lead);
            if (fields[f].integer) {
              const std::vector<std::int32_t> values(map.begin(), map.end());
              writer->write_slab(fields[f].name, index, std::span<const std::int32_t>(values));
            } else {
              writer->write_slab(fields[f].name, index, map);
            }
          }
          reducers[r]->finish_case(channel, lead, maps[r], tile_rows, records[r]);
        }
      });
    }
  }
  run_agreed(comm, [&] {
    if (root) writer->finish();
  });
  return relative;
}

}  // namespace myriad::pipelines
