#include "pipelines/verify/ensemble_files.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <utility>

#include "src/base/error.hpp"
#include "src/base/log.hpp"
#include "src/io/netcdf_file.hpp"

namespace myriad::pipelines {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> texts_of(const std::vector<fs::path>& paths) {
  std::vector<std::string> out;
  for (const fs::path& path : paths) out.push_back(path.string());
  return out;
}

bool is_zarr(const fs::path& path) {
  for (const char* mark : {".zarray", ".zgroup", ".zmetadata", "zarr.json"}) {
    if (fs::exists(path / mark)) return true;
  }
  return false;
}

/// `[t2m=fcst, msl=pressure]` of the key \p key.
std::map<std::string, std::string> variable_names(const Config& config) {
  std::map<std::string, std::string> names;
  if (!config.has("variables")) return names;
  for (const std::string& text : config.texts("variables")) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0 || equals + 1 == text.size() ||
        !names.emplace(text.substr(0, equals), text.substr(equals + 1)).second) {
      throw config.complaint(
          "variables", "E2722",
          fmt::format("'{}' is no pair channel=variable (or its channel is there twice) write for "
                      "example t2m=fcst",
                      text));
    }
  }
  return names;
}

std::string joined_names(const std::vector<std::string>& files) {
  std::string out;
  for (const std::string& file : files)
    out += (out.empty() ? "" : ", ") + fs::path(file).filename().string();
  return out;
}

/// Title of a NetCDF file.
std::optional<std::string> title_of(const std::string& file) {
  if (io::is_grib_file(file)) return std::nullopt;
  return io::NetcdfFile::open(file).text_attribute(nullptr, "title");
}

class EnsembleFiles final : public ForecastSource {
 public:
  EnsembleFiles(const io::EnsembleOptions& options, const ForecastSelection& selection)
      : series_(io::open_ensemble_series(options)), control_(selection.control) {
    for (const std::string& note : series_->notes()) log_info("verify", "{}", note);
    grid_ = std::make_unique<Grid>(series_->grid());
    channels_ = series_->channels();
    starts_ = series_->starts();
    choose_leads(selection.leads);
    const std::vector<std::int64_t>& numbers = series_->members();
    has_control_ = control_ != ControlPolicy::none && numbers.size() > 1 && numbers.front() == 0;
    first_ = has_control_ && control_ == ControlPolicy::exclude ? 1 : 0;
    members_ = static_cast<std::int64_t>(numbers.size() - first_);
    if (!grid_->is_global()) {
      log_info(
          "verify",
          "the {} grid is no global one with a known quadrature: one region, no spectra, no maps",
          grid_->describe());
    }
    if (has_control_) log_info("verify", "member 0 of {} is taken as the control", place(0));
    check_complete();
    const auto title = title_of(series_->files().front());
    description_ = title.value_or(fs::path(series_->files().front()).filename().string());
    provenance_.emplace_back("Forecasts", joined_names(series_->files()));
    if (title) provenance_.emplace_back("Title", *title);
  }

  std::string place(std::size_t /*start*/) const override {
    const auto& files = series_->files();
    return files.size() == 1 ? files.front() : files.front() + " and others";
  }
  void open(std::size_t start) override { start_ = start; }
  void read_member(std::int64_t member, std::size_t channel, std::size_t lead,
                   std::span<float> out) override {
    series_->read(start_, lead_index_[lead], first_ + static_cast<std::size_t>(member), channel,
                  out);
  }
  void read_control(std::size_t channel, std::size_t lead, std::span<float> out) override {
    series_->read(start_, lead_index_[lead], 0, channel, out);
  }

 private:
  void choose_leads(const std::vector<Duration>& wanted) {
    const std::vector<Duration>& all = series_->leads();
    for (std::size_t t = 0; t < all.size(); ++t) {
      if (!wanted.empty() && std::find(wanted.begin(), wanted.end(), all[t]) == wanted.end())
        continue;
      leads_.push_back(all[t]);
      lead_index_.push_back(t);
    }
    for (const Duration lead : wanted) {
      MYRIAD_VALIDATE(std::find(all.begin(), all.end(), lead) != all.end(),
                      ErrorKind::input_missing, "E2662",
                      "{} has no lead {} (it has {} from {} to {}) change leads", place(0),
                      to_string(lead), all.size(), to_string(all.front()), to_string(all.back()));
    }
  }

  void check_complete() const {
    for (std::size_t c = 0; c < channels_.size(); ++c) {
      for (std::size_t s = 0; s < starts_.size(); ++s) {
        for (std::size_t t = 0; t < leads_.size(); ++t) {
          for (std::size_t m = 0; m < series_->members().size(); ++m) {
            MYRIAD_VALIDATE(series_->has(s, lead_index_[t], m, c), ErrorKind::input_corrupt,
                            "E2662",
                            "{} has no {} of member {} from {} at lead {} (scores need the same "
                            "members, leads and "
                            "channels at every start) complete it, drop the start, or choose leads "
                            "and channels",
                            place(0), channels_[c].name, series_->members()[m], starts_[s].iso(),
                            to_string(leads_[t]));
          }
        }
      }
    }
  }

