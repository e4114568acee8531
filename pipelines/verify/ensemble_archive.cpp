#include "pipelines/verify/ensemble_archive.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "src/base/config.hpp"
#include "src/base/error.hpp"
#include "src/io/netcdf_file.hpp"

namespace myriad::pipelines {
namespace {

/// The open file and what both sides know about it.
struct Archive {
  explicit Archive(const std::string& path) : file(io::NetcdfFile::open(path)) {}

  /// Unpacked field; missing values are NaN.
  void read(const std::string& name, const std::vector<std::int64_t>& index,
            std::span<float> out) const {
    const io::NcVariable& variable = file.require(name);
    std::vector<std::int64_t> start(index), count(index.size(), 1);
    start.insert(start.end(), {0, 0});
    count.insert(count.end(), {grid->nlat(), grid->nlon()});
    const auto values = file.read_values(variable, start, count);
    std::copy(values.begin(), values.end(), out.begin());
  }

  io::NetcdfFile file;
  std::unique_ptr<Grid> grid;
  std::vector<std::string> names;        ///< variable of each channel
  std::vector<std::int64_t> lead_index;  ///< position in the file of each chosen lead
  std::int64_t lead_zero = -1;           ///< position of lead 0
};

const std::vector<std::string> k_member_dimensions{"start", "realization", "lead", "lat", "lon"};

class ArchiveForecasts final : public ForecastSource {
 public:
  ArchiveForecasts(std::shared_ptr<Archive> archive, const ForecastSelection& selection)
      : archive_(std::move(archive)), control_(selection.control) {
    read_axes(selection);
    choose_channels(selection);
    const io::NcVariable& first = archive_->file.require(archive_->names[0]);
    archived_members_ = archive_->file.shape(first)[1];
    has_control_ =
        control_ != ControlPolicy::none &&
        std::all_of(archive_->names.begin(), archive_->names.end(), [&](const std::string& name) {
          return archive_->file.find(name + "_control") != nullptr;
        });
    members_ = archived_members_ + (has_control_ && control_ == ControlPolicy::include ? 1 : 0);
    description_ = "the archived ensemble";
    provenance_.emplace_back("Forecasts",
                             std::filesystem::path(archive_->file.path()).filename().string());
    for (const auto& [attribute, label] :
         {std::pair{"title", "Title"}, std::pair{"source", "Source"}}) {
      if (const auto text = archive_->file.text_attribute(nullptr, attribute))
        provenance_.emplace_back(label, *text);
    }
  }

  std::string place(std::size_t) const override { return archive_->file.path(); }
  void open(std::size_t start) override { start_ = static_cast<std::int64_t>(start); }
  void read_member(std::int64_t member, std::size_t channel, std::size_t lead,
                   std::span<float> out) override {
    if (member == archived_members_) return read_control(channel, lead, out);
    archive_->read(archive_->names[channel], {start_, member, archive_->lead_index[lead]}, out);
  }
  void read_control(std::size_t channel, std::size_t lead, std::span<float> out) override {
    archive_->read(archive_->names[channel] + "_control", {start_, archive_->lead_index[lead]},
                   out);
  }

 private:
  void read_axes(const ForecastSelection& selection) {
    io::NetcdfFile& file = archive_->file;
    for (const char* name : {"lat", "lon", "start", "lead"}) {
      MYRIAD_VALIDATE(
          file.find(name) != nullptr, ErrorKind::input_corrupt, "E2665",
          "{} is no ensemble archive (no coordinate '{}') give forecast directories instead",
          file.path(), name);
    }
    const auto longitudes = file.read_values(file.require("lon"));
    grid_ = std::make_unique<Grid>(detect_grid(file.read_values(file.require("lat")),
                                               static_cast<std::int64_t>(longitudes.size())));
    archive_->grid = std::make_unique<Grid>(*grid_);
    const io::NcVariable& start = file.require("start");
    const CfTimeUnits units(
        file.text_attribute(&start, "units").value_or(""),
        calendar_from_string(file.text_attribute(&start, "calendar").value_or("standard")));
    for (double value : file.read_values(start)) starts_.push_back(units.decode(value));
    const auto hours = file.read_values(file.require("lead"));
    for (std::size_t i = 0; i < hours.size(); ++i) {
      const Duration lead{std::llround(hours[i] * 3600.0)};
      if (lead.seconds == 0) archive_->lead_zero = static_cast<std::int64_t>(i);
      if (!selection.leads.empty() &&
          std::find(selection.leads.begin(), selection.leads.end(), lead) == selection.leads.end())
        continue;
      leads_.push_back(lead);
      archive_->lead_index.push_back(static_cast<std::int64_t>(i));
    }
    MYRIAD_VALIDATE(
        !leads_.empty() && (selection.leads.empty() || leads_.size() == selection.leads.size()),
        ErrorKind::input_missing, "E2665",
        "{} lacks some of the leads asked for (it has {} leads up to {} h) change leads",
        file.path(), hours.size(), hours.empty() ? 0.0 : hours.back());
  }

