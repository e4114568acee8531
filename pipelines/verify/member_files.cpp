#include "pipelines/verify/member_files.hpp"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "pipelines/common/analysis_fields.hpp"
#include "src/base/error.hpp"
#include "src/io/netcdf_file.hpp"

namespace myriad::pipelines {
namespace {

namespace fs = std::filesystem;

/// Appends the NetCDF files of one folder.
void add_files(const fs::path& folder, std::vector<fs::path>& files) {
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (name == "scores.nc") continue;  // our own result of an earlier run in the same directory
    if (entry.is_regular_file() && entry.path().extension() == ".nc" && name[0] != '.')
      files.push_back(entry.path());
  }
}

/// Member files of one forecast directory, in member order; empty when it is none.
std::vector<fs::path> member_files(const fs::path& directory) {
  std::vector<fs::path> files;
  if (!fs::is_directory(directory)) return files;
  if (fs::is_directory(directory / "members")) {
    add_files(directory / "members", files);
  } else {
    add_files(directory, files);
    // An ensemble computed by several jobs: each has its own run directory.
    for (const auto& entry : fs::directory_iterator(directory)) {
      const bool part = entry.path().filename().string().starts_with("part-");
      if (part && fs::is_directory(entry.path() / "members"))
        add_files(entry.path() / "members", files);
    }
  }
  std::sort(files.begin(), files.end(), [](const fs::path& a, const fs::path& b) {
    return std::pair(a.filename(), a) < std::pair(b.filename(), b);
  });
  return files;
}

std::vector<std::vector<fs::path>> find_forecasts(const std::vector<fs::path>& directories) {
  std::vector<std::vector<fs::path>> forecasts;
  for (const fs::path& directory : directories) {
    MYRIAD_VALIDATE(fs::is_directory(directory), ErrorKind::input_missing, "E2660",
                    "no forecast in {} (no such directory) run `myriad forecast` first",
                    directory.string());
    auto files = member_files(directory);
    if (!files.empty()) {
      forecasts.push_back(std::move(files));
      continue;
    }
    std::vector<fs::path> below;
    for (const auto& entry : fs::directory_iterator(directory)) {
      if (entry.is_directory()) below.push_back(entry.path());
    }
    std::sort(below.begin(), below.end());
    const std::size_t before = forecasts.size();
    for (const fs::path& path : below) {
      auto nested = member_files(path);
      if (!nested.empty()) forecasts.push_back(std::move(nested));
    }
    MYRIAD_VALIDATE(forecasts.size() > before, ErrorKind::input_missing, "E2660",
                    "no forecast in {} (no member files *.nc in it, in members/ or one directory "
                    "below) check the path",
                    directory.string());
  }
  return forecasts;
}

std::unique_ptr<io::FieldSeries> open_member(const fs::path& file,
                                             const std::vector<io::ChannelRequest>& channels) {
  io::SeriesOptions options;
  options.files = {file.string()};
  options.channels = channels;
  options.time_check = io::TimeCheck::increasing;
  return io::open_field_series(options);
}

class MemberFiles final : public ForecastSource {
 public:
  MemberFiles(const std::vector<fs::path>& directories, const ForecastSelection& selection)
      : control_(selection.control) {
    for (auto& files : find_forecasts(directories)) {
      const auto series = open_member(files.front(), {});
      const auto start = series->forecast_reference_time();
      MYRIAD_VALIDATE(
          start.has_value(), ErrorKind::input_corrupt, "E2661",
          "{} has no start (no forecast_reference_time) it is not a forecast of this program",
          files.front().string());
      forecasts_.push_back({*start, std::move(files)});
    }
    std::sort(forecasts_.begin(), forecasts_.end(),
              [](const auto& a, const auto& b) { return a.start < b.start; });
    for (std::size_t s = 0; s < forecasts_.size(); ++s) {
      MYRIAD_VALIDATE(s == 0 || forecasts_[s - 1].start != forecasts_[s].start,
                      ErrorKind::input_corrupt, "E2661",
                      "two forecasts start at {} ({} and {}) remove one", forecasts_[s].start.iso(),
                      place(s - 1), place(s));
      starts_.push_back(forecasts_[s].start);
    }
    describe(selection);
    for (const Forecast& f : forecasts_) {
      MYRIAD_VALIDATE(f.files.size() == forecasts_[0].files.size(), ErrorKind::input_corrupt,
                      "E2662",
                      "{} has {} member files, {} has {} (scores need the same members at every "
                      "start) complete or drop one",
                      f.files.front().parent_path().string(), f.files.size(), place(0),
                      forecasts_[0].files.size());
    }
  }

