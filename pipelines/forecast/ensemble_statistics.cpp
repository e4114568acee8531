#include "pipelines/forecast/ensemble_statistics.hpp"

#include <algorithm>
#include <utility>

#include "diagnostics/reducers/ensemble_size_reducer.hpp"
#include "diagnostics/reducers/exceedance_reducer.hpp"
#include "diagnostics/reducers/extreme_index_reducer.hpp"
#include "diagnostics/reducers/moment_reducer.hpp"
#include "diagnostics/reducers/quantile_reducer.hpp"
#include "diagnostics/reducers/score_reducer.hpp"
#include "diagnostics/score_file.hpp"
#include "pipelines/common/analysis_fields.hpp"
#include "pipelines/common/health_keys.hpp"
#include "pipelines/common/score_families.hpp"
#include "pipelines/forecast/member_output.hpp"
#include "src/comm/agree.hpp"
#include "src/io/product_writer.hpp"

namespace myriad::pipelines {

namespace {

std::vector<std::string> texts_of(const std::vector<std::filesystem::path>& paths) {
  std::vector<std::string> texts;
  for (const auto& path : paths) texts.push_back(path.string());
  return texts;
}

io::ProductVariable variable_of(const ReducedField& field) {
  io::ProductVariable variable;
  variable.name = field.name;
  variable.type = field.integer ? io::NcType::int32 : io::NcType::f32;
  variable.dimensions = {"time", "latitude", "longitude"};
  variable.attributes = field.attributes;
  variable.significant_bits = field.significant_bits;
  // A missing integer is -1, which its attributes explain.
  if (field.may_be_missing && !field.integer) variable.missing = io::MissingValues::allow;
  return variable;
}

}  // namespace

/// Reducers of one forecast date.
struct EnsembleStatistics::Date {
  std::vector<std::unique_ptr<Reducer>> reducers;
  diag::ScoreReducer* scores = nullptr;  ///< one of them, when there are verifying fields

