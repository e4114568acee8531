#include "src/io/grib_file.hpp"

#include <eccodes.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <memory>
#include <string_view>

#include "src/base/error.hpp"
#include "src/base/file_wait.hpp"
#include "src/base/files.hpp"
#include "src/grid/grid.hpp"
#include "src/io/library_lock.hpp"

namespace myriad::io::detail {

namespace {

constexpr std::int64_t k_max_rows = 10000;
/// A message no archive has; bounds what a damaged length can ask for (ecCodes reads messages as a
/// whole).
constexpr std::int64_t k_max_messages = 1000000;

void drop_log(const grib_context* /*context*/, int /*level*/, const char* /*text*/) {}

/// The library prints its errors unless told otherwise; ours carry the reason.
void silence() {
  static const bool done = [] {
    grib_context_set_logging_proc(grib_context_get_default(), drop_log);
    return true;
  }();
  static_cast<void>(done);
}

[[noreturn]] void damaged(const std::string& path, std::int64_t offset, const std::string& reason) {
  throw Error(
      ErrorKind::input_corrupt, "E2054",
      fmt::format("the GRIB message at byte {} of '{}' cannot be used ({}); fetch the file again",
                  offset, path, reason));
}

class File {
 public:
  explicit File(const std::string& path) : file_(std::fopen(path.c_str(), "rbe")) {
    const int reason = errno;
    if (file_ != nullptr) return;
    const ErrorKind kind = error_kind_of_errno(reason) == ErrorKind::permission
                               ? ErrorKind::permission
                               : ErrorKind::input_missing;
    throw Error(kind, "E2001",
                fmt::format("cannot open '{}' ({}); check the path or wait until it has arrived",
                            path, errno_text(reason)));
  }
  ~File() { std::fclose(file_); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  std::FILE* get() const { return file_; }

 private:
  std::FILE* file_;
};

/// One message in memory.
class Handle {
 public:
  Handle(codes_handle* handle, const std::string& path, std::int64_t offset)
      : handle_(handle, codes_handle_delete), path_(path), offset_(offset) {}

  std::int64_t integer(const char* key) const {
    long value = 0;
    check(codes_get_long(handle_.get(), key, &value), key);
    return value;
  }
  std::int64_t integer_or(const char* key, std::int64_t otherwise) const {
    long value = 0;
    return codes_get_long(handle_.get(), key, &value) == CODES_SUCCESS ? value : otherwise;
  }
  double number(const char* key) const {
    double value = 0;
    check(codes_get_double(handle_.get(), key, &value), key);
    return value;
  }
  std::string text_or(const char* key, const char* otherwise) const {
    std::array<char, 256> buffer{};
    std::size_t length = buffer.size() - 1;
    if (codes_get_string(handle_.get(), key, buffer.data(), &length) != CODES_SUCCESS)
      return otherwise;
    return buffer.data();
  }
  void set(const char* key, double value) {
    check(codes_set_double(handle_.get(), key, value), key);
  }
  std::size_t size_of(const char* key) const {
    std::size_t size = 0;
    check(codes_get_size(handle_.get(), key, &size), key);
    return size;
  }
  void doubles(const char* key, std::vector<double>& values) const {
    std::size_t size = values.size();
    check(codes_get_double_array(handle_.get(), key, values.data(), &size), key);
    if (size != values.size())
      damaged(path_, offset_, fmt::format("{} of {} values", size, values.size()));
  }

