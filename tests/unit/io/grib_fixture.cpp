#include "tests/unit/io/grib_fixture.hpp"

#include <eccodes.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <stdexcept>

#include "src/grid/grid.hpp"

namespace myriad::io::test {

namespace {

void must(int status, const std::string& what) {
  if (status != CODES_SUCCESS)
    throw std::runtime_error(what + ": " + codes_get_error_message(status));
}

void put(codes_handle* h, const char* key, long value) {
  must(codes_set_long(h, key, value), key);
}
void put(codes_handle* h, const char* key, double value) {
  must(codes_set_double(h, key, value), key);
}
void put(codes_handle* h, const char* key, const std::string& value) {
  std::size_t length = value.size();
  must(codes_set_string(h, key, value.c_str(), &length), key);
}

/// Latitudes from the north: Gaussian, or equally spaced with both poles.
std::vector<double> latitudes_of(const GribSpec& s) {
  if (s.grid == "regular_ll") return Grid(GridType::equiangular, s.rows, s.columns).latitudes_deg();
  return Grid(GridType::legendre_gauss, s.rows, s.columns).latitudes_deg();
}

constexpr double k_missing = 9999.0;

std::vector<double> in_message_order(const GribSpec& s, bool& any_missing) {
  const std::vector<double> latitudes = latitudes_of(s);
  std::vector<double> values(static_cast<std::size_t>(s.rows * s.columns));
  any_missing = false;
  for (std::int64_t k = 0; k < s.rows; ++k) {
    const double latitude = latitudes[static_cast<std::size_t>(s.north ? s.rows - 1 - k : k)];
    for (std::int64_t j = 0; j < s.columns; ++j) {
      const double step = (s.west ? -360.0 : 360.0) / static_cast<double>(s.columns);
      const double longitude =
          std::fmod(s.first_longitude + static_cast<double>(j) * step + 720.0, 360.0);
      double value = s.field(latitude, longitude);
      if (std::isnan(value)) {
        value = k_missing;
        any_missing = true;
      }
      values[static_cast<std::size_t>(s.column_first ? j * s.rows + k : k * s.columns + j)] = value;
    }
  }
  return values;
}

codes_handle* make_message(const GribSpec& s) {
  const std::string shape = s.grid == "sh"           ? "sh_pl"
                            : s.grid == "reduced_gg" ? "reduced_gg_pl_32"
                                                     : s.grid + "_pl";
  codes_handle* h = codes_grib_handle_new_from_samples(
      nullptr, (shape + "_grib" + std::to_string(s.edition)).c_str());
  if (h == nullptr) throw std::runtime_error("no sample for " + shape);
  if (s.number >= 0) {
    if (s.edition == 2) put(h, "productDefinitionTemplateNumber", 1L);
    if (s.edition == 1) {
      put(h, "setLocalDefinition", 1L);
      put(h, "localDefinitionNumber", 1L);
    }
    put(h, "numberOfForecastsInEnsemble", 10L);
    put(h, "number", s.number);
  }
  put(h, "dataDate", s.date);
  put(h, "dataTime", s.time);
  if (s.step.find('-') != std::string::npos) put(h, "stepType", std::string("accum"));
  put(h, "stepRange", s.step);
  put(h, "typeOfLevel", s.level_type);
  if (s.level_type != "meanSea" && s.level_type != "surface" && s.level_type != "entireAtmosphere")
    put(h, "level", s.level);
  put(h, "paramId", s.param_id);
  if (s.grid == "sh" || s.grid == "reduced_gg") return h;
  const std::vector<double> latitudes = latitudes_of(s);
  put(h, "Ni", static_cast<long>(s.columns));
  put(h, "Nj", static_cast<long>(s.rows));
  if (s.grid == "regular_gg") put(h, "N", static_cast<long>(s.rows / 2));
  put(h, "latitudeOfFirstGridPointInDegrees", s.north ? latitudes.back() : latitudes.front());
  put(h, "latitudeOfLastGridPointInDegrees", s.north ? latitudes.front() : latitudes.back());
  const double step = 360.0 / static_cast<double>(s.columns);
  const double span = static_cast<double>(s.columns - 1) * (s.west ? -step : step);
  put(h, "longitudeOfFirstGridPointInDegrees", s.first_longitude);
  put(h, "longitudeOfLastGridPointInDegrees", std::fmod(s.first_longitude + span + 720.0, 360.0));
  put(h, "iDirectionIncrementInDegrees", step);
  if (s.grid == "regular_ll")
    put(h, "jDirectionIncrementInDegrees", 180.0 / static_cast<double>(s.rows - 1));
  put(h, "iScansNegatively", s.west ? 1L : 0L);
  put(h, "jScansPositively", s.north ? 1L : 0L);
  put(h, "jPointsAreConsecutive", s.column_first ? 1L : 0L);
  if (!s.packing.empty()) put(h, "packingType", s.packing);
  put(h, "bitsPerValue", 24L);
  bool missing = false;
  const std::vector<double> values = in_message_order(s, missing);
  put(h, "missingValue", k_missing);
  if (missing) put(h, "bitmapPresent", 1L);
  must(codes_set_double_array(h, "values", values.data(), values.size()), "values");
  return h;
}

std::vector<unsigned char> bytes_of(codes_handle* h) {
  const void* data = nullptr;
  std::size_t size = 0;
  must(codes_get_message(h, &data, &size), "message");
  const auto* begin = static_cast<const unsigned char*>(data);
  return {begin, begin + size};
}

void append(const std::filesystem::path& path, const std::vector<unsigned char>& bytes) {
  std::FILE* file = std::fopen(path.c_str(), "ab");
  if (file == nullptr || std::fwrite(bytes.data(), 1, bytes.size(), file) != bytes.size())
    throw std::runtime_error("write");
  std::fclose(file);
}

}  // namespace

void append_grib(const std::filesystem::path& path, const std::vector<GribSpec>& messages) {
  for (const GribSpec& spec : messages) {
    codes_handle* h = make_message(spec);
    append(path, bytes_of(h));
    codes_handle_delete(h);
  }
}

void append_two_fields(const std::filesystem::path& path, const GribSpec& first,
                       const GribSpec& second) {
  std::vector<std::vector<unsigned char>> parts;
  for (const GribSpec* spec : {&first, &second}) {
    codes_handle* h = make_message(*spec);
    parts.push_back(bytes_of(h));
    codes_handle_delete(h);
  }
  // Sections 4 to 7 of the second message follow those of the first, before the end mark.
  const auto section_four = [](const std::vector<unsigned char>& m) {
    std::size_t at = 16;
    while (m[at + 4] != 4)
      at += (std::size_t{m[at]} << 24) | (std::size_t{m[at + 1]} << 16) |
            (std::size_t{m[at + 2]} << 8) | m[at + 3];
    return at;
  };
  std::vector<unsigned char> joined(parts[0].begin(), parts[0].end() - 4);
  joined.insert(joined.end(),
                parts[1].begin() + static_cast<std::ptrdiff_t>(section_four(parts[1])),
                parts[1].end());
  for (int i = 0; i < 8; ++i)
    joined[static_cast<std::size_t>(8 + i)] =
        static_cast<unsigned char>(joined.size() >> (56 - 8 * i));
  append(path, joined);
}

std::vector<float> on_our_grid(const GribSpec& s) {
  const std::vector<double> latitudes = latitudes_of(s);
  std::vector<float> out;
  for (const double latitude : latitudes) {
    for (std::int64_t j = 0; j < s.columns; ++j) {
      out.push_back(static_cast<float>(
          s.field(latitude, 360.0 * static_cast<double>(j) / static_cast<double>(s.columns))));
    }
  }
  return out;
}

}  // namespace myriad::io::test
