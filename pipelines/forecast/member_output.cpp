#include "pipelines/forecast/member_output.hpp"

#include <vector>

#include "pipelines/forecast/perturbations.hpp"

namespace myriad::pipelines {

ForecastFacts facts_of(const ForecastSetup& setup, std::size_t date) {
  ForecastFacts facts;
  facts.id = setup.id();
  facts.config_sha256 = setup.config().sha256();
  facts.start = setup.dates()[date].time;
  facts.lead = setup.steps() * setup.description().time_step;
  facts.seed = setup.seed();
  facts.perturbation = describe_perturbations(setup.config());
  facts.precision = setup.dtype() == DType::f64 ? "f64" : "f32";
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
  io::MemberMetadata metadata;
  metadata.member = member.number;
  metadata.start = setup.dates()[date].time;
  metadata.leads = setup.output().leads;
  metadata.attributes = member_attributes(output, facts_of(setup, date), member.number, member.checkpoint);
  const Grid& grid = setup.description().grid;
  io::MemberWriter writer(setup.out() / setup.member_path(date, member.number), grid, setup.output().channels, metadata,
                          options);
  std::vector<float> fields(setup.output().channels.size() * static_cast<std::size_t>(grid.points()));
  for (std::size_t lead = 0; lead < setup.output().leads.size(); ++lead) {
    read(lead, fields);
    writer.append(static_cast<std::int64_t>(lead), fields);
  }
  writer.finish();
}

}  // namespace myriad::pipelines