  std::string place(std::size_t start) const override {
    return forecasts_[start].files.front().parent_path().string();
  }

  void open(std::size_t start) override {
    series_.clear();
    control_series_.reset();
    for (const fs::path& file : forecasts_[start].files) {
      auto series = open_member(file, requests_);
      check_member(*series, start, file);
      const bool is_control = has_control_ && series->realization().value_or(-1) == 0;
      if (is_control && control_ == ControlPolicy::exclude) {
        control_series_ = std::move(series);
        continue;
      }
      if (is_control) control_index_ = series_.size();
      series_.push_back(std::move(series));
    }
    MYRIAD_VALIDATE(static_cast<std::int64_t>(series_.size()) == members_ &&
                        (!has_control_ || control() != nullptr),
                    ErrorKind::input_corrupt, "E2662",
                    "{} lacks a member (the others have {} and {}) complete or drop it",
                    place(start), members_, has_control_ ? "a control" : "no control");
    start_ = start;
    read_checkpoints();
  }

  void read_member(std::int64_t member, std::size_t channel, std::size_t lead,
                   std::span<float> out) override {
    read(*series_[static_cast<std::size_t>(member)], channel, lead, out);
  }
  void read_control(std::size_t channel, std::size_t lead, std::span<float> out) override {
    read(*control(), channel, lead, out);
  }

 private:
  struct Forecast {
    Instant start;
    std::vector<fs::path> files;
  };

  io::FieldSeries* control() {
    if (control_ == ControlPolicy::exclude) return control_series_.get();
    return control_index_ < series_.size() ? series_[control_index_].get() : nullptr;
  }

  void read(io::FieldSeries& series, std::size_t channel, std::size_t lead, std::span<float> out) {
    const std::int64_t index = static_cast<std::int64_t>(channel);
    series.read(series.require(starts_[start_] + leads_[lead]), {&index, 1}, out);
  }

  /// What made the scored members of start start_; nothing when a file does not say.
  void read_checkpoints() {
    checkpoints_.clear();
    const auto& files = forecasts_[start_].files;
    for (std::size_t i = has_control_ && control_ == ControlPolicy::exclude ? 1 : 0; i < files.size(); ++i) {
      const auto weights = io::NetcdfFile::open(files[i].string()).text_attribute(nullptr, "MYRIAD_weights_sha256");
      if (!weights) {
        checkpoints_.clear();
        return;
      }
      checkpoints_.push_back(*weights);
    }
  }

