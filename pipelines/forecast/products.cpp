#include "pipelines/forecast/products.hpp"

#include <cmath>
#include <memory>
#include <utility>

#include "src/io/field_series.hpp"
#include "src/io/product_writer.hpp"

namespace myriad::pipelines {

namespace {

io::ProductVariable describe(const io::Channel& channel, const char* suffix, const char* method) {
  io::ProductVariable variable;
  variable.name = channel.name + suffix;
  variable.dimensions = {"time", "latitude", "longitude"};
  variable.attributes = {{"standard_name", channel.standard_name},
                         {"long_name", channel.long_name + ", ensemble " + method},
                         {"units", channel.units},
                         {"cell_methods", channel.cell_methods + " realization: " + method}};
  return variable;
}

}  // namespace

io::PublishedFile write_ensemble_products(const std::filesystem::path& path, const ProductRequest& request) {
  const auto points = static_cast<std::size_t>(request.grid.points());
  const std::size_t channels = request.channels.size();
  const bool spread = request.members.size() > 1;
  io::ProductWriter writer(path, request.attributes, Existing::replace);
  writer.define_grid(request.grid);
  writer.define_forecast_times(request.start, request.leads);
  writer.define_scalar("members", static_cast<std::int32_t>(request.members.size()),
                       {{"long_name", std::string("number of ensemble members")}, {"units", std::string("1")}});
  for (const io::Channel& channel : request.channels) {
    writer.define_variable(describe(channel, "_mean", "mean"));
    if (spread) writer.define_variable(describe(channel, "_stddev", "standard_deviation"));
  }

  const auto open = [&](std::size_t m) {
    io::SeriesOptions options;
    options.files = {request.members[m].string()};
    options.channels = io::requests_for(request.channels);
    options.time_check = io::TimeCheck::increasing;
    options.expected_grid = request.grid;
    return io::open_field_series(options);
  };
  // Files stay open between leads up to a number that every system allows.
  constexpr std::size_t k_open_files = 256;
  std::vector<std::unique_ptr<io::FieldSeries>> kept(request.members.size());
  std::vector<float> state(channels * points), out(points);
  for (std::size_t lead = 0; lead < request.leads.size(); ++lead) {
    // Welford's recurrence over the members: one pass, no cancellation.
    std::vector<double> mean(state.size(), 0.0), squares(state.size(), 0.0);
    for (std::size_t m = 0; m < kept.size(); ++m) {
      std::unique_ptr<io::FieldSeries> series = kept[m] ? std::move(kept[m]) : open(m);
      series->read(series->require(request.start + request.leads[lead]), state);
      if (kept.size() <= k_open_files) kept[m] = std::move(series);
      for (std::size_t i = 0; i < state.size(); ++i) {
        const double delta = static_cast<double>(state[i]) - mean[i];
        mean[i] += delta / static_cast<double>(m + 1);
        squares[i] += delta * (static_cast<double>(state[i]) - mean[i]);
      }
    }
    for (std::size_t c = 0; c < channels; ++c) {
      for (std::size_t p = 0; p < points; ++p) out[p] = static_cast<float>(mean[c * points + p]);
      writer.write_slab(request.channels[c].name + "_mean", static_cast<std::int64_t>(lead), std::span<const float>(out));
      if (!spread) continue;
      for (std::size_t p = 0; p < points; ++p) {
        out[p] = static_cast<float>(std::sqrt(squares[c * points + p] / static_cast<double>(kept.size() - 1)));
      }
      writer.write_slab(request.channels[c].name + "_stddev", static_cast<std::int64_t>(lead), std::span<const float>(out));
    }
  }
  return writer.finish();
}

}  // namespace myriad::pipelines