 private:
  void check(int status, const char* key) const {
    if (status != CODES_SUCCESS)
      damaged(path_, offset_, fmt::format("{}: {}", key, codes_get_error_message(status)));
  }
  std::unique_ptr<codes_handle, int (*)(codes_handle*)> handle_;
  const std::string& path_;
  std::int64_t offset_;
};

using Bytes = std::vector<unsigned char>;

std::uint64_t big_endian(const unsigned char* at, int bytes) {
  std::uint64_t value = 0;
  for (int i = 0; i < bytes; ++i) value = value << 8 | at[i];
  return value;
}

/// Lengths of the sections of an edition-1 message, without those that it does not have.
std::vector<std::size_t> sections_of_edition_1(const Bytes& m) {
  std::vector<std::size_t> lengths;
  const auto take = [&](std::size_t at, std::size_t least) -> std::size_t {
    if (at + 3 > m.size()) return 0;
    const auto length = static_cast<std::size_t>(big_endian(m.data() + at, 3));
    if (length < least || at + length + 4 > m.size()) return 0;
    lengths.push_back(length);
    return at + length;
  };
  std::size_t at = take(8, 28);
  if (at == 0) return {};
  const unsigned flags = m[8 + 7];
  for (const unsigned bit : {0x80U, 0x40U}) {
    if ((flags & bit) != 0) at = take(at, 6);
    if (at == 0) return {};
  }
  if (take(at, 11) == 0) return {};
  return lengths;
}

/// What the library must not see: it trusts lengths and writes beyond its memory when they lie
/// (found by fuzzing 2.28).
std::string structural_problem(const Bytes& m) {
  if (m[7] == 1) return sections_of_edition_1(m).empty() ? "its sections do not fit into it" : "";
  int last = 0;
  int data_sections = 0;
  std::size_t at = 16;
  while (at + 4 < m.size()) {
    if (at + 5 > m.size() - 4) return "a section is cut";
    const auto length = static_cast<std::size_t>(big_endian(m.data() + at, 4));
    const int number = m[at + 4];
    if (length < 5 || length > m.size() - 4 - at || number < 1 || number > 7)
      return "its sections do not fit into it";
    // The sections of a further field begin again at the grid or the product.
    if (number <= last && last != 7) return "its sections are in disorder";
    if (number == 7) ++data_sections;
    last = number;
    at += length;
  }
  if (at + 4 != m.size() || last != 7) return "its sections do not fit into it";
  return data_sections > 1 ? "it holds several fields; split it with grib_copy" : "";
}

/// Reads messages of a file, framed here and not by the library.
class MessageReader {
 public:
  explicit MessageReader(const std::string& path) : path_(path), file_(path) {
    const FileWait wait(FileAction::read, path_);
    if (::fseeko(file_.get(), 0, SEEK_END) == 0) size_ = ::ftello(file_.get());
  }

  /// The next message at or after \p offset, which is moved to its begin; empty at the end of the
  /// file.
  Bytes next(std::int64_t& offset) {
    const FileWait wait(FileAction::read, path_);
    if (!find(offset)) return {};
    Bytes m(16);
    read(offset, m);
    std::uint64_t length = 0;
    if (m[7] == 1) {
      length = big_endian(m.data() + 4, 3);
      if ((length & 0x800000U) != 0)
        damaged(path_, offset,
                "an edition-1 message of more than 8 MiB states its length in a way of its own; "
                "convert it to edition 2 with grib_set -s edition=2");
    } else if (m[7] == 2) {
      length = big_endian(m.data() + 8, 8);
    } else {
      damaged(path_, offset, fmt::format("edition {}", m[7]));
    }
    if (length < 40 || length > static_cast<std::uint64_t>(size_ - offset)) {
      damaged(
          path_, offset,
          fmt::format("it claims {} bytes, the file has {} from there on", length, size_ - offset));
    }
    m.resize(static_cast<std::size_t>(length));
    read(offset, m);
    if (std::string_view(reinterpret_cast<const char*>(m.data() + length - 4), 4) != "7777")
      damaged(path_, offset, "it does not end with 7777");
    if (const std::string problem = structural_problem(m); !problem.empty())
      damaged(path_, offset, problem);
    return m;
  }

