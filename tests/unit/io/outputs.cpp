#include "tests/unit/io/outputs.hpp"

#include <cmath>
#include <numbers>

namespace myriad::io::test {

Grid small_grid() {
  return Grid(GridType::legendre_gauss, 16, 32);
}

MemberMetadata member_metadata(std::int64_t member) {
  MemberMetadata metadata;
  metadata.member = member;
  metadata.start = Instant::parse("2001-01-15T00Z");
  for (std::int64_t lead = 0; lead <= 12; lead += 6)
    metadata.leads.push_back(Duration::hours(lead));
  metadata.attributes = {{"title", "Test forecast"},
                         {"summary", "Made-up fields on a small grid"},
                         {"source", "test 0.1.0, no weights"},
                         {"institution", "none"},
                         {"license", "CC0-1.0"},
                         {"date_created", "2001-01-15T03:00:00Z"},
                         {"history", "2001-01-15T03:00:00Z test"},
                         {"id", "0123456789abcdef"},
                         {"product_version", "0.1.0"},
                         {"keywords", "weather forecast, ensemble"},
                         {"processing_level", "forecast"},
                         {"MYRIAD_forecast_id", "0123456789abcdef"},
                         {"MYRIAD_member", static_cast<std::int32_t>(member)},
                         {"MYRIAD_seed", "42"},
                         {"MYRIAD_config_sha256", "00"},
                         {"MYRIAD_weights_sha256", "11"},
                         {"MYRIAD_git_describe", "v0.1.0"}};
  return metadata;
}

std::vector<float> member_fields(const std::vector<Channel>& channels, const Grid& grid,
                                 std::int64_t member, std::int64_t lead_index) {
  std::vector<float> fields;
  const std::vector<double> latitudes = grid.latitudes_deg();
  const std::vector<double> longitudes = grid.longitudes_deg();
  for (std::size_t c = 0; c < channels.size(); ++c) {
    for (const double latitude : latitudes) {
      for (const double longitude : longitudes) {
        const double phase = 0.3 * static_cast<double>(c) + 0.7 * static_cast<double>(member) +
                             0.11 * static_cast<double>(lead_index);
        const double wave = std::sin(0.05 * latitude + phase) *
                            std::cos(longitude * std::numbers::pi / 180.0 - phase);
        const double middle = 0.5 * (channels[c].minimum + channels[c].maximum);
        fields.push_back(
            static_cast<float>(middle + 0.3 * (channels[c].maximum - channels[c].minimum) * wave));
      }
    }
  }
  return fields;
}

PublishedFile write_member(const std::filesystem::path& path, const std::vector<Channel>& channels,
                           std::int64_t member, const MemberWriterOptions& options) {
  const Grid grid = small_grid();
  const MemberMetadata metadata = member_metadata(member);
  MemberWriter writer(path, grid, channels, metadata, options);
  for (std::int64_t t = 0; t < static_cast<std::int64_t>(metadata.leads.size()); ++t) {
    writer.append(t, member_fields(channels, grid, member, t));
  }
  return writer.finish();
}

}  // namespace myriad::io::test
