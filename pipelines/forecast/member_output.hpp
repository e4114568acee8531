#pragma once
/// \file
/// Files of single members.

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "pipelines/forecast/attributes.hpp"
#include "pipelines/forecast/forecast_setup.hpp"
#include "src/io/member_writer.hpp"

namespace myriad::pipelines {

/// What the files of a forecast date have in common.
ForecastFacts facts_of(const ForecastSetup& setup, std::size_t date);

/// Fills fields [channel, lat, lon] of the output channels at one output lead.
using ReadFields = std::function<void(std::size_t lead, std::span<float> fields)>;

/// Write and publish the file of one member.
/// Errors: ErrorKind::quality (E2060, E2063) when a value is not physical; those of io::MemberWriter.
void publish_member(const ForecastSetup& setup, std::size_t date, const Member& member, Existing existing,
                    const ReadFields& read);

/// Reads the fields of member number \p member at an output lead.
using ReadMemberFields = std::function<void(std::int64_t member, std::size_t lead, std::span<float> fields)>;

/// Write and publish the kept members of a checkpoint in one file of layout A: <channel>(time, realization, lat, lon).
/// \param members numbers, increasing
void publish_packed(const ForecastSetup& setup, std::size_t date, const std::vector<std::int64_t>& members,
                    const ReadMemberFields& read);

}  // namespace myriad::pipelines
