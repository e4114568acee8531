#pragma once
/// \file
/// Keys of elastic training in a configuration.

#include <cstdint>
#include <filesystem>
#include <string>

#include "src/base/config.hpp"
#include "training/elastic/elastic_group.hpp"
#include "training/elastic/lighthouse.hpp"

namespace myriad::train::elastic {

/// Declare the keys below \p section (made with Schema::optional_section: elastic training is off unless the user asks for
/// it). None of them changes results: call Schema::not_hashed() on it.
void add_elastic_keys(Schema& section);

/// Errors of both: those of load_token; ErrorKind::config_invalid (E2471) for min_members above workers.
LighthouseConfig lighthouse_config(const Config& section, const std::filesystem::path& journal);
/// \param lighthouse its address
ElasticConfig elastic_config(const Config& section, std::string lighthouse);

}  // namespace myriad::train::elastic
