#include <algorithm>
#include <set>

#include "src/base/error.hpp"
#include "src/io/grib_match.hpp"
#include "src/io/grib_series.hpp"

namespace myriad::io {
namespace {

using detail::GribMessage;

class GribEnsemble final : public EnsembleSeries {
 public:
  explicit GribEnsemble(const EnsembleOptions& options);

 private:
  struct Source {
    GribMessage message;
    UnitConversion conversion;
  };

  void read_field(std::size_t block, const Block::Time& /*time*/, std::int64_t /*member_position*/,
                  std::span<float> out) override {
    const Source& source = sources_[block];
    grids_.read(files_[blocks_[block].file], source.message, source.conversion, out);
  }

  std::vector<Source> sources_;  ///< [block]
  detail::GribGrids grids_;
};

void check_options(const EnsembleOptions& options) {
  MYRIAD_VALIDATE(options.dim_names == DimNames::automatic || options.dim_names == DimNames::cfgrib,
                  ErrorKind::config_invalid, "E2055",
                  "dim_names is {} for the GRIB file '{}' (its messages state start, step and "
                  "number themselves); set "
                  "it to auto",
                  to_string(options.dim_names), options.files.front());
  MYRIAD_VALIDATE(
      !options.lead_if_absent, ErrorKind::config_invalid, "E2055",
      "lead_if_absent is given for the GRIB file '{}' (a message always has its step); remove it",
      options.files.front());
}

GribEnsemble::GribEnsemble(const EnsembleOptions& options) {
  check_options(options);
  files_ = options.files;
  range_check_ = options.range_check;
  may_be_missing_ = options.may_be_missing;
  std::vector<std::vector<GribMessage>> files;
  for (const std::string& file : files_) files.push_back(detail::scan_grib(file));
  for (const ChannelRequest& request : options.channels) {
    MYRIAD_VALIDATE(find_channel(request.name).has_value(), ErrorKind::config_invalid, "E2055",
                    "channel '{}' of the GRIB file '{}' is not in the channel table (only NetCDF "
                    "variables may have names of "
                    "their own); choose a known one",
                    request.name, options.files.front());
  }
  std::vector<ChannelRequest> requests = options.channels;
  std::set<std::string> names;
  for (std::size_t f = 0; options.channels.empty() && f < files.size(); ++f) {
    for (const GribMessage& message : files[f]) {
      const std::string name = detail::channel_name(message);
      if (!name.empty() && names.insert(name).second) requests.push_back({name, ""});
    }
  }
  MYRIAD_VALIDATE(
      !requests.empty(), ErrorKind::input_missing, "E2037",
      "'{}' holds no field that the channel table knows (see grib_ls); give channels and variables",
      files_.front());
  std::vector<Block> blocks;
  std::set<std::string> notes;
  channels_.resize(requests.size());
  for (std::size_t f = 0; f < files.size(); ++f) {
    for (const GribMessage& message : files[f]) {
      for (std::size_t c = 0; c < requests.size(); ++c) {
        const Channel asked = make_channel(requests[c].name, requests[c].units);
        const auto named = options.variable_names.find(asked.name);
        const bool right = named == options.variable_names.end()
                               ? detail::is_quantity(message, asked)
                               : message.short_name == named->second;
        if (!right || !detail::is_level(message, asked) || message.sum_hours != asked.sum_hours)
          continue;
        const bool first = channels_[c].name.empty();
        const detail::GribMatch match =
            detail::settle_units(message, requests[c], first ? nullptr : &channels_[c], files_[f]);
        if (first) channels_[c] = match.channel;
        const Grid& grid = grids_.adopt(message, files_[f], options.expected_grid);
        if (!grid_) grid_ = std::make_unique<Grid>(grid);
        if (!match.conversion.rule.empty())
          notes.insert(fmt::format("{}: {}", match.channel.name, match.conversion.rule));
        const Duration lead = message.valid - message.reference;
        MYRIAD_VALIDATE(lead.seconds >= 0, ErrorKind::input_corrupt, "E2054",
                        "the GRIB message at byte {} of '{}' cannot be used (valid {} before its "
                        "start {}); fetch the "
                        "file again",
                        message.offset, files_[f], message.valid.iso(), message.reference.iso());
        blocks.push_back({c,
                          f,
                          {{message.reference.seconds_since_1970(), lead.seconds, 0, 0}},
                          {{message.number.value_or(0), 0}}});
        sources_.push_back({message, match.conversion});
      }
    }
  }
  for (std::size_t c = 0; c < requests.size(); ++c) {
    MYRIAD_VALIDATE(
        !channels_[c].name.empty(), ErrorKind::input_missing, "E2037",
        "channel '{}' is not in '{}'{} (no message of its parameter, level and accumulation; see "
        "grib_ls); fetch it, or give its short name under variables",
        requests[c].name, files_.front(), files_.size() > 1 ? " nor in the other files" : "");
  }
  notes_.assign(notes.begin(), notes.end());
  adopt_blocks(std::move(blocks), Calendar::standard);
}

}  // namespace

std::unique_ptr<EnsembleSeries> open_grib_ensemble(const EnsembleOptions& options) {
  return std::make_unique<GribEnsemble>(options);
}

}  // namespace myriad::io
