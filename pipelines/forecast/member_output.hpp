#pragma once
/// \file
/// Files of single members.

#include <cstdint>
#include <functional>
#include <span>

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

}  // namespace myriad::pipelines