 private:
  /// Messages may have bulletin headers or padding between them.
  bool find(std::int64_t& offset) {
    constexpr std::string_view k_begin = "GRIB";
    std::array<char, 65536> block{};
    while (offset + 16 <= size_) {
      if (::fseeko(file_.get(), offset, SEEK_SET) != 0) return false;
      const std::size_t got = std::fread(block.data(), 1, block.size(), file_.get());
      if (got < k_begin.size()) return false;
      const std::size_t at = std::string_view(block.data(), got).find(k_begin);
      if (at != std::string_view::npos) {
        offset += static_cast<std::int64_t>(at);
        return offset + 16 <= size_;
      }
      offset += static_cast<std::int64_t>(got - (k_begin.size() - 1));
    }
    return false;
  }
  void read(std::int64_t offset, Bytes& into) {
    if (::fseeko(file_.get(), offset, SEEK_SET) != 0 ||
        std::fread(into.data(), 1, into.size(), file_.get()) != into.size()) {
      damaged(path_, offset, "it cannot be read");
    }
  }

  const std::string& path_;
  File file_;
  std::int64_t size_ = 0;
};

codes_handle* decode(const Bytes& message, const std::string& path, std::int64_t offset) {
  codes_handle* handle =
      codes_handle_new_from_message_copy(nullptr, message.data(), message.size());
  if (handle == nullptr) damaged(path, offset, "ecCodes does not understand it");
  return handle;
}

Instant instant_of(const Handle& h, const char* date_key, const char* time_key,
                   const std::string& path, std::int64_t offset) {
  const std::int64_t date = h.integer(date_key);
  const std::int64_t time = h.integer(time_key);  // HHMM
  try {
    return Instant(CivilTime{static_cast<int>(date / 10000), static_cast<int>(date / 100 % 100),
                             static_cast<int>(date % 100), static_cast<int>(time / 100),
                             static_cast<int>(time % 100), 0});
  } catch (const Error& error) {
    damaged(path, offset,
            fmt::format("{} {}, {} {}: {}", date_key, date, time_key, time, error.what()));
  }
}

/// Refuse steps that the library cannot count with: it looks an unknown unit up beyond its table,
/// and counts day by day.
void check_step(const Handle& h, const std::string& path, std::int64_t offset) {
  constexpr std::int64_t k_longest = 10 * 366 * 24 * 60;  // ten years of minutes, whatever the unit
  const auto check = [&](const char* unit_key, const char* length_key) {
    const std::int64_t unit = h.integer_or(unit_key, 1);
    const std::int64_t length = h.integer_or(length_key, 0);
    for (const std::int64_t known : {0, 1, 2, 10, 11, 12, 13}) {
      if (unit == known && std::abs(length) <= k_longest / (unit == 2                 ? 1440
                                                            : unit == 0 || unit == 13 ? 1
                                                                                      : 60))
        return;
    }
    damaged(path, offset,
            fmt::format("its step of {} in unit {} of table 4.4 is not read", length, unit));
  };
  if (h.integer_or("edition", 2) == 1) {
    check("unitOfTimeRange", "P1");
    check("unitOfTimeRange", "P2");
    return;
  }
  check("indicatorOfUnitOfTimeRange", "forecastTime");
  check("indicatorOfUnitForTimeRange", "lengthOfTimeRange");
}

std::optional<Level> level_of(const Handle& h, const std::string& type) {
  const auto value = static_cast<double>(h.integer_or("level", 0));
  if (type == "isobaricInhPa") return Level{LevelKind::pressure, 100.0 * value};
  if (type == "isobaricInPa") return Level{LevelKind::pressure, value};
  if (type == "heightAboveGround") return Level{LevelKind::height, value};
  for (const char* surface : {"surface", "meanSea", "entireAtmosphere", "atmosphere",
                              "atmosphereSingleLayer", "entireAtmosphereSingleLayer"}) {
    if (type == surface) return Level{};
  }
  return std::nullopt;
}

std::int64_t sum_hours_of(const Handle& h) {
  const std::string type = h.text_or("stepType", "instant");
  if (type == "instant") return 0;
  if (type != "accum") return -1;
  const std::int64_t hours = h.integer_or("endStep", 0) - h.integer_or("startStep", 0);
  const std::int64_t unit = h.integer_or("stepUnits", 1);
  return unit == 1 && hours > 0 ? hours : -1;
}

/// Number of the ensemble member: MARS key `number`, or edition 2's own key where a centre's tables
/// lack it.
std::optional<std::int64_t> member_of(const Handle& h, const std::string& path,
                                      std::int64_t offset) {
  constexpr std::int64_t k_most = 1000000;
  const std::int64_t number = h.integer_or("number", h.integer_or("perturbationNumber", -1));
  if (number > k_most)
    damaged(path, offset, fmt::format("its ensemble member is number {}", number));
  return number < 0 ? std::nullopt : std::optional(number);
}

std::optional<GribGrid> grid_of(const Handle& h, const std::string& type, const std::string& path,
                                std::int64_t offset) {
  if (type != "regular_ll" && type != "regular_gg") return std::nullopt;
  GribGrid grid;
  grid.type = type;
  grid.columns = h.integer("Ni");
  grid.rows = h.integer("Nj");
  if (grid.columns < 2 || grid.rows < 2 || grid.rows > k_max_rows ||
      grid.columns > 2 * k_max_rows) {
    damaged(path, offset,
            fmt::format("its grid has {} columns and {} rows", grid.columns, grid.rows));
  }
  grid.first_latitude = h.number("latitudeOfFirstGridPointInDegrees");
  grid.last_latitude = h.number("latitudeOfLastGridPointInDegrees");
  grid.first_longitude = h.number("longitudeOfFirstGridPointInDegrees");
  grid.last_longitude = h.number("longitudeOfLastGridPointInDegrees");
  grid.west = h.integer_or("iScansNegatively", 0) != 0;
  grid.north = h.integer_or("jScansPositively", 0) != 0;
  grid.column_first = h.integer_or("jPointsAreConsecutive", 0) != 0;
  if (h.integer_or("alternativeRowScanning", 0) != 0) return std::nullopt;
  return grid;
}

}  // namespace

std::vector<double> GribGrid::latitudes(const std::string& file) const {
  const auto refuse = [&](const std::string& reason) -> Error {
    return Error(ErrorKind::input_corrupt, "E2035",
                 fmt::format("grid of '{}' is not usable ({}); regrid it, e.g. with cdo remapbil",
                             file, reason));
  };
  std::vector<double> out(static_cast<std::size_t>(rows));
  const double step = (last_latitude - first_latitude) / static_cast<double>(rows - 1);
  for (std::size_t k = 0; k < out.size(); ++k)
    out[k] = first_latitude + static_cast<double>(k) * step;
  if ((step > 0) != north)
    throw refuse(fmt::format("rows from {} to {} contradict the scanning mode", first_latitude,
                             last_latitude));
  if (type == "regular_gg") {
    // Messages state the outermost rows only, in millidegrees: the others follow from their number.
    std::vector<double> gauss = Grid(GridType::legendre_gauss, rows, columns).latitudes_deg();
    if (north) std::reverse(gauss.begin(), gauss.end());
    if (!(std::abs(gauss.front() - first_latitude) < 0.01 &&
          std::abs(gauss.back() - last_latitude) < 0.01)) {
      throw refuse(fmt::format("rows from {} to {} are no global Gaussian grid of {} rows",
                               first_latitude, last_latitude, rows));
    }
    return gauss;
  }
  return out;
}

std::vector<double> GribGrid::longitudes(const std::string& file) const {
  const double spacing = (west ? -360.0 : 360.0) / static_cast<double>(columns);
  double span = last_longitude - first_longitude;
  if (!west && span < 0) span += 360.0;
  if (west && span > 0) span -= 360.0;
  // Both ends are rounded to millidegrees.
  MYRIAD_VALIDATE(std::abs(span - spacing * static_cast<double>(columns - 1)) < 0.01,
                  ErrorKind::input_corrupt, "E2035",
                  "grid of '{}' has {} columns from longitude {} to {} (a global grid is needed, "
                  "without a cyclic column); regrid "
                  "it, e.g. with cdo remapbil",
                  file, columns, first_longitude, last_longitude);
  std::vector<double> out(static_cast<std::size_t>(columns));
  for (std::size_t j = 0; j < out.size(); ++j)
    out[j] = first_longitude + static_cast<double>(j) * spacing;
  return out;
}

std::vector<GribMessage> scan_grib(const std::string& path) {
  const LibraryLock lock;
  silence();
  MessageReader reader(path);
  std::vector<GribMessage> messages;
  std::int64_t offset = 0;
  for (Bytes bytes = reader.next(offset); !bytes.empty(); bytes = reader.next(offset)) {
    GribMessage m;
    const Handle h(decode(bytes, path, offset), path, offset);
    m.offset = offset;
    m.param_id = static_cast<int>(h.integer_or("paramId", 0));
    m.short_name = h.text_or("shortName", "unknown");
    m.units = h.text_or("units", "");
    const std::string type = h.text_or("typeOfLevel", "unknown");
    m.level = level_of(h, type);
    m.level_text = fmt::format("{} {}", type, h.integer_or("level", 0));
    m.reference = instant_of(h, "dataDate", "dataTime", path, offset);
    check_step(h, path, offset);
    m.valid = instant_of(h, "validityDate", "validityTime", path, offset);
    m.sum_hours = sum_hours_of(h);
    m.number = member_of(h, path, offset);
    m.grid_type = h.text_or("gridType", "unknown");
    m.grid = grid_of(h, m.grid_type, path, offset);
    messages.push_back(std::move(m));
    MYRIAD_VALIDATE(static_cast<std::int64_t>(messages.size()) <= k_max_messages,
                    ErrorKind::input_corrupt, "E2054",
                    "'{}' holds more than {} GRIB messages (one file of a series); split it", path,
                    k_max_messages);
    offset += static_cast<std::int64_t>(bytes.size());
  }
  MYRIAD_VALIDATE(!messages.empty(), ErrorKind::input_corrupt, "E2054",
                  "'{}' holds no GRIB message (empty or another format); fetch it again", path);
  return messages;
}

void read_grib_values(const std::string& path, const GribMessage& message,
                      std::vector<double>& values) {
  const LibraryLock lock;
  silence();
  MessageReader reader(path);
  std::int64_t offset = message.offset;
  const Bytes bytes = reader.next(offset);
  if (bytes.empty() || offset != message.offset)
    damaged(path, message.offset, "it is not there any more");
  Handle h(decode(bytes, path, offset), path, offset);
  check_step(h, path, offset);
  if (h.integer_or("paramId", 0) != message.param_id ||
      instant_of(h, "validityDate", "validityTime", path, offset) != message.valid) {
    damaged(path, message.offset, "it changed while the file was being read");
  }
  const auto points = static_cast<std::size_t>(message.grid->columns * message.grid->rows);
  // Asked before the values: a field of one value for all points has no bytes per point to bound
  // their number.
  const std::size_t size = h.size_of("values");
  if (size != points)
    damaged(path, message.offset, fmt::format("{} values for {} points", size, points));
  constexpr double k_mark = -1.0e33;
  h.set("missingValue", k_mark);
  values.resize(points);
  h.doubles("values", values);
  if (h.integer_or("bitmapPresent", 0) == 0) return;
  for (double& value : values) {
    if (value == k_mark) value = std::numeric_limits<double>::quiet_NaN();
  }
}

}  // namespace myriad::io::detail
