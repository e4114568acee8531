#include "pipelines/forecast/attributes.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "pipelines/common/file_attributes.hpp"

namespace myriad::pipelines {

namespace {

constexpr const char* k_keywords =
    "ensemble weather forecast, numerical weather prediction, machine learning, spherical Fourier "
    "neural operator";

FileFacts common_facts(const ForecastFacts& facts) {
  FileFacts file;
  file.verb = "forecast";
  file.keywords = k_keywords;
  file.id = facts.id;
  file.newest_input = facts.start;
  return file;
}

std::string period(const ForecastFacts& facts) {
  return fmt::format("{} from {}", to_string(facts.lead), facts.start.iso());
}

void add_identity(io::NcAttributes& attributes, const ForecastFacts& facts) {
  attributes.insert(attributes.end(), {{"MYRIAD_forecast_id", facts.id},
                                       {"MYRIAD_seed", std::to_string(facts.seed)},
                                       {"MYRIAD_config_sha256", facts.config_sha256},
                                       {"MYRIAD_precision", facts.precision},
                                       {"MYRIAD_backend", facts.backend}});
}

}  // namespace

io::NcAttributes member_attributes(const Config& output, const ForecastFacts& facts,
                                   std::int64_t member, std::int64_t checkpoint) {
  const std::string& name = facts.checkpoints.at(static_cast<std::size_t>(checkpoint));
  const std::string& weights = facts.weights_sha256.at(static_cast<std::size_t>(checkpoint));
  const bool control = member == 0;
  const std::string start_state =
      control ? "the unperturbed initial state (control)"
              : fmt::format("a perturbed initial state ({})", facts.perturbation);
  FileFacts file = common_facts(facts);
  file.title = output.text("title");
  file.summary =
      fmt::format("Member {} of an ensemble forecast of {}, made by a neural network from {}.",
                  member, period(facts), start_state);
  file.source = fmt::format("Myriad SFNO, checkpoint {} ({})", name, weights.substr(0, 12));
  file.history =
      fmt::format("member {}, {}, checkpoint {}, seed {}", member, period(facts), name, facts.seed);
  file.processing_level = "model output of one ensemble member";
  io::NcAttributes attributes = file_attributes(output, file);
  add_identity(attributes, facts);
  attributes.insert(
      attributes.end(),
      {{"MYRIAD_member", static_cast<std::int32_t>(member)},
       {"MYRIAD_perturbation", control ? std::string("none (control)") : facts.perturbation},
       {"MYRIAD_weights_sha256", weights},
       {"MYRIAD_estimator", std::string("none: values of one member")}});
  return attributes;
}

io::NcAttributes product_attributes(const Config& output, const ForecastFacts& facts,
                                    std::size_t members, const std::string& what,
                                    const std::string& estimator) {
  FileFacts file = common_facts(facts);
  file.title = output.text("title") + ": " + what;
  file.summary = fmt::format("Ensemble forecast of {} by neural networks: {} of {} members.",
                             period(facts), what, members);
  file.source = fmt::format("Myriad SFNO ensemble of {} checkpoint(s)", facts.checkpoints.size());
  file.history =
      fmt::format("{} of {} members, {}, seed {}", what, members, period(facts), facts.seed);
  file.processing_level = "ensemble statistics";
  io::NcAttributes attributes = file_attributes(output, file);
  add_identity(attributes, facts);
  std::string weights;
  for (const std::string& sha : facts.weights_sha256) weights += (weights.empty() ? "" : " ") + sha;
  attributes.insert(attributes.end(),
                    {{"MYRIAD_weights_sha256", weights}, {"MYRIAD_estimator", estimator}});
  return attributes;
}

}  // namespace myriad::pipelines