  /// Channels, leads, members and words from the files of the first start.
  void describe(const ForecastSelection& selection) {
    std::vector<io::ChannelRequest> wanted;
    for (const std::string& name : selection.channels) wanted.push_back({name, {}});
    const auto first = open_member(forecasts_[0].files.front(), wanted);
    grid_ = std::make_unique<Grid>(first->grid());
    channels_ = first->channels();
    requests_ = io::requests_for(channels_);
    for (const Instant& time : first->times()) {
      const Duration lead = time - starts_[0];
      const bool chosen =
          selection.leads.empty() ||
          std::find(selection.leads.begin(), selection.leads.end(), lead) != selection.leads.end();
      if (chosen) leads_.push_back(lead);
    }
    for (Duration lead : selection.leads) {
      MYRIAD_VALIDATE(std::find(leads_.begin(), leads_.end(), lead) != leads_.end(),
                      ErrorKind::input_missing, "E2662",
                      "{} has no lead {} (it goes from {} to {}) change leads", place(0),
                      to_string(lead), to_string(first->times().front() - starts_[0]),
                      to_string(first->times().back() - starts_[0]));
    }
    // A single file is a single forecast, whatever its number.
    const bool several = forecasts_[0].files.size() > 1;
    has_control_ =
        several && control_ != ControlPolicy::none && first->realization().value_or(-1) == 0;
    members_ = static_cast<std::int64_t>(forecasts_[0].files.size()) -
               (has_control_ && control_ == ControlPolicy::exclude ? 1 : 0);
    std::set<std::string> sources, configurations, weights, ids;
    for (const Forecast& forecast : forecasts_) {
      for (const fs::path& path : forecast.files) {
        if (&forecast != &forecasts_.front() && &path != &forecast.files.front())
          continue;  // one file of the other starts
        const auto file = io::NetcdfFile::open(path.string());
        const auto keep = [&](const char* attribute, std::set<std::string>& into) {
          if (const auto text = file.text_attribute(nullptr, attribute)) into.insert(*text);
        };
        keep("source", sources);
        keep("MYRIAD_config_sha256", configurations);
        keep("MYRIAD_weights_sha256", weights);
        keep("MYRIAD_forecast_id", ids);
      }
    }
    read_checkpoints();
    const auto joined = [](const std::set<std::string>& texts) {
      std::string out;
      for (const std::string& text : texts) out += (out.empty() ? "" : "; ") + text;
      return out;
    };
    if (sources.size() == 1) description_ = *sources.begin();
    if (sources.size() > 1) description_ = fmt::format("{} models", sources.size());
    provenance_.emplace_back("Forecasts made by", joined(sources));
    provenance_.emplace_back("Forecast ids", joined(ids));
    provenance_.emplace_back("Forecast configurations, SHA-256", joined(configurations));
    provenance_.emplace_back("Weights, SHA-256", joined(weights));
    std::erase_if(provenance_, [](const auto& entry) { return entry.second.empty(); });
  }

  void check_member(const io::FieldSeries& series, std::size_t start, const fs::path& file) const {
    MYRIAD_VALIDATE(series.grid() == *grid_, ErrorKind::input_corrupt, "E2664",
                    "{} is on the {} grid, {} on the {} grid (one grid only) "
                    "verify them separately",
                    file.string(), series.grid().describe(), place(0), grid_->describe());
    const auto own = series.forecast_reference_time();
    MYRIAD_VALIDATE(
        own.has_value() && *own == starts_[start], ErrorKind::input_corrupt, "E2661",
        "{} does not start at {} like the other members of {} (mixed forecasts) sort the files",
        file.string(), starts_[start].iso(), place(start));
    for (Duration lead : leads_) {
      MYRIAD_VALIDATE(series.find(starts_[start] + lead).has_value(), ErrorKind::input_corrupt,
                      "E2662",
                      "{} has no lead {} (other members have it) complete it or choose leads",
                      file.string(), to_string(lead));
    }
  }

  ControlPolicy control_;
  std::vector<Forecast> forecasts_;
  std::vector<io::ChannelRequest> requests_;
  std::size_t start_ = 0;
  std::vector<std::unique_ptr<io::FieldSeries>> series_;
  std::unique_ptr<io::FieldSeries> control_series_;
  std::size_t control_index_ = static_cast<std::size_t>(-1);
};

class AnalysisTruth final : public TruthSource {
 public:
  AnalysisTruth(const std::vector<std::string>& files, const ForecastSource& forecasts)
      : forecasts_(forecasts), fields_(files, forecasts.channels(), forecasts.grid(), "verify") {
    description_ = fields_.description();
    provenance_ = fields_.provenance();
  }

  bool read_truth(std::size_t start, std::size_t channel, std::size_t lead,
                  std::span<float> out) override {
    return fields_.read(forecasts_.starts()[start] + forecasts_.leads()[lead], channel, out);
  }
  bool read_analysis(std::size_t start, std::size_t channel, std::span<float> out) override {
    return fields_.read(forecasts_.starts()[start], channel, out);
  }

 private:
  const ForecastSource& forecasts_;
  AnalysisFields fields_;
};

}  // namespace

std::unique_ptr<ForecastSource> open_member_files(
    const std::vector<std::filesystem::path>& directories, const ForecastSelection& selection) {
  return std::make_unique<MemberFiles>(directories, selection);
}

std::unique_ptr<TruthSource> open_analysis(const std::vector<std::string>& files,
                                           const ForecastSource& forecasts) {
  return std::make_unique<AnalysisTruth>(files, forecasts);
}

}  // namespace myriad::pipelines
