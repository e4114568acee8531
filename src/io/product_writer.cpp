#include "src/io/product_writer.hpp"

#include <algorithm>
#include <cmath>
#include <type_traits>

#include "src/base/error.hpp"
#include "src/io/bitround.hpp"
#include "src/io/stored_filters.hpp"

namespace myriad::io {

namespace {

std::int64_t product(const std::vector<std::int64_t>& extents) {
  std::int64_t n = 1;
  for (std::int64_t extent : extents) n *= extent;
  return n;
}

template <class To, class From>
std::vector<To> converted(std::span<const From> values) {
  std::vector<To> result;
  result.reserve(values.size());
  for (const From value : values) result.push_back(static_cast<To>(value));
  return result;
}

bool has(const NcAttributes& attributes, std::string_view name) {
  return std::any_of(attributes.begin(), attributes.end(),
                     [&](const auto& a) { return a.first == name; });
}

}  // namespace

ProductWriter::ProductWriter(const std::filesystem::path& path, const NcAttributes& attributes,
                             Existing existing)
    : target_(path, existing), file_(NetcdfFile::create(target_.temporary().string())) {
  detail::put_attributes(file_, -1,
                         detail::merged({{"Conventions", "CF-1.12 ACDD-1.3"}}, attributes));
}

ProductWriter::~ProductWriter() = default;

int ProductWriter::dimension_id(const std::string& name) const {
  for (std::size_t d = 0; d < file_.dimensions().size(); ++d) {
    if (file_.dimensions()[d].name == name) return static_cast<int>(d);
  }
  MYRIAD_EXPECT(!"the dimension is defined before it is used");
  return -1;
}

void ProductWriter::define_dimension(const std::string& name, std::int64_t length) {
  MYRIAD_EXPECT(defining_ && length > 0);
  file_.define_dimension(name, length);
}

void ProductWriter::define_axis(const std::string& name, const std::vector<double>& values,
                                const NcAttributes& attributes) {
  define_dimension(name, static_cast<std::int64_t>(values.size()));
  const int id = file_.define_variable(name, NcType::f64, {dimension_id(name)});
  detail::put_attributes(file_, id, attributes);
  pending_.push_back({id, values});
}

void ProductWriter::define_axis(const std::string& name, const std::vector<std::int32_t>& values,
                                const NcAttributes& attributes) {
  define_dimension(name, static_cast<std::int64_t>(values.size()));
  const int id = file_.define_variable(name, NcType::int32, {dimension_id(name)});
  detail::put_attributes(file_, id, attributes);
  pending_.push_back({id, {values.begin(), values.end()}});
}

void ProductWriter::define_labels(const std::string& name, const std::vector<std::string>& labels,
                                  const NcAttributes& attributes) {
  std::size_t longest = 1;
  for (const std::string& label : labels) longest = std::max(longest, label.size());
  define_dimension(name, static_cast<std::int64_t>(labels.size()));
  define_dimension(name + "_length", static_cast<std::int64_t>(longest));
  const int id = file_.define_variable(name, NcType::text,
                                       {dimension_id(name), dimension_id(name + "_length")});
  detail::put_attributes(file_, id, attributes);
  pending_labels_.emplace_back(id, labels);
}

void ProductWriter::define_grid(const MapWindow& map) {
  MYRIAD_EXPECT(defining_ && !map_);
  map_ = map;
  horizontal_ = detail::define_horizontal(file_, map);
  detail::put_attributes(file_, -1, detail::geospatial_attributes(map));
}

void ProductWriter::define_latitudes(const MapWindow& map) {
  MYRIAD_EXPECT(!map_);
  define_axis("latitude", map.latitudes_deg(),
              {{"standard_name", "latitude"},
               {"long_name", "latitude"},
               {"units", "degrees_north"},
               {"axis", "Y"},
               {"bounds", "latitude_bnds"}});
  define_dimension("bnds", 2);
  const std::vector<double> edges = map.row_edges_deg();
  std::vector<double> bounds;
  for (std::size_t k = 0; k + 1 < edges.size(); ++k)
    bounds.insert(bounds.end(), {edges[k], edges[k + 1]});
  const int id = file_.define_variable("latitude_bnds", NcType::f64,
                                       {dimension_id("latitude"), dimension_id("bnds")});
  pending_.push_back({id, bounds});
}

void ProductWriter::define_forecast_times(const Instant& start,
                                          const std::vector<Duration>& leads) {
  MYRIAD_EXPECT(!leads.empty());
  const std::string calendar = detail::calendar_attribute(start.calendar());
  std::vector<double> hours;
  std::vector<double> periods;
  for (const Duration& lead : leads) {
    MYRIAD_EXPECT(lead.seconds % 3600 == 0);
    hours.push_back(detail::encode_hours(start + lead));
    periods.push_back(lead.in_hours());
  }
  define_axis("time", hours,
              {{"standard_name", "time"},
               {"long_name", "valid time"},
               {"units", k_time_units},
               {"calendar", calendar},
               {"axis", "T"}});
  const int period =
      file_.define_variable("forecast_period", NcType::int32, {dimension_id("time")});
  detail::put_attributes(file_, period,
                         {{"standard_name", "forecast_period"},
                          {"long_name", "time since forecast_reference_time"},
                          {"units", "hours"},
                          {"dtype", "timedelta64[ns]"}});
  pending_.push_back({period, periods});
  define_scalar("forecast_reference_time", detail::encode_hours(start),
                {{"standard_name", "forecast_reference_time"},
                 {"long_name", "start of the forecast"},
                 {"units", k_time_units},
                 {"calendar", calendar}});
  detail::put_attributes(
      file_, -1,
      detail::coverage_attributes(start + leads.front(), start + leads.back(), std::nullopt));
}

void ProductWriter::define_lead_times(const std::vector<Duration>& leads) {
  std::vector<std::int32_t> hours;
  for (const Duration& lead : leads) {
    MYRIAD_EXPECT(lead.seconds % 3600 == 0);
    hours.push_back(static_cast<std::int32_t>(lead.seconds / 3600));
  }
  define_axis("lead_time", hours,
              {{"standard_name", "forecast_period"},
               {"long_name", "time since the start of the forecast"},
               {"units", "hours"},
               {"dtype", "timedelta64[ns]"}});
}

void ProductWriter::define_scalar(const std::string& name, double value,
                                  const NcAttributes& attributes) {
  MYRIAD_EXPECT(defining_);
  const int id = file_.define_variable(name, NcType::f64, {});
  detail::put_attributes(file_, id, attributes);
  pending_.push_back({id, {value}});
}

void ProductWriter::define_scalar(const std::string& name, std::int32_t value,
                                  const NcAttributes& attributes) {
  MYRIAD_EXPECT(defining_);
  const int id = file_.define_variable(name, NcType::int32, {});
  detail::put_attributes(file_, id, attributes);
  pending_.push_back({id, {static_cast<double>(value)}});
}

void ProductWriter::define_variable(const ProductVariable& variable) {
  MYRIAD_EXPECT(defining_ && variables_.count(variable.name) == 0);
  MYRIAD_EXPECT(variable.type == NcType::f32 || variable.type == NcType::f64 ||
                variable.type == NcType::int32);
  Defined entry;
  entry.missing = variable.missing;
  std::vector<int> dimensions;
  for (const std::string& name : variable.dimensions) {
    dimensions.push_back(dimension_id(name));
    entry.extents.push_back(file_.dimensions()[static_cast<std::size_t>(dimensions.back())].length);
  }
  const std::size_t rank = dimensions.size();
  const bool is_map = map_ && rank >= 2 && dimensions[rank - 2] == horizontal_.latitude &&
                      dimensions[rank - 1] == horizontal_.longitude;
  NcStorage storage;
  if (rank > 0) {
    // One chunk per map; small tables in one piece.
    storage.chunk = entry.extents;
    if (is_map) std::fill(storage.chunk.begin(), storage.chunk.end() - 2, 1);
    storage.deflate_level = 1;
    storage.checksum = true;
  }
  if (variable.type == NcType::f32 && variable.significant_bits > 0) {
    if (!quantized_) {
      const int info = file_.define_variable("quantization_info", NcType::text, {});
      detail::put_attributes(
          file_, info,
          {{"algorithm", "bitround"},
           {"implementation", fmt::format("libnetcdf version {}", netcdf_library_version())}});
      quantized_ = true;
    }
    storage.significant_bits = variable.significant_bits;
    entry.bits = variable.significant_bits;
  }
  entry.id = file_.define_variable(variable.name, variable.type, dimensions, storage);
  if (variable.missing == MissingValues::allow) {
    MYRIAD_EXPECT(variable.type != NcType::int32);
    if (variable.type == NcType::f32) file_.put_attribute(entry.id, "_FillValue", k_missing_value);
    if (variable.type == NcType::f64)
      file_.put_attribute(entry.id, "_FillValue", static_cast<double>(k_missing_value));
  }
  detail::put_attributes(file_, entry.id, variable.attributes);
  if (is_map && !has(variable.attributes, "grid_mapping"))
    detail::put_grid_mapping(file_, entry.id, horizontal_);
  if (entry.bits > 0) {
    file_.put_attribute(entry.id, "quantization", std::string("quantization_info"));
    file_.put_attribute(entry.id, "quantization_nsb", static_cast<std::int32_t>(entry.bits));
  }
  variables_.emplace(variable.name, std::move(entry));
}

void ProductWriter::start_writing() {
  if (!defining_) return;
  defining_ = false;
  file_.end_definitions();
  if (map_) detail::write_horizontal(file_, horizontal_, *map_);
  for (const PendingAxis& axis : pending_) {
    const NcVariable& variable = file_.variables()[static_cast<std::size_t>(axis.id)];
    const std::vector<std::int64_t> start(variable.dimensions.size(), 0);
    file_.write(axis.id, start, file_.shape(variable), std::span<const double>(axis.values));
  }
  for (const auto& [id, labels] : pending_labels_) file_.write_texts(id, labels);
}

ProductWriter::Defined& ProductWriter::defined(const std::string& name) {
  const auto found = variables_.find(name);
  MYRIAD_EXPECT(found != variables_.end());
  return found->second;
}

template <class T>
void ProductWriter::write_part(const std::string& name, std::optional<std::int64_t> index,
                               std::span<const T> values) {
  start_writing();
  Defined& variable = defined(name);
  std::vector<std::int64_t> start(variable.extents.size(), 0);
  std::vector<std::int64_t> count = variable.extents;
  if (index) {
    MYRIAD_EXPECT(!count.empty() && *index >= 0 && *index < count.front());
    start.front() = *index;
    count.front() = 1;
  }
  MYRIAD_EXPECT(product(count) == static_cast<std::int64_t>(values.size()));
  variable.written += static_cast<std::int64_t>(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double value = static_cast<double>(values[i]);
    MYRIAD_VALIDATE(
        std::isfinite(value) || (std::isnan(value) && variable.missing == MissingValues::allow),
        ErrorKind::quality, "E2070",
        "variable '{}' of '{}' has the value {} at element {} (it may hold numbers only); the "
        "product is not "
        "published, look at its inputs",
        name, target_.final_path().string(), value, i);
  }
  // Converted here rather than by the library, so that what is read back can be compared bit for
  // bit.
  if (file_.variables()[static_cast<std::size_t>(variable.id)].type == NcType::f32) {
    std::vector<float> stored = converted<float>(values);
    for (float& value : stored) {
      if (std::isnan(value)) {
        value = k_missing_value;
      } else if (variable.bits > 0) {
        bitround(std::span<float>(&value, 1), variable.bits);
      }
    }
    write_checked(name, variable, start, count, std::span<const float>(stored));
  } else {
    std::vector<double> stored = converted<double>(values);
    for (double& value : stored)
      value = std::isnan(value) ? static_cast<double>(k_missing_value) : value;
    write_checked(name, variable, start, count, std::span<const double>(stored));
  }
}

template <class T>
void ProductWriter::write_checked(const std::string& name, const Defined& variable,
                                  std::vector<std::int64_t> start, std::vector<std::int64_t> count,
                                  std::span<const T> values) {
  file_.write(variable.id, start, count, values);
  fingerprints_.push_back({name, std::move(start), std::move(count),
                           std::is_same_v<T, float> ? NcType::f32 : NcType::f64,
                           xxh3_128(std::as_bytes(values))});
}

void ProductWriter::read_back() const {
  const NetcdfFile written = NetcdfFile::open(target_.temporary().string());
  for (const Fingerprint& fingerprint : fingerprints_) {
    const NcVariable& variable = written.require(fingerprint.name);
    const std::size_t size = static_cast<std::size_t>(product(fingerprint.count));
    Hash128 hash;
    if (fingerprint.type == NcType::f32) {
      std::vector<float> values(size);
      written.read(variable, fingerprint.start, fingerprint.count, std::span<float>(values));
      hash = xxh3_128(std::as_bytes(std::span<const float>(values)));
    } else {
      std::vector<double> values(size);
      written.read(variable, fingerprint.start, fingerprint.count, std::span<double>(values));
      hash = xxh3_128(std::as_bytes(std::span<const double>(values)));
    }
    MYRIAD_VALIDATE(hash == fingerprint.hash, ErrorKind::io, "E2061",
                    "variable '{}' of '{}' reads back differently from what was written (the file "
                    "is not published); check "
                    "the disk and its memory",
                    fingerprint.name, target_.final_path().string());
  }
}

void ProductWriter::write(const std::string& name, std::span<const float> values) {
  write_part(name, std::nullopt, values);
}
void ProductWriter::write(const std::string& name, std::span<const double> values) {
  write_part(name, std::nullopt, values);
}
void ProductWriter::write(const std::string& name, std::span<const std::int32_t> values) {
  write_part(name, std::nullopt, values);
}
void ProductWriter::write_slab(const std::string& name, std::int64_t index,
                               std::span<const float> values) {
  write_part(name, index, values);
}
void ProductWriter::write_slab(const std::string& name, std::int64_t index,
                               std::span<const double> values) {
  write_part(name, index, values);
}

void ProductWriter::write_slab(const std::string& name, std::int64_t index,
                               std::span<const std::int32_t> values) {
  write_part(name, index, values);
}

PublishedFile ProductWriter::finish() {
  start_writing();
  for (const auto& [name, variable] : variables_)
    MYRIAD_EXPECT(variable.written >= product(variable.extents));
  file_.close();
  detail::verified(target_, [this] { read_back(); });
  detail::check_stored_filters(target_.temporary().string(), target_.final_path().string());
  return detail::publish(file_, target_);
}

}  // namespace myriad::io
