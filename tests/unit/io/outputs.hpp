#pragma once
/// \file
/// Members with known content, for the tests of writers, checker and tools.

#include <cstdint>
#include <vector>

#include "src/io/member_writer.hpp"

namespace myriad::io::test {

Grid small_grid();

/// Complete metadata of member \p member: start 2001-01-15T00Z, leads 0, 6, 12 h.
MemberMetadata member_metadata(std::int64_t member);

/// All channels of one lead time, within their physical range; pressure-like values vary with
/// member and lead.
std::vector<float> member_fields(const std::vector<Channel>& channels, const Grid& grid,
                                 std::int64_t member, std::int64_t lead_index);

/// Write a whole member.
PublishedFile write_member(const std::filesystem::path& path, const std::vector<Channel>& channels,
                           std::int64_t member, const MemberWriterOptions& options = {});

}  // namespace myriad::io::test