  void choose_channels(const ForecastSelection& selection) {
    io::NetcdfFile& file = archive_->file;
    std::vector<std::string> known;
    for (const io::NcVariable& variable : file.variables()) {
      if (file.dimension_names(variable) == k_member_dimensions &&
          file.find(variable.name + "_truth") != nullptr) {
        known.push_back(variable.name);
      }
    }
    archive_->names = selection.channels.empty() ? known : selection.channels;
    for (const std::string& name : archive_->names) {
      MYRIAD_VALIDATE(std::find(known.begin(), known.end(), name) != known.end(),
                      ErrorKind::input_missing, "E2666",
                      "{} has no channel '{}' with dimensions (start, realization, lead, lat, lon) "
                      "and its truth (nearest: '{}') change "
                      "channels",
                      file.path(), name, nearest_name(name, known));
      const io::NcVariable& variable = file.require(name);
      io::Channel channel =
          io::find_channel(name, file.text_attribute(&variable, "units").value_or(""))
              .value_or(io::Channel{});
      channel.name = name;
      channel.units = file.text_attribute(&variable, "units").value_or("1");
      if (channel.long_name.empty())
        channel.long_name = file.text_attribute(&variable, "long_name").value_or(name);
      if (const auto text = file.text_attribute(&variable, "standard_name"))
        channel.standard_name = *text;
      channels_.push_back(channel);
    }
    MYRIAD_VALIDATE(!channels_.empty(), ErrorKind::input_missing, "E2666",
                    "{} has no channel with members and truth (not an archive) "
                    "check the file",
                    file.path());
  }

  std::shared_ptr<Archive> archive_;
  ControlPolicy control_;
  std::int64_t archived_members_ = 0;
  std::int64_t start_ = 0;
};

class ArchiveTruth final : public TruthSource {
 public:
  explicit ArchiveTruth(std::shared_ptr<Archive> archive) : archive_(std::move(archive)) {
    description_ = "the truth of the same archive";
  }
  bool read_truth(std::size_t start, std::size_t channel, std::size_t lead,
                  std::span<float> out) override {
    archive_->read(archive_->names[channel] + "_truth",
                   {static_cast<std::int64_t>(start), archive_->lead_index[lead]}, out);
    return !std::all_of(out.begin(), out.end(), [](float v) { return std::isnan(v); });
  }
  bool read_analysis(std::size_t start, std::size_t channel, std::span<float> out) override {
    const std::string name = archive_->names[channel] + "_control";
    if (archive_->lead_zero < 0 || archive_->file.find(name) == nullptr) return false;
    archive_->read(name, {static_cast<std::int64_t>(start), archive_->lead_zero}, out);
    return !std::all_of(out.begin(), out.end(), [](float v) { return std::isnan(v); });
  }

 private:
  std::shared_ptr<Archive> archive_;
};

}  // namespace

EnsembleArchive open_ensemble_archive(const std::string& file, const ForecastSelection& selection) {
  auto archive = std::make_shared<Archive>(file);
  EnsembleArchive both;
  both.forecasts = std::make_unique<ArchiveForecasts>(archive, selection);
  both.truth = std::make_unique<ArchiveTruth>(archive);
  return both;
}

}  // namespace myriad::pipelines
