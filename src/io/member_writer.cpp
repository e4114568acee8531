#include "src/io/member_writer.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include "src/base/error.hpp"
#include "src/io/bitround.hpp"
#include "src/io/stored_filters.hpp"

namespace myriad::io {

namespace {

constexpr const char* k_scalar_coordinates = "forecast_reference_time forecast_period realization";

void check_leads(const MemberMetadata& metadata) {
  MYRIAD_VALIDATE(
      !metadata.leads.empty() && metadata.leads.front().seconds >= 0, ErrorKind::config_invalid,
      "E2062", "member {} has {} (at least one lead time >= 0 is needed); correct the lead times",
      metadata.member, metadata.leads.empty() ? "no lead times" : "a negative lead time");
  for (std::size_t t = 0; t < metadata.leads.size(); ++t) {
    MYRIAD_VALIDATE(
        metadata.leads[t].seconds % 3600 == 0 &&
            (t == 0 || metadata.leads[t - 1] < metadata.leads[t]),
        ErrorKind::config_invalid, "E2062",
        "lead time {} is {} (lead times are whole hours and increase); correct the lead times", t,
        to_string(metadata.leads[t]));
  }
}

std::optional<Duration> constant_step(const std::vector<Duration>& leads) {
  if (leads.size() < 2) return std::nullopt;
  for (std::size_t t = 2; t < leads.size(); ++t) {
    if (leads[t] - leads[t - 1] != leads[1] - leads[0]) return std::nullopt;
  }
  return leads[1] - leads[0];
}

std::string height_name(double metres) {
  return fmt::format("height_{:g}m", metres);
}
std::string pressure_name(double pascal) {
  return fmt::format("plev_{:g}hPa", pascal / 100.0);
}

NcAttributes pressure_axis_attributes() {
  return {{"standard_name", "air_pressure"},
          {"long_name", "pressure"},
          {"units", "Pa"},
          {"positive", "down"},
          {"axis", "Z"}};
}

}  // namespace

MemberWriter::~MemberWriter() = default;

MemberWriter::MemberWriter(const std::filesystem::path& path, const MapWindow& map,
                           const std::vector<Channel>& channels, const MemberMetadata& metadata,
                           const MemberWriterOptions& options)
    : map_(map),
      channels_(channels),
      metadata_(metadata),
      options_(options),
      target_(path, options.existing),
      file_(NetcdfFile::create(target_.temporary().string())) {
  MYRIAD_EXPECT(!channels.empty() && options.deflate_level >= 0 && options.deflate_level <= 9);
  check_leads(metadata_);
  std::set<std::string> names;
  for (const Channel& channel : channels_) {
    MYRIAD_VALIDATE(names.insert(channel.name).second, ErrorKind::config_invalid, "E2023",
                    "channel '{}' is listed twice (each may be written once); remove one",
                    channel.name);
    if (channel.sum_hours == 0) continue;
    MYRIAD_VALIDATE(sum_hours_ == 0 || sum_hours_ == channel.sum_hours, ErrorKind::config_invalid,
                    "E2064",
                    "channel '{}' sums over {} h and another over {} h (one file has one "
                    "time_bnds); write them to "
                    "different files",
                    channel.name, channel.sum_hours, sum_hours_);
    sum_hours_ = channel.sum_hours;
  }
  const auto known = [&](const std::string& name) {
    MYRIAD_VALIDATE(names.count(name) == 1, ErrorKind::config_invalid, "E2064",
                    "a rounding is given for channel '{}' (it is not written); remove it", name);
  };
  for (const auto& [name, tolerance] : options_.tolerances) known(name);
  for (const auto& [name, bits] : options_.significant_bits) {
    known(name);
    MYRIAD_VALIDATE(bits >= 1 && bits <= 23, ErrorKind::config_invalid, "E2064",
                    "channel '{}' is to keep {} bits (1 to 23 are possible)", name, bits);
  }
  NcAttributes attributes{{"Conventions", "CF-1.12 ACDD-1.3"}};
  attributes = detail::merged(std::move(attributes), metadata_.attributes);
  const NcAttributes derived[] = {
      detail::geospatial_attributes(map_),
      detail::coverage_attributes(metadata_.start + metadata_.leads.front(),
                                  metadata_.start + metadata_.leads.back(),
                                  constant_step(metadata_.leads))};
  for (const NcAttributes& list : derived) {
    for (const auto& attribute : list) {
      const auto same = [&](const auto& other) { return other.first == attribute.first; };
      if (std::none_of(attributes.begin(), attributes.end(), same)) attributes.push_back(attribute);
    }
  }
  define(attributes);
  write_coordinates();
}

int MemberWriter::bits_of(const Channel& channel) const {
  if (options_.rounding == Rounding::none) return 0;
  if (const auto given = options_.significant_bits.find(channel.name);
      given != options_.significant_bits.end()) {
    return given->second;
  }
  const auto tolerance = options_.tolerances.find(channel.name);
  return significant_bits(channel,
                          tolerance == options_.tolerances.end() ? 0.0 : tolerance->second);
}

void MemberWriter::define(const NcAttributes& attributes) {
  detail::put_attributes(file_, -1, attributes);
  time_dimension_ = file_.define_dimension("time", 0);
  horizontal_ = detail::define_horizontal(file_, map_);
  define_times();
  define_fields();
  file_.end_definitions();
}

void MemberWriter::define_times() {
  const std::string calendar = detail::calendar_attribute(metadata_.start.calendar());
  NcStorage storage;
  storage.chunk = {std::min<std::int64_t>(static_cast<std::int64_t>(metadata_.leads.size()), 512)};
  time_variable_ = file_.define_variable("time", NcType::f64, {time_dimension_}, storage);
  NcAttributes attributes{{"standard_name", "time"},
                          {"long_name", "valid time"},
                          {"units", k_time_units},
                          {"calendar", calendar},
                          {"axis", "T"}};
  if (sum_hours_ > 0) attributes.emplace_back("bounds", "time_bnds");
  detail::put_attributes(file_, time_variable_, attributes);
  if (sum_hours_ > 0) {
    NcStorage bounds_storage;
    bounds_storage.chunk = {storage.chunk.front(), 2};
    time_bounds_ = file_.define_variable("time_bnds", NcType::f64,
                                         {time_dimension_, horizontal_.bounds}, bounds_storage);
  }
  // xarray decodes a time difference by the attribute dtype, no longer by the units alone.
  period_variable_ =
      file_.define_variable("forecast_period", NcType::int32, {time_dimension_}, storage);
  detail::put_attributes(file_, period_variable_,
                         {{"standard_name", "forecast_period"},
                          {"long_name", "time since forecast_reference_time"},
                          {"units", "hours"},
                          {"dtype", "timedelta64[ns]"}});
  const int reference = file_.define_variable("forecast_reference_time", NcType::f64, {});
  detail::put_attributes(file_, reference,
                         {{"standard_name", "forecast_reference_time"},
                          {"long_name", "start of the forecast"},
                          {"units", k_time_units},
                          {"calendar", calendar}});
  axes_.push_back({reference, {detail::encode_hours(metadata_.start)}});
  const int realization = file_.define_variable("realization", NcType::int32, {});
  NcAttributes member{{"standard_name", "realization"},
                      {"long_name", "ensemble member, 0 is the control"},
                      {"units", "1"}};
  if (!metadata_.label.empty()) member.emplace_back("realization_label", metadata_.label);
  detail::put_attributes(file_, realization, member);
  axes_.push_back({realization, {static_cast<double>(metadata_.member)}});
}

void MemberWriter::define_quantized(int variable, int bits) {
  if (bits == 0) return;
  file_.put_attribute(variable, "quantization", std::string("quantization_info"));
  file_.put_attribute(variable, "quantization_nsb", static_cast<std::int32_t>(bits));
}

void MemberWriter::define_fields() {
  struct Variable {
    std::vector<std::size_t> channels;  // one per level, or a single one
    bool levels = false;
  };
  // Channels of one quantity and unit on pressure levels share a variable; the order is that of
  // their first channel.
  std::vector<Variable> variables;
  for (std::size_t c = 0; c < channels_.size(); ++c) {
    const bool grouped = options_.grouping == Grouping::by_quantity &&
                         channels_[c].level.kind == LevelKind::pressure;
    Variable* found = nullptr;
    for (Variable& candidate : variables) {
      const Channel& other = channels_[candidate.channels.front()];
      if (grouped && candidate.levels && other.variable == channels_[c].variable)
        found = &candidate;
    }
    if (found == nullptr) {
      variables.push_back({{}, grouped});
      found = &variables.back();
    }
    found->channels.push_back(c);
  }
  std::vector<std::pair<std::vector<double>, int>> level_axes;  // pressures -> dimension
  std::set<std::string> scalars;
  const auto scalar_coordinate = [&](const std::string& name, const NcAttributes& attributes,
                                     double value) {
    if (!scalars.insert(name).second) return;
    const int id = file_.define_variable(name, NcType::f64, {});
    detail::put_attributes(file_, id, attributes);
    axes_.push_back({id, {value}});
  };
  bool quantized = false;
  for (const Channel& channel : channels_) quantized = quantized || bits_of(channel) > 0;
  if (quantized) {
    const int info = file_.define_variable("quantization_info", NcType::text, {});
    detail::put_attributes(
        file_, info,
        {{"algorithm", "bitround"},
         {"implementation", fmt::format("libnetcdf version {}", netcdf_library_version())}});
  }
  places_.resize(channels_.size());
  for (Variable& variable : variables) {
    const auto by_pressure = [&](std::size_t a, std::size_t b) {
      return channels_[a].level.value > channels_[b].level.value;  // from the ground up
    };
    std::sort(variable.channels.begin(), variable.channels.end(), by_pressure);
    const Channel& first = channels_[variable.channels.front()];
    int level_dimension = -1;
    if (variable.levels) {
      std::vector<double> pressures;
      for (std::size_t c : variable.channels) pressures.push_back(channels_[c].level.value);
      for (const auto& [known, dimension] : level_axes) {
        if (known == pressures) level_dimension = dimension;
      }
      if (level_dimension < 0) {
        const std::string name =
            level_axes.empty() ? "plev" : fmt::format("plev_{}", level_axes.size() + 1);
        level_dimension = file_.define_dimension(name, static_cast<std::int64_t>(pressures.size()));
        const int id = file_.define_variable(name, NcType::f64, {level_dimension});
        detail::put_attributes(file_, id, pressure_axis_attributes());
        axes_.push_back({id, pressures});
        level_axes.emplace_back(pressures, level_dimension);
      }
    }
    std::string coordinates = k_scalar_coordinates;
    if (first.level.kind == LevelKind::height) {
      const std::string name = height_name(first.level.value);
      scalar_coordinate(name,
                        {{"standard_name", "height"},
                         {"long_name", "height above the surface"},
                         {"units", "m"},
                         {"positive", "up"},
                         {"axis", "Z"}},
                        first.level.value);
      coordinates += " " + name;
    } else if (first.level.kind == LevelKind::pressure && !variable.levels) {
      const std::string name = pressure_name(first.level.value);
      scalar_coordinate(name, pressure_axis_attributes(), first.level.value);
      coordinates += " " + name;
    }
    int bits = 0;
    for (std::size_t c : variable.channels) bits = std::max(bits, bits_of(channels_[c]));
    NcStorage storage;
    storage.deflate_level = options_.deflate_level;
    storage.checksum = true;
    storage.cache = NcCache::none;
    storage.significant_bits = bits;
    std::vector<int> dimensions{time_dimension_};
    storage.chunk = {1};
    if (variable.levels) {
      dimensions.push_back(level_dimension);
      storage.chunk.push_back(1);
    }
    dimensions.insert(dimensions.end(), {horizontal_.latitude, horizontal_.longitude});
    storage.chunk.insert(storage.chunk.end(), {map_.nlat(), map_.nlon()});
    const bool own_name = first.level.kind == LevelKind::pressure && !variable.levels;
    const int id = file_.define_variable(own_name ? first.name : first.variable, NcType::f32,
                                         dimensions, storage);
    std::string long_name = first.long_name;
    if (variable.levels) long_name = long_name.substr(0, long_name.rfind(" at "));
    NcAttributes attributes{{"standard_name", first.standard_name},
                            {"long_name", long_name},
                            {"units", first.units},
                            {"cell_methods", first.cell_methods},
                            {"coordinates", coordinates}};
    if (first.grib_param_id > 0)
      attributes.emplace_back("GRIB_paramId", static_cast<std::int32_t>(first.grib_param_id));
    detail::put_attributes(file_, id, attributes);
    detail::put_grid_mapping(file_, id, horizontal_);
    define_quantized(id, bits);
    for (std::size_t k = 0; k < variable.channels.size(); ++k) {
      places_[variable.channels[k]] = {id, variable.levels ? static_cast<std::int64_t>(k) : -1,
                                       bits};
    }
  }
}

void MemberWriter::write_coordinates() {
  detail::write_horizontal(file_, horizontal_, map_);
  for (const auto& [id, values] : axes_) {
    const NcVariable& variable = file_.variables()[static_cast<std::size_t>(id)];
    const std::vector<std::int64_t> start(variable.dimensions.size(), 0);
    std::vector<std::int64_t> count;
    if (!variable.dimensions.empty()) count = {static_cast<std::int64_t>(values.size())};
    file_.write(id, start, count, std::span<const double>(values));
  }
}

void MemberWriter::check_values(std::int64_t lead_index, std::span<const float> fields) const {
  const std::size_t points = static_cast<std::size_t>(map_.points());
  for (std::size_t c = 0; c < channels_.size(); ++c) {
    const Channel& channel = channels_[c];
    const std::span<const float> field = fields.subspan(c * points, points);
    // Fields may come rounded already, and a value within the range rounds to within the rounded
    // range.
    Channel rounded = channel;
    for (double* bound : {&rounded.minimum, &rounded.maximum}) {
      auto value = static_cast<float>(*bound);
      if (places_[c].bits > 0) bitround(std::span(&value, 1), places_[c].bits);
      if (std::abs(value) > std::abs(*bound)) *bound = static_cast<double>(value);
    }
    const std::optional<detail::BadValue> bad =
        detail::find_bad_value(rounded, field, options_.range_check);
    if (!bad) continue;
    const std::size_t i = bad->index;
    const std::size_t nlon = static_cast<std::size_t>(map_.nlon());
    const bool finite = std::isfinite(field[i]);
    throw Error(
        ErrorKind::quality, finite ? "E2063" : "E2060",
        fmt::format("member {} has {:g} {} in {} (level {}) at lead {}, latitude {:.4f}, longitude "
                    "{:.4f} ({} of {} points "
                    "are {}); the member is not published, look at its earlier lead times",
                    metadata_.member, field[i], channel.units, channel.name,
                    detail::level_text(channel.level),
                    to_string(metadata_.leads[static_cast<std::size_t>(lead_index)]),
                    map_.latitudes_deg()[i / nlon], map_.longitudes_deg()[i % nlon], bad->count,
                    points,
                    finite ? fmt::format("outside {:g} to {:g}", channel.minimum, channel.maximum)
                           : "NaN or infinite"));
  }
}

void MemberWriter::append(std::int64_t lead_index, std::span<const float> fields) {
  const std::size_t points = static_cast<std::size_t>(map_.points());
  MYRIAD_EXPECT(lead_index == appended_ &&
                lead_index < static_cast<std::int64_t>(metadata_.leads.size()));
  MYRIAD_EXPECT(fields.size() == points * channels_.size());
  check_values(lead_index, fields);
  const Duration lead = metadata_.leads[static_cast<std::size_t>(lead_index)];
  const Instant valid = metadata_.start + lead;
  const double hours = detail::encode_hours(valid);
  const std::int64_t at[2] = {lead_index, 0};
  const std::int64_t one[2] = {1, 2};
  file_.write(time_variable_, std::span(at).first(1), std::span(one).first(1),
              std::span<const double>(&hours, 1));
  if (time_bounds_ >= 0) {
    // At the start nothing has been summed yet: an interval of length zero.
    const Duration length = std::min(lead, Duration::hours(sum_hours_));
    const double bounds[2] = {detail::encode_hours(valid - length), hours};
    file_.write(time_bounds_, at, one, std::span<const double>(bounds));
  }
  const std::int32_t period = static_cast<std::int32_t>(lead.seconds / 3600);
  file_.write(period_variable_, std::span(at).first(1), std::span(one).first(1),
              std::span<const std::int32_t>(&period, 1));
  const std::size_t sampled = (static_cast<std::size_t>(lead_index) * 7) % channels_.size();
  for (std::size_t c = 0; c < channels_.size(); ++c) {
    const Place& place = places_[c];
    const std::span<const float> field = fields.subspan(c * points, points);
    rounded_.assign(field.begin(), field.end());
    if (place.bits > 0) bitround(rounded_, place.bits);
    const std::vector<std::int64_t> start =
        place.level < 0 ? std::vector<std::int64_t>{lead_index, 0, 0}
                        : std::vector<std::int64_t>{lead_index, place.level, 0, 0};
    std::vector<std::int64_t> count(start.size(), 1);
    count[count.size() - 2] = map_.nlat();
    count[count.size() - 1] = map_.nlon();
    file_.write(place.variable, start, count, std::span<const float>(rounded_));
    if (options_.read_back == ReadBack::all || c == sampled) {
      fingerprints_.push_back(
          {lead_index, c, xxh3_128(std::as_bytes(std::span<const float>(rounded_)))});
    }
  }
  ++appended_;
}

void MemberWriter::read_back() const {
  // The file is read as any reader would, from its own header; what was asked of the library does
  // not count.
  const NetcdfFile written = NetcdfFile::open(target_.temporary().string());
  const std::size_t points = static_cast<std::size_t>(map_.points());
  std::vector<float> field(points);
  for (const Fingerprint& fingerprint : fingerprints_) {
    const Place& place = places_[fingerprint.channel];
    const NcVariable& variable =
        written.require(file_.variables()[static_cast<std::size_t>(place.variable)].name);
    std::vector<std::int64_t> start{fingerprint.lead};
    if (place.level >= 0) start.push_back(place.level);
    start.insert(start.end(), {0, 0});
    std::vector<std::int64_t> count(start.size(), 1);
    count[count.size() - 2] = map_.nlat();
    count[count.size() - 1] = map_.nlon();
    written.read(variable, start, count, std::span<float>(field));
    const Hash128 hash = xxh3_128(std::as_bytes(std::span<const float>(field)));
    MYRIAD_VALIDATE(hash == fingerprint.hash, ErrorKind::io, "E2061",
                    "channel '{}' at lead {} of '{}' reads back differently from what was written "
                    "(the file is not "
                    "published); check the disk and its memory",
                    channels_[fingerprint.channel].name,
                    to_string(metadata_.leads[static_cast<std::size_t>(fingerprint.lead)]),
                    target_.final_path().string());
  }
}

PublishedFile MemberWriter::finish() {
  MYRIAD_EXPECT(appended_ == static_cast<std::int64_t>(metadata_.leads.size()));
  file_.close();
  detail::verified(target_, [this] { read_back(); });
  detail::check_stored_filters(target_.temporary().string(), target_.final_path().string());
  return detail::publish(file_, target_, options_.sidecar);
}

}  // namespace myriad::io
