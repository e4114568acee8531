#include "pipelines/forecast/perturbations.hpp"

#include <algorithm>
#include <utility>

namespace myriad::pipelines {

void add_perturbation_keys(Schema& schema) {
  Schema& perturbation = schema.section("perturbation", "How members differ at the start; member 0 is the control");
  perturbation.choice("kind", "none, or correlated Gaussian noise on the sphere", {"none", "spherical_gaussian"})
      .default_to("spherical_gaussian");
  perturbation.number("amplitude", "Standard deviation, in units of `scale`").default_to(0.3).at_least(0);
  perturbation
      .choice("scale", "change: std of the change per step; variability: std of the state", {"change", "variability"})
      .default_to("change");
  perturbation.text("channels", "Perturbed channels; absent: all").list(1);
  perturbation.number("length_scale_km", "L of the correlation exp(-d^2 / 2 L^2)").unit("km").default_to(500.0).above(0);
  perturbation.choice("compat", "hens: published noise, standard deviation 0.989", {"none", "hens"}).default_to("none");
}

bool pairs_are_centred(const Config&) { return false; }

std::vector<Instant> perturbation_times(const Config&, const Instant&, Duration) { return {}; }

std::unique_ptr<InitialPerturbation> make_configured_perturbation(const Config& config, Model& model, std::uint64_t seed,
                                                                  const Instant&, const std::vector<EnsembleStart>&) {
  const ModelDescription& d = model.description();
  const Config section = config.section("perturbation");
  const std::string kind = section.text("kind");
  GaussianPerturbationConfig gaussian;
  gaussian.seed = seed;
  gaussian.noise.length_scale_km = section.number("length_scale_km");
  gaussian.noise.compatibility =
      section.text("compat") == "hens" ? NoiseCompatibility::hens : NoiseCompatibility::none;
  const double amplitude = section.number("amplitude");
  const bool change = section.text("scale") == "change";
  const Normalisation& n = d.normalisation;
  for (std::size_t c = 0; c < d.channels.size(); ++c) {
    gaussian.amplitude.push_back(amplitude * (change ? n.tendency_stddev[c] : n.stddev[c]));
  }
  if (section.has("channels")) {
    const std::vector<std::string> chosen = section.texts("channels");
    for (const std::string& name : chosen) {
      if (std::find(d.channels.begin(), d.channels.end(), name) == d.channels.end()) {
        throw section.complaint("channels", "E2636",
                                fmt::format("the model has no channel '{}' (nearest: '{}') choose from its channels", name,
                                            nearest_name(name, d.channels)));
      }
    }
    for (std::size_t c = 0; c < d.channels.size(); ++c) {
      if (std::find(chosen.begin(), chosen.end(), d.channels[c]) == chosen.end()) gaussian.amplitude[c] = 0.0;
    }
  }
  std::vector<std::unique_ptr<InitialPerturbation>> links;
  if (kind != "none") links.push_back(make_gaussian_perturbation(model, gaussian));
  return make_perturbation_chain(model, std::move(links));
}

}  // namespace myriad::pipelines
