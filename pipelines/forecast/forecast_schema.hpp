#pragma once
/// \file
/// Configuration of `myriad forecast`.

#include "src/base/config.hpp"
#include "src/base/schema.hpp"
#include "src/io/map_window.hpp"

namespace myriad::pipelines {

Schema forecast_schema();

/// Keys of a box in degrees: south, north, west, east.
void add_box_keys(Schema& region);
io::MapBox read_box(const Config& region);

}  // namespace myriad::pipelines
