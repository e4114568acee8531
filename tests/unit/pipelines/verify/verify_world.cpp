#include "tests/unit/pipelines/verify/verify_world.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <random>
#include <set>

#include "pipelines/verify/verify_schema.hpp"
#include "src/io/member_writer.hpp"
#include "src/io/netcdf_file.hpp"

namespace myriad::test {
namespace {

std::vector<double> normals(std::uint64_t seed, std::int64_t count) {
  std::mt19937_64 engine(seed);
  std::normal_distribution<double> normal;
  std::vector<double> out(static_cast<std::size_t>(count));
  for (double& v : out) v = normal(engine);
  return out;
}

std::uint64_t seed_of(const Instant& valid, int salt) {
  return static_cast<std::uint64_t>(valid.seconds_since_1970()) * 1009 +
         static_cast<std::uint64_t>(salt);
}

std::vector<io::Channel> channels() {
  return {io::make_channel("t850")};
}

io::MemberWriterOptions exact() {
  io::MemberWriterOptions options;
  options.rounding = io::Rounding::none;
  options.deflate_level = 0;
  return options;
}

}  // namespace

VerifyWorld::VerifyWorld(int starts, int members) : starts_(starts), members_(members) {
  for (int s = 0; s < starts_; ++s) {
    for (int m = 0; m < members_; ++m) write_member(s, m);
  }
  write_analysis();

  auto file = io::NetcdfFile::create((path() / "climatology.nc").string());
  const int coef = file.define_dimension("coef", 3);
  const int lat = file.define_dimension("lat", k_nlat);
  const int lon = file.define_dimension("lon", k_nlon);
  const int lat_id = file.define_variable("lat", io::NcType::f64, {lat});
  const int lon_id = file.define_variable("lon", io::NcType::f64, {lon});
  const int mean = file.define_variable("clim_t850", io::NcType::f32, {coef, lat, lon});
  const int deviation = file.define_variable("std_t850", io::NcType::f32, {lat, lon});
  file.put_attribute(mean, "units", std::string("degC"));  // converted on reading
  file.put_attribute(deviation, "units", std::string("K"));
  file.put_attribute(-1, "title", std::string("climate of the small world"));
  file.end_definitions();
  const std::vector<std::int64_t> origin(3, 0);
  file.write(lat_id, std::span(origin).first(1), std::vector<std::int64_t>{k_nlat},
             std::span<const double>(grid().latitudes_deg()));
  file.write(lon_id, std::span(origin).first(1), std::vector<std::int64_t>{k_nlon},
             std::span<const double>(grid().longitudes_deg()));
  std::vector<double> coefficients;
  for (double constant : {280.0 - 273.15, 4.0, -2.0})
    coefficients.insert(coefficients.end(), k_points, constant);
  file.write(mean, origin, std::vector<std::int64_t>{3, k_nlat, k_nlon},
             std::span<const double>(coefficients));
  file.write(deviation, std::span(origin).first(2), std::vector<std::int64_t>{k_nlat, k_nlon},
             std::span<const double>(std::vector<double>(k_points, k_climate_std)));
  file.close();
}

std::filesystem::path VerifyWorld::start_directory(int start) const {
  return path() / "forecasts" / this->start(start).file_stamp();
}

std::filesystem::path VerifyWorld::member_file(int start, int member) const {
  return start_directory(start) / "members" / fmt::format("mem{:05}.nc", member);
}

Instant VerifyWorld::start(int index) const {
  return Instant::parse("2003-01-15") + Duration::days(10 * index);
}

std::vector<float> VerifyWorld::truth(const Instant& valid) const {
  const auto noise = normals(seed_of(valid, 0), k_points);
  std::vector<float> out = climate(valid);
  for (std::size_t p = 0; p < out.size(); ++p) out[p] += static_cast<float>(3.0 * noise[p]);
  return out;
}

std::vector<float> VerifyWorld::member(int start, int member, Duration lead) const {
  const Instant valid = this->start(start) + lead;
  const auto noise = normals(seed_of(valid, member + 1), k_points);
  std::vector<float> out = truth(valid);
  const double size = member == 0 ? 0.2 : 0.5 + 0.02 * lead.in_hours();
  for (std::size_t p = 0; p < out.size(); ++p) out[p] += static_cast<float>(size * noise[p]);
  return out;
}

std::vector<float> VerifyWorld::climate(const Instant& valid) const {
  const double days =
      static_cast<double>(valid.day_of_year() - 1) + valid.seconds_of_day() / 86400.0;
  const double angle = 2.0 * std::numbers::pi * days / 365.0;
  return std::vector<float>(
      k_points, static_cast<float>(280.0 + 4.0 * std::cos(angle) - 2.0 * std::sin(angle)));
}

void VerifyWorld::write_member(int start, int member, int content, const std::string& checkpoint) const {
  std::filesystem::create_directories(start_directory(start) / "members");
  io::MemberMetadata metadata;
  metadata.member = member;
  metadata.start = this->start(start);
  metadata.leads = leads();
  metadata.attributes = {{"source", std::string("a random number generator")}};
  if (!checkpoint.empty()) metadata.attributes.emplace_back("MYRIAD_weights_sha256", checkpoint);
  io::MemberWriterOptions options = exact();
  options.existing = Existing::replace;
  io::MemberWriter writer(member_file(start, member), grid(), channels(), metadata, options);
  for (std::size_t t = 0; t < leads().size(); ++t)
    writer.append(static_cast<std::int64_t>(t), this->member(start, content < 0 ? member : content, leads()[t]));
  writer.finish();
}

void VerifyWorld::write_analysis(const std::vector<Instant>& without) const {
  std::set<std::int64_t> hours;
  for (int s = 0; s < starts_; ++s) {
    for (Duration lead : leads()) {
      const Instant valid = start(s) + lead;
      if (std::find(without.begin(), without.end(), valid) == without.end())
        hours.insert((valid - start(0)).seconds / 3600);
    }
  }
  io::MemberMetadata metadata;
  metadata.start = start(0);
  for (std::int64_t h : hours) metadata.leads.push_back(Duration::hours(h));
  metadata.attributes = {{"title", std::string("analyses of the small world")}};
  io::MemberWriterOptions options = exact();
  options.existing = Existing::replace;
  io::MemberWriter writer(path() / "analysis.nc", grid(), channels(), metadata, options);
  std::int64_t index = 0;
  for (Duration lead : metadata.leads) writer.append(index++, truth(start(0) + lead));
  writer.finish();
}

std::string VerifyWorld::yaml(const std::string& more) const {
  const std::string p = path().string();
  return fmt::format(
      "out: {0}/out\nforecasts: [{0}/forecasts]\nanalysis: [{0}/analysis.nc]\nclimatology: "
      "{0}/climatology.nc\n{1}",
      p, more);
}

Config VerifyWorld::config(const std::string& more) const {
  return Config::from_text(std::make_shared<const Schema>(pipelines::verify_schema()), yaml(more),
                           "test.yaml");
}

}  // namespace myriad::test