  std::unique_ptr<io::EnsembleSeries> series_;
  ControlPolicy control_;
  std::vector<std::size_t> lead_index_;  ///< position in the series of each lead
  std::size_t first_ = 0;                ///< position of the first scored member
  std::size_t start_ = 0;
};

class TruthFile final : public TruthSource {
 public:
  TruthFile(const io::EnsembleOptions& options, const ForecastSource& forecasts)
      : forecasts_(forecasts), series_(io::open_ensemble_series(options)) {
    MYRIAD_VALIDATE(
        series_->members().size() == 1, ErrorKind::input_corrupt, "E2723",
        "the truth in {} has {} members (one is needed) name the variable of the truth under "
        "truth.variables",
        series_->files().front(), series_->members().size());
    for (const std::string& note : series_->notes()) log_info("verify", "truth: {}", note);
    for (std::size_t s = 0; s < series_->starts().size(); ++s) {
      for (std::size_t t = 0; t < series_->leads().size(); ++t)
        by_valid_.emplace((series_->starts()[s] + series_->leads()[t]).seconds_since_1970(),
                          std::pair(s, t));
    }
    description_ = title_of(series_->files().front()).value_or(joined_names(series_->files()));
    provenance_ = {{"Verified against", joined_names(series_->files())}};
  }

  bool read_truth(std::size_t start, std::size_t channel, std::size_t lead,
                  std::span<float> out) override {
    return read(forecasts_.starts()[start] + forecasts_.leads()[lead], channel, out);
  }
  bool read_analysis(std::size_t start, std::size_t channel, std::span<float> out) override {
    return read(forecasts_.starts()[start], channel, out);
  }

 private:
  /// Several starts may verify at one time: equal fields, as far as the file is consistent.
  bool read(const Instant& valid, std::size_t channel, std::span<float> out) {
    const auto [first, last] = by_valid_.equal_range(valid.seconds_since_1970());
    for (auto entry = first; entry != last; ++entry) {
      const auto [s, t] = entry->second;
      if (!series_->has(s, t, 0, channel)) continue;
      series_->read(s, t, 0, channel, out);
      return !std::all_of(out.begin(), out.end(), [](float v) { return std::isnan(v); });
    }
    return false;
  }

  const ForecastSource& forecasts_;
  std::unique_ptr<io::EnsembleSeries> series_;
  std::multimap<std::int64_t, std::pair<std::size_t, std::size_t>>
      by_valid_;  ///< seconds since 1970
};

}  // namespace

bool forecasts_are_files(const Config& config) {
  std::size_t directories = 0;
  const std::vector<fs::path> paths = config.paths("forecasts");
  for (const fs::path& path : paths) {
    if (!fs::is_directory(path)) continue;
    ++directories;
    if (is_zarr(path)) {
      throw config.complaint(
          "forecasts", "E2720",
          fmt::format("'{}' is a Zarr store (NetCDF and GRIB files are read) convert it, e.g. with "
                      "xarray.open_zarr(...).to_netcdf(...)",
                      path.string()));
    }
  }
  // A path that does not exist is a directory unless it looks like a file.
  const bool files = std::any_of(paths.begin(), paths.end(), [](const fs::path& path) {
    return !fs::is_directory(path) && (fs::exists(path) || path.has_extension() ||
                                       path.string().find_first_of("*?[") != std::string::npos);
  });
  if (files && directories > 0) {
    throw config.complaint(
        "forecasts", "E2721",
        "there are directories and files (either forecast directories or files of an ensemble are "
        "read) verify them separately");
  }
  if (files) return true;
  const bool own = config.text("dim_names") != "auto" || config.has("variables") ||
                   config.has("lead_if_absent") || config.has("truth");
  if (own) {
    throw config.complaint(
        "forecasts", "E2721",
        "forecast directories are given together with dim_names, variables, lead_if_absent or "
        "truth "
        "(those belong to files of an ensemble) remove them, or name the files, e.g. dir/*.nc");
  }
  return false;
}

std::unique_ptr<ForecastSource> open_ensemble_files(const Config& config,
                                                    const ForecastSelection& selection) {
  io::EnsembleOptions options;
  options.files = texts_of(config.paths("forecasts"));
  for (const std::string& name : selection.channels) options.channels.push_back({name, {}});
  options.dim_names = io::dim_names_from_string(config.text("dim_names"));
  options.variable_names = variable_names(config);
  if (config.has("lead_if_absent")) options.lead_if_absent = config.duration("lead_if_absent");
  return std::make_unique<EnsembleFiles>(options, selection);
}

std::unique_ptr<TruthSource> open_truth_file(const Config& config,
                                             const ForecastSource& forecasts) {
  const Config section = config.section("truth");
  io::EnsembleOptions options;
  options.files =
      section.has("files") ? texts_of(section.paths("files")) : texts_of(config.paths("forecasts"));
  options.channels = io::requests_for(forecasts.channels());
  options.variable_names = variable_names(section);
  options.dim_names = io::dim_names_from_string(section.text("dim_names"));
  // Only the valid time counts, and a start without a lead is one.
  if (!io::is_grib_file(io::expand_files(options.files).front()))
    options.lead_if_absent = Duration{};
  options.expected_grid = forecasts.grid();
  options.may_be_missing = true;
  return std::make_unique<TruthFile>(options, forecasts);
}

}  // namespace myriad::pipelines
