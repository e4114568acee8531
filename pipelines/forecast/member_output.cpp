#include "pipelines/forecast/member_output.hpp"

#include <algorithm>
#include <vector>

#include "pipelines/forecast/perturbations.hpp"
#include "src/io/product_writer.hpp"

namespace myriad::pipelines {

namespace {

/// The window of every channel: fields [channel, grid lat, grid lon], out [channel, window lat, window lon].
void cut(const io::MapWindow& window, std::span<const float> fields, std::span<float> out) {
  const auto whole = static_cast<std::size_t>(window.grid().points()), points = static_cast<std::size_t>(window.points());
  for (std::size_t c = 0; c * points < out.size(); ++c) {
    window.cut(fields.subspan(c * whole, whole), out.subspan(c * points, points));
  }
}

}  // namespace

ForecastFacts facts_of(const ForecastSetup& setup, std::size_t date) {
  ForecastFacts facts;
  facts.id = setup.id();
  facts.config_sha256 = setup.config().sha256();
  facts.start = setup.dates()[date].time;
  facts.lead = setup.steps() * setup.description().time_step;
  facts.seed = setup.seed();
  facts.perturbation = describe_perturbations(setup.config());
  facts.precision = to_string(setup.precision());
  facts.backend = setup.backend().name();
  for (const auto& path : setup.checkpoints()) facts.checkpoints.push_back(path.filename().string());
  facts.weights_sha256 = setup.weights_sha256();
  return facts;
}

void publish_member(const ForecastSetup& setup, std::size_t date, const Member& member, Existing existing,
                    const ReadFields& read) {
  const Config output = setup.config().section("output");
  io::MemberWriterOptions options;
  options.rounding = output.flag("quantize") ? io::Rounding::bitround : io::Rounding::none;
  options.deflate_level = static_cast<int>(output.integer("deflate"));
  options.existing = existing;
  // The manifest holds the hashes of all files; thousands of small ones beside them only slow a file system down.
  const std::string sidecars = output.text("sidecars");
  options.sidecar = sidecars == "always" || (sidecars == "auto" && setup.kept_members().size() <= k_most_files_unasked);
  io::MemberMetadata metadata;
  metadata.member = member.number;
  metadata.start = setup.dates()[date].time;
  metadata.leads = setup.output().leads;
  metadata.attributes = member_attributes(output, facts_of(setup, date), member.number, member.checkpoint);
  io::MemberWriter writer(setup.out() / setup.member_path(date, member.number), setup.window(), setup.output().channels,
                          metadata, options);
  const std::size_t channels = setup.output().channels.size();
  std::vector<float> fields(channels * static_cast<std::size_t>(setup.description().grid.points()));
  std::vector<float> part(channels * static_cast<std::size_t>(setup.window().points()));
  for (std::size_t lead = 0; lead < setup.output().leads.size(); ++lead) {
    read(lead, fields);
    cut(setup.window(), fields, part);
    writer.append(static_cast<std::int64_t>(lead), part);
  }
  writer.finish();
}

void publish_packed(const ForecastSetup& setup, std::size_t date, const std::vector<std::int64_t>& members,
                    const ReadMemberFields& read) {
  MYRIAD_EXPECT(!members.empty());
  const Config output = setup.config().section("output");
  const auto points = static_cast<std::size_t>(setup.window().points());
  const Selection& selection = setup.output();
  io::NcAttributes attributes =
      member_attributes(output, facts_of(setup, date), members.front(), make_member(members.front(), setup.rules()).checkpoint);
  std::erase_if(attributes, [](const auto& a) { return a.first == "MYRIAD_member" || a.first == "MYRIAD_perturbation"; });
  for (auto& [name, value] : attributes) {
    if (name == "summary") value = fmt::format("{} members of one checkpoint of an ensemble forecast.", members.size());
  }
  io::ProductWriter writer(setup.out() / setup.member_path(date, members.front()), attributes, Existing::replace);
  writer.define_forecast_times(setup.dates()[date].time, selection.leads);
  writer.define_axis("realization", std::vector<std::int32_t>(members.begin(), members.end()),
                     {{"standard_name", std::string("realization")},
                      {"long_name", std::string("number of the ensemble member")},
                      {"units", std::string("1")},
                      {"axis", std::string("E")}});
  writer.define_grid(setup.window());
  for (const io::Channel& channel : selection.channels) {
    io::ProductVariable variable;
    variable.name = channel.name;
    variable.dimensions = {"time", "realization", "latitude", "longitude"};
    variable.attributes = {{"standard_name", channel.standard_name},
                           {"long_name", channel.long_name},
                           {"units", channel.units},
                           {"cell_methods", channel.cell_methods}};
    variable.significant_bits = output.flag("quantize") ? io::significant_bits(channel) : 0;
    writer.define_variable(variable);
  }
  // All channels of a lead in memory: [channel][member, lat, lon].
  std::vector<std::vector<float>> slabs(selection.channels.size(), std::vector<float>(members.size() * points));
  std::vector<float> globe(selection.channels.size() * static_cast<std::size_t>(setup.description().grid.points()));
  std::vector<float> fields(selection.channels.size() * points);
  for (std::size_t lead = 0; lead < selection.leads.size(); ++lead) {
    for (std::size_t m = 0; m < members.size(); ++m) {
      read(members[m], lead, globe);
      cut(setup.window(), globe, fields);
      for (std::size_t c = 0; c < slabs.size(); ++c) {
        std::copy_n(fields.begin() + static_cast<std::ptrdiff_t>(c * points), points,
                    slabs[c].begin() + static_cast<std::ptrdiff_t>(m * points));
      }
    }
    for (std::size_t c = 0; c < slabs.size(); ++c) {
      writer.write_slab(selection.channels[c].name, static_cast<std::int64_t>(lead), std::span<const float>(slabs[c]));
    }
  }
  writer.finish();
}

}  // namespace myriad::pipelines