  std::size_t maps(std::size_t reducer, std::size_t channel) const { return reducers[reducer]->fields(channel).size(); }
};

/// A file under construction, on the root.
struct EnsembleStatistics::Product {
  std::string relative;
  std::unique_ptr<io::ProductWriter> writer;
};

/// One tile: maps [reducer, field, row, lon] and records of all reducers.
struct EnsembleStatistics::TileResult {
  std::vector<float> maps;
  std::vector<double> records;
};

/// One case: per reducer maps [field, lat, lon] and records of its tiles.
struct EnsembleStatistics::CaseResult {
  std::vector<std::vector<float>> maps;
  std::vector<std::vector<double>> records;
  std::vector<std::int64_t> tile_rows;
};

EnsembleStatistics::EnsembleStatistics(const ForecastSetup& setup)
    : setup_(setup), columns_(std::make_unique<MemberColumns>(setup.backend())) {
  const Config statistics = setup.config().section("statistics");
  const Grid& grid = setup.description().grid;
  layout_.dates = setup.dates().size();
  layout_.leads = setup.statistics().leads.size();
  layout_.channels = setup.statistics().channels.size();
  layout_.members = setup.members().size();
  layout_.nlat = grid.nlat();
  layout_.nlon = grid.nlon();
  layout_.band_rows = TileLayout::rows_for(static_cast<std::uint64_t>(statistics.number("tile_mb") * 1048576.0),
                                           layout_.members, layout_.nlat, layout_.nlon);
  for (const ForecastDate& date : setup.dates()) make_reducers(date);
}

EnsembleStatistics::~EnsembleStatistics() = default;

void EnsembleStatistics::make_reducers(const ForecastDate& date) {
  const Config statistics = setup_.config().section("statistics");
  const Grid& grid = setup_.description().grid;
  const Selection& selection = setup_.statistics();
  const diag::StatisticsAxes axes{grid, selection.channels, date.time, selection.leads};
  auto made = std::make_unique<Date>();
  made->reducers.push_back(diag::make_moment_reducer(axes));

  diag::VerifyingFields verifying;
  if (statistics.has("verify")) {
    const Config verify = statistics.section("verify");
    const auto analysis = std::make_shared<AnalysisFields>(texts_of(verify.paths("analysis")), selection.channels, grid,
                                                           "forecast");
    verifying.truth = [analysis, axes](std::size_t channel, std::size_t lead, std::span<float> out) {
      return analysis->read(axes.start + axes.leads[lead], channel, out);
    };
    verifying.analysis = [analysis, axes](std::size_t channel, std::span<float> out) {
      return analysis->read(axes.start, channel, out);
    };
    if (verify.has("climatology")) {
      verifying.climate = std::make_shared<diag::Climatology>(verify.path("climatology").string(), grid, selection.channels);
    }
    diag::ScoreOptions options;
    options.members = static_cast<int>(setup_.members().size());
    const bool has_control = setup_.members().front() == 0;
    options.control = !has_control                          ? diag::ControlMember::none
                      : verify.text("control") == "include" ? diag::ControlMember::include
                      : verify.text("control") == "none"    ? diag::ControlMember::none
                                                            : diag::ControlMember::exclude;
    options.rank_bins = static_cast<int>(verify.integer("rank_bins"));
    options.cases.rank_weighting =
        verify.text("rank_weighting") == "equal" ? diag::RankWeighting::equal : diag::RankWeighting::area;
    options.cases.spectrum_members = verify.integer("spectrum_members");
    options.cases.seed = static_cast<std::uint64_t>(verify.integer("seed"));
    std::vector<diag::VerifiedChannel> verified;
    for (const io::Channel& c : selection.channels) verified.push_back({c.name, c.long_name, c.units, c.standard_name});
    const bool left_out = options.control == diag::ControlMember::exclude;
    options.families = make_score_families(verify.section("scores"), verified, options.members - (left_out ? 1 : 0), grid);
    options.health = health_options(verify, options.members - (left_out ? 1 : 0), "forecast");
    // As the hashes in member files tell it: checkpoints of equal weights are one.
    options.checkpoint_of = [this](std::uint32_t member) {
      const auto& hashes = setup_.weights_sha256();
      const auto& own = hashes[static_cast<std::size_t>(make_member(member, setup_.rules()).checkpoint)];
      return static_cast<int>(std::find(hashes.begin(), hashes.end(), own) - hashes.begin());
    };
    auto scores = std::make_unique<diag::ScoreReducer>(setup_.backend(), axes, verifying, options);
    made->scores = scores.get();
    made->reducers.push_back(std::move(scores));
  }

  diag::QuantileOptions quantiles;
  quantiles.probabilities = statistics.numbers("quantiles");
  if (!quantiles.probabilities.empty()) made->reducers.push_back(diag::make_quantile_reducer(axes, quantiles));
  const std::vector<diag::Threshold> thresholds = read_thresholds(statistics.sections("exceedance"));
  if (!thresholds.empty()) made->reducers.push_back(diag::make_exceedance_reducer(axes, thresholds));
  if (statistics.has("climate_quantiles")) {
    std::vector<Instant> valid;
    for (Duration lead : selection.leads) valid.push_back(date.time + lead);
    made->reducers.push_back(diag::make_extreme_index_reducer(
        axes, std::make_shared<diag::ClimateQuantiles>(statistics.path("climate_quantiles").string(), grid,
                                                       selection.channels, valid)));
  }
  diag::EnsembleSizeOptions sizes;
  sizes.sizes = statistics.integers("ensemble_sizes");
  sizes.truth = verifying.truth;
  if (!sizes.sizes.empty()) made->reducers.push_back(diag::make_ensemble_size_reducer(axes, sizes));
  dates_.push_back(std::move(made));
}

std::uint64_t EnsembleStatistics::scratch_bytes() const {
  std::size_t most = 0;
  for (const auto& reducer : dates_.front()->reducers) {
    most = std::max(most, reducer->scratch_bytes(layout_.members, layout_.points(0)));
  }
  const std::uint64_t columns = setup_.backend().memory_is_on_host() ? column_bytes() : 0;
  return most + columns + layout_.members * layout_.piece_bytes();
}

std::uint64_t EnsembleStatistics::device_bytes() const {
  return setup_.backend().memory_is_on_host() ? 0 : column_bytes();
}

std::uint64_t EnsembleStatistics::column_bytes() const {
  const auto members = static_cast<std::int64_t>(layout_.members);
  std::int64_t values = 0;
  for (const auto& reducer : dates_.front()->reducers) values = std::max(values, reducer->values_at_once(members));
  const std::int64_t rows = std::min(MemberColumns::rows_at_once(setup_.backend(), members, layout_.nlon), layout_.rows(0));
  // A second set without the control, for the scores of each date.
  const std::uint64_t sets = dates_.front()->scores != nullptr ? 1 + layout_.dates : 1;
  return sets * MemberColumns::buffer_bytes(members, rows * layout_.nlon, values);
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
  const Date& d = *dates_[date];
  std::unique_ptr<Product> product;
  run_agreed(comm, [&] {
    if (root) product = open_product(date, first_lead, last_lead, slots.size());
  });

  // A window of cases at a time, so that every rank has a tile to work on.
  const auto window = std::max<std::size_t>(1, static_cast<std::size_t>(comm.size()) / layout_.bands());
  const std::size_t end = layout_.case_index(date, last_lead, 0);
  for (std::size_t begin = layout_.case_index(date, first_lead, 0); begin < end; begin += window) {
    const std::size_t window_end = std::min(end, begin + window);
    std::vector<std::vector<TileResult>> mine(window_end - begin);
    run_agreed(comm, [&] {
      for (std::size_t c = begin; c < window_end; ++c) {
        for (std::size_t band = 0; band < layout_.bands(); ++band) {
          if (TileLayout::owner(layout_.tile(c, band), comm.size()) != comm.rank()) continue;
          mine[c - begin].push_back(reduce_band(d, store, c, band, slots));
        }
      }
    });
    for (std::size_t c = begin; c < window_end; ++c) {
      const CaseResult result = collect(comm, d, c, mine[c - begin]);
      run_agreed(comm, [&] {
        if (!root) return;
        const std::size_t channel = c % layout_.channels, lead = c / layout_.channels % layout_.leads;
        for (std::size_t r = 0; r < d.reducers.size(); ++r) {
          std::span<const float> rest(result.maps[r]);
          for (const ReducedField& field : d.reducers[r]->fields(channel)) {
            const auto map = rest.first(layout_.field_points());
            const auto index = static_cast<std::int64_t>(lead - first_lead);
            if (field.integer) {
              const std::vector<std::int32_t> values(map.begin(), map.end());
              product->writer->write_slab(field.name, index, std::span<const std::int32_t>(values));
            } else {
              product->writer->write_slab(field.name, index, map);
            }
            rest = rest.subspan(layout_.field_points());
          }
          d.reducers[r]->finish_case(channel, lead, result.maps[r], result.tile_rows, result.records[r]);
        }
      });
    }
  }
  run_agreed(comm, [&] {
    if (root) product->writer->finish();
  });
  return root ? product->relative : std::string();
}

std::unique_ptr<EnsembleStatistics::Product> EnsembleStatistics::open_product(std::size_t date, std::size_t first_lead,
                                                                              std::size_t last_lead,
                                                                              std::size_t members) const {
  const Selection& selection = setup_.statistics();
  const std::string folder = setup_.dates()[date].folder + "products/";
  const auto hours = static_cast<std::int64_t>(selection.leads[first_lead].in_hours());
  auto product = std::make_unique<Product>();
  product->relative =
      folder + (setup_.order() == StepOrder::member ? std::string("ensemble.nc") : fmt::format("ensemble_{:04}h.nc", hours));
  make_directory(setup_.out() / folder);
  const io::NcAttributes attributes =
      product_attributes(setup_.config().section("output"), facts_of(setup_, date), members, "statistics over the members",
                         "standard deviation with divisor N - 1; other estimators: attributes of the variables");
  product->writer = std::make_unique<io::ProductWriter>(setup_.out() / product->relative, attributes, Existing::replace);
  io::ProductWriter& writer = *product->writer;
  writer.define_grid(setup_.description().grid);
  writer.define_forecast_times(setup_.dates()[date].time,
                               {selection.leads.begin() + static_cast<std::ptrdiff_t>(first_lead),
                                selection.leads.begin() + static_cast<std::ptrdiff_t>(last_lead)});
  writer.define_scalar("members", static_cast<std::int32_t>(members),
                       {{"long_name", std::string("number of ensemble members")}, {"units", std::string("1")}});
  for (std::size_t channel = 0; channel < layout_.channels; ++channel) {
    for (const auto& reducer : dates_[date]->reducers) {
      for (const ReducedField& field : reducer->fields(channel)) writer.define_variable(variable_of(field));
    }
  }
  return product;
}

EnsembleStatistics::TileResult EnsembleStatistics::reduce_band(const Date& date, const PieceStore& store,
                                                               std::size_t case_number, std::size_t band,
                                                               const std::vector<std::size_t>& slots) const {
  const std::vector<float> values = read_tile(layout_, store, case_number, band, slots);
  std::vector<std::uint32_t> numbers;
  for (std::size_t slot : slots) numbers.push_back(static_cast<std::uint32_t>(setup_.members()[slot]));
  EnsembleTile tile;
  tile.channel = case_number % layout_.channels;
  tile.lead = case_number / layout_.channels % layout_.leads;
  tile.first_row = layout_.first_row(band);
  tile.rows = layout_.rows(band);
  tile.nlon = layout_.nlon;
  tile.members = numbers;
  tile.values = values;
  tile.member_step = tile.points();
  std::vector<std::vector<float>> maps;
  std::vector<std::vector<double>> records;
  reduce_tile(date.reducers, tile, *columns_, maps, records);
  TileResult result;
  for (std::size_t r = 0; r < date.reducers.size(); ++r) {
    result.maps.insert(result.maps.end(), maps[r].begin(), maps[r].end());
    result.records.insert(result.records.end(), records[r].begin(), records[r].end());
  }
  return result;
}

EnsembleStatistics::CaseResult EnsembleStatistics::collect(Comm& comm, const Date& date, std::size_t case_number,
                                                           std::vector<TileResult>& mine) const {
  const bool root = comm.rank() == 0;
  const std::size_t channel = case_number % layout_.channels;
  CaseResult result;
  for (std::size_t r = 0; root && r < date.reducers.size(); ++r) {
    result.maps.emplace_back(date.maps(r, channel) * layout_.field_points());
  }
  result.records.resize(date.reducers.size());
  auto next = mine.begin();
  for (std::size_t band = 0; band < layout_.bands(); ++band) {
    const std::size_t tile = layout_.tile(case_number, band), points = layout_.points(band);
    const int owner = TileLayout::owner(tile, comm.size());
    constexpr int k_tags = 30000;  // MPI promises 32,767
    const int tag = static_cast<int>(tile % k_tags);
    TileResult part;
    if (owner == comm.rank()) {
      part = std::move(*next++);
      if (!root) {
        comm.send(std::as_bytes(std::span(part.maps)), 0, tag);
        comm.send(std::as_bytes(std::span(part.records)), 0, tag);
      }
    } else if (root) {
      std::size_t maps = 0, records = 0;
      for (std::size_t r = 0; r < date.reducers.size(); ++r) {
        maps += date.maps(r, channel) * points;
        records += date.reducers[r]->record_size(layout_.rows(band));
      }
      part.maps.resize(maps);
      part.records.resize(records);
      comm.receive(std::as_writable_bytes(std::span(part.maps)), owner, tag);
      comm.receive(std::as_writable_bytes(std::span(part.records)), owner, tag);
    }
    if (!root) continue;
    result.tile_rows.push_back(layout_.rows(band));
    auto map = part.maps.begin();
    auto record = part.records.begin();
    const auto offset = static_cast<std::size_t>(layout_.first_row(band) * layout_.nlon);
    for (std::size_t r = 0; r < date.reducers.size(); ++r) {
      for (std::size_t f = 0; f < date.maps(r, channel); ++f) {
        std::copy_n(map, points, result.maps[r].begin() + static_cast<std::ptrdiff_t>(f * layout_.field_points() + offset));
        map += static_cast<std::ptrdiff_t>(points);
      }
      const auto size = static_cast<std::ptrdiff_t>(date.reducers[r]->record_size(layout_.rows(band)));
      result.records[r].insert(result.records[r].end(), record, record + size);
      record += size;
    }
  }
  return result;
}

std::vector<std::string> EnsembleStatistics::write_scores() const {
  std::vector<std::string> written;
  for (std::size_t date = 0; date < dates_.size(); ++date) {
    const diag::ScoreReducer* scores = dates_[date]->scores;
    if (scores == nullptr || scores->scored() == 0) continue;
    const std::string relative = setup_.dates()[date].folder + "products/scores.nc";
    const io::NcAttributes attributes =
        product_attributes(setup_.config().section("output"), facts_of(setup_, date), setup_.members().size(), "scores",
                           "estimators: attributes of the variables");
    const diag::Verification results = scores->verification();
    const auto start = std::span(&setup_.dates()[date].time, 1);
    warn_duplicates(results, start, "forecast");
    diag::write_score_file(results, setup_.out() / relative, attributes, Existing::replace, start);
    written.push_back(relative);
  }
  return written;
}

}  // namespace myriad::pipelines
