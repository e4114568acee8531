#include "pipelines/forecast/perturbations.hpp"

#include <algorithm>
#include <utility>

#include "pipelines/common/error_table.hpp"
#include "src/ensemble/ar1_noise.hpp"
#include "src/ensemble/bred_vectors.hpp"

namespace myriad::pipelines {

namespace {

constexpr const char* k_key = "perturbation";

void add_amplitude_keys(Schema& p) {
  p.number("amplitude",
           "Size in units of `scale`: standard deviation of noise, hemispheric RMS of bred vectors")
      .default_to(0.3)
      .at_least(0);
  p.choice("scale",
           "change: standard deviation of the change per step; variability: of the state; errors: "
           "forecast errors",
           {"change", "variability", "errors"})
      .default_to("change");
  p.text("channels", "Perturbed channels; absent: all").list(1);
  p.path("error_file", "scale errors: scores.nc of myriad verify").not_hashed();
  p.duration("error_lead", "error_file: lead of the errors").default_to("48h");
  p.choice("error_score", "error_file: which errors",
           {"rmse", "rmse_fair", "rmse_control", "spread"})
      .default_to("rmse");
  p.text("error_region", "error_file: region of the errors").default_to("global");
  Schema& errors =
      p.section_map("errors", "scale errors: instead of a file, the error of each channel");
  errors.number("rmse", "In the unit of the model's channel").required().at_least(0);
}

void add_keys(Schema& p) {
  p.choice("kind",
           "What is perturbed: the analysis, or the weights of the model (spectral_weights)",
           {"none", "spherical_gaussian", "ar1_noise", "bred_vectors", "spectral_weights"})
      .default_to("spherical_gaussian");
  add_amplitude_keys(p);
  p.choice("spectrum", "Noise: variance per spectral coefficient of degree l",
           {"gaussian", "flat", "white", "power_law", "matern"})
      .default_to("gaussian");
  p.number("length_scale_km", "Spectrum gaussian: L of the correlation exp(-d^2 / 2 L^2)")
      .unit("km")
      .default_to(500.0)
      .above(0);
  p.number("exponent",
           "Spectrum power_law: (2l+1)^-exponent; matern: (l(l+1) + inverse_length^2)^-exponent")
      .default_to(2.0)
      .range(0, 20);
  p.number("inverse_length", "Spectrum matern: in units of 1 / Earth radius")
      .default_to(3.0)
      .above(0);
  p.duration("time_scale",
             "ar1_noise: correlation exp(-t / time_scale) between the input times of the model")
      .default_to("6h")
      .at_least(1);
  p.integer("cycles", "bred_vectors: steps of breeding").default_to(3).range(1, 100);
  p.text("seed_channels", "bred_vectors: channels of the first noise")
      .list(1)
      .default_to(Json(Json::Array{"z500"}));
  p.integer("degrees", "spectral_weights: noise on the filters of this many lowest degrees")
      .default_to(10)
      .range(1, 100000);
  p.duration("refresh",
             "spectral_weights: new noise at this interval; 0h: the same for the whole forecast")
      .default_to("0h");
  p.choice("compat",
           "hens: published noise (standard deviation 0.989) and, for bred_vectors, published "
           "timing and norms",
           {"none", "hens"})
      .default_to("none");
}

/// The sections in their order; one with all defaults when the key is absent.
std::vector<Config> sections_of(const Config& config) {
  if (config.has(k_key)) return config.sections(k_key);
  auto schema = std::make_shared<Schema>(k_key, "defaults");
  add_keys(*schema);
  return {Config::from_text(std::move(schema), "{}", "default")};
}

/// The seed of the perturbation at \p place in the list, so that equal kinds draw independent
/// numbers. Both are mixed (finaliser of SplitMix64): seeds that differ by a constant must not meet
/// at other places.
std::uint64_t seed_of(std::uint64_t seed, std::size_t place) {
  const auto mix = [](std::uint64_t x) {
    x += 0x9e3779b97f4a7c15ULL;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
    return x ^ (x >> 31);
  };
  return mix(mix(seed) + place);
}

std::size_t channel_index(const Config& section, std::string_view key, const std::string& name,
                          const ModelDescription& d) {
  const auto found = std::find(d.channels.begin(), d.channels.end(), name);
  if (found == d.channels.end()) {
    throw section.complaint(
        key, "E2636",
        fmt::format("the model has no channel '{}' (nearest: '{}') choose from its channels", name,
                    nearest_name(name, d.channels)));
  }
  return static_cast<std::size_t>(found - d.channels.begin());
}

/// [channel]: 1 for those that the key names, all when it is absent.
std::vector<double> selection(const Config& section, std::string_view key,
                              const ModelDescription& d) {
  if (!section.has(key)) return std::vector<double>(d.channels.size(), 1.0);
  std::vector<double> chosen(d.channels.size());
  for (const std::string& name : section.texts(key))
    chosen[channel_index(section, key, name, d)] = 1.0;
  return chosen;
}

/// [channel], physical units; 0 where \p wanted is 0.
std::vector<double> forecast_errors(const Config& section, const ModelDescription& d,
                                    const std::vector<double>& wanted) {
  const auto listed = section.named_sections("errors");
  if (section.has("error_file") == !listed.empty()) {
    throw section.complaint(
        "scale", "E2652",
        fmt::format("errors are given {} (one source is needed) give either error_file or errors",
                    listed.empty() ? "nowhere" : "twice"));
  }
  std::vector<double> errors(d.channels.size());
  if (!listed.empty()) {
    std::vector<bool> given(d.channels.size());
    for (const auto& [name, values] : listed) {
      const std::size_t c = channel_index(section, "errors", name, d);
      errors[c] = values.number("rmse");
      given[c] = true;
    }
    for (std::size_t c = 0; c < given.size(); ++c) {
      if (wanted[c] == 0.0 || given[c]) continue;
      throw section.complaint(
          "errors", "E2653",
          fmt::format(
              "channel {} is perturbed but has no error (every perturbed channel needs one) "
              "add it or leave it out of channels",
              d.channels[c]));
    }
    return errors;
  }
  ErrorTableRequest request;
  request.file = section.path("error_file");
  request.score = section.text("error_score");
  request.region = section.text("error_region");
  request.lead = section.duration("error_lead");
  std::vector<std::size_t> places;
  for (std::size_t c = 0; c < d.channels.size(); ++c) {
    if (wanted[c] == 0.0) continue;
    places.push_back(c);
    request.channels.push_back(d.channels[c]);
    request.units.push_back(d.units[c]);
  }
  const std::vector<double> found = read_error_table(request);
  for (std::size_t i = 0; i < places.size(); ++i) errors[places[i]] = found[i];
  return errors;
}

/// [channel], physical units, of the channels with wanted != 0.
std::vector<double> amplitudes(const Config& section, const ModelDescription& d,
                               const std::vector<double>& wanted) {
  const std::string scale = section.text("scale");
  std::vector<double> unit = scale == "change"        ? d.normalisation.tendency_stddev
                             : scale == "variability" ? d.normalisation.stddev
                                                      : forecast_errors(section, d, wanted);
  for (std::size_t c = 0; c < unit.size(); ++c) {
    unit[c] = wanted[c] == 0.0 ? 0.0 : unit[c] * section.number("amplitude");
  }
  return unit;
}

SphericalNoiseConfig noise_of(const Config& section) {
  SphericalNoiseConfig noise;
  noise.spectrum = noise_spectrum_from_string(section.text("spectrum"));
  if (noise.spectrum == NoiseSpectrum::gaussian)
    noise.length_scale_km = section.number("length_scale_km");
  if (noise.spectrum == NoiseSpectrum::power_law || noise.spectrum == NoiseSpectrum::matern) {
    noise.exponent = section.number("exponent");
  }
  if (noise.spectrum == NoiseSpectrum::matern)
    noise.inverse_length = section.number("inverse_length");
  noise.compatibility =
      section.text("compat") == "hens" ? NoiseCompatibility::hens : NoiseCompatibility::none;
  return noise;
}

BreedingTiming timing_of(const Config& section) {
  return section.text("compat") == "hens" ? BreedingTiming::hens : BreedingTiming::consistent;
}

BredVectorConfig breeding_of(const Config& section, const ModelDescription& d) {
  BredVectorConfig bred;
  bred.noise = noise_of(section);
  bred.cycles = section.integer("cycles");
  bred.timing = timing_of(section);
  const std::vector<double> perturbed = selection(section, "channels", d);
  const std::vector<double> seeded = selection(section, "seed_channels", d);
  std::vector<double> either(perturbed.size());
  for (std::size_t c = 0; c < either.size(); ++c) either[c] = std::max(perturbed[c], seeded[c]);
  bred.amplitude = amplitudes(section, d, either);
  bred.seed_amplitude = bred.amplitude;
  for (std::size_t c = 0; c < either.size(); ++c) {
    bred.amplitude[c] *= perturbed[c];
    bred.seed_amplitude[c] *= seeded[c];
  }
  return bred;
}

std::int64_t refresh_steps(const Config& section, Duration time_step) {
  const Duration refresh = section.duration("refresh");
  if (refresh.seconds % time_step.seconds != 0) {
    throw section.complaint("refresh", "E2656",
                            fmt::format("{} is no multiple of the model step {} change it",
                                        to_string(refresh), to_string(time_step)));
  }
  return refresh.seconds / time_step.seconds;
}

std::unique_ptr<InitialPerturbation> make_bred(const Config& section, Model& model,
                                               std::uint64_t seed, const Instant& start,
                                               const std::vector<EnsembleStart>& earlier) {
  const ModelDescription& d = model.description();
  BredVectorConfig bred = breeding_of(section, d);
  bred.seed = seed;
  std::vector<EnsembleStart> analyses;
  for (const Instant& time : breeding_times(start, d.time_step, bred.cycles, bred.timing)) {
    const auto found = std::find_if(earlier.begin(), earlier.end(),
                                    [&](const EnsembleStart& e) { return e.time == time; });
    MYRIAD_EXPECT(found != earlier.end());
    analyses.push_back(*found);
  }
  return make_bred_vectors(model, bred, start, analyses);
}

}  // namespace

void add_perturbation_keys(Schema& schema) {
  schema
      .flag("centred_pairs",
            "Neighbouring members of a checkpoint share a perturbation with opposite signs")
      .default_to(false);
  add_keys(schema.section_or_list(k_key,
                                  "How members differ at the start: one section, or a list applied "
                                  "in order; member 0 is the control"));
}

bool pairs_are_centred(const Config& config) {
  return config.flag("centred_pairs");
}

std::string describe_perturbations(const Config& config) {
  std::string text;
  for (const Config& section : sections_of(config))
    text += (text.empty() ? "" : " + ") + section.text("kind");
  return text;
}

std::vector<double> check_perturbations(const Config& config, const ModelDescription& d,
                                        std::int64_t filter_degrees) {
  std::vector<double> numbers;
  bool weights = false;
  for (const Config& section : sections_of(config)) {
    const std::string kind = section.text("kind");
    if (kind == "none") continue;
    if (kind == "spectral_weights") {
      if (weights) {
        throw section.complaint(
            "kind", "E2654",
            "a second spectral_weights (one noise per weight) raise the amplitude of the first");
      }
      weights = true;
      if (section.integer("degrees") > filter_degrees) {
        throw section.complaint(
            "degrees", "E2655",
            fmt::format("{} degrees (the filters of the model have {}) lower it",
                        section.integer("degrees"), filter_degrees));
      }
      refresh_steps(section, d.time_step);
      continue;
    }
    const std::vector<double> size =
        kind == "bred_vectors" ? breeding_of(section, d).amplitude
                               : amplitudes(section, d, selection(section, "channels", d));
    noise_amplitudes(noise_of(section), 2);
    numbers.insert(numbers.end(), size.begin(), size.end());
  }
  return numbers;
}

std::vector<Instant> perturbation_times(const Config& config, const Instant& start,
                                        Duration time_step) {
  std::vector<Instant> times;
  for (const Config& section : sections_of(config)) {
    if (section.text("kind") != "bred_vectors") continue;
    const auto more =
        breeding_times(start, time_step, section.integer("cycles"), timing_of(section));
    times.insert(times.end(), more.begin(), more.end());
  }
  std::sort(times.begin(), times.end());
  times.erase(std::unique(times.begin(), times.end()), times.end());
  return times;
}

PerturbationCost perturbation_cost(const Config& config, const ModelDescription& d, DType dtype,
                                   std::int64_t block, std::int64_t starts,
                                   double members_per_control) {
  PerturbationCost cost;
  const double draws_per_member = pairs_are_centred(config) ? 0.5 : 1.0;
  const auto state =
      static_cast<std::uint64_t>(d.channel_count() * d.grid.points() * kernels::size_of(dtype));
  const auto times = static_cast<std::uint64_t>(d.input_times);
  for (const Config& section : sections_of(config)) {
    const std::string kind = section.text("kind");
    if (kind == "spherical_gaussian" || kind == "ar1_noise") {
      cost.bytes += static_cast<std::uint64_t>(block) * state;  // a field per channel
    }
    if (kind != "bred_vectors") continue;
    const auto cycles = static_cast<std::uint64_t>(section.integer("cycles"));
    cost.steps_per_member +=
        static_cast<double>(cycles) * (draws_per_member + 1.0 / std::max(1.0, members_per_control));
    // Analyses and their steps of every start (once more in fp32 on the host), differences of one
    // block.
    cost.bytes += static_cast<std::uint64_t>(starts) * cycles * (times + 1) * state;
    cost.bytes += static_cast<std::uint64_t>(starts) * cycles * times * state;
    cost.bytes += static_cast<std::uint64_t>(block) * (2 * times + 2) * state;
  }
  return cost;
}

std::unique_ptr<InitialPerturbation> make_configured_perturbation(
    const Config& config, Model& model, std::uint64_t seed, const Instant& start,
    const std::vector<EnsembleStart>& earlier) {
  const ModelDescription& d = model.description();
  std::vector<std::unique_ptr<InitialPerturbation>> links;
  const std::vector<Config> sections = sections_of(config);
  for (std::size_t i = 0; i < sections.size(); ++i) {
    const Config& section = sections[i];
    const std::string kind = section.text("kind");
    const std::uint64_t own_seed = seed_of(seed, i);
    if (kind == "bred_vectors")
      links.push_back(make_bred(section, model, own_seed, start, earlier));
    if (kind == "spherical_gaussian") {
      links.push_back(make_gaussian_perturbation(
          model, {own_seed, noise_of(section),
                  amplitudes(section, d, selection(section, "channels", d))}));
    }
    if (kind == "ar1_noise") {
      links.push_back(make_ar1_perturbation(
          model, {own_seed, noise_of(section), section.duration("time_scale"),
                  amplitudes(section, d, selection(section, "channels", d))}));
    }
  }
  return make_perturbation_chain(model, std::move(links));
}

std::optional<WeightPerturbation> make_weight_perturbation(
    const Config& config, Duration time_step,
    std::function<std::uint64_t(std::size_t start)> seed_of_start) {
  const std::vector<Config> sections = sections_of(config);
  for (std::size_t i = 0; i < sections.size(); ++i) {
    if (sections[i].text("kind") != "spectral_weights") continue;
    WeightPerturbation weights;
    weights.stddev = sections[i].number("amplitude");
    weights.degrees = sections[i].integer("degrees");
    weights.refresh_steps = refresh_steps(sections[i], time_step);
    weights.seed_of = [i, seeds = std::move(seed_of_start)](std::size_t start) {
      return seed_of(seeds(start), i);
    };
    return weights;
  }
  return std::nullopt;
}

}  // namespace myriad::pipelines
