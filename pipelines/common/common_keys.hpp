#pragma once
/// \file
/// Configuration keys that several verbs share, each also a flag of the same name.

#include "src/base/progress.hpp"
#include "src/base/schema.hpp"

namespace myriad::pipelines {

/// Keys read by the program itself before a verb runs: quiet, verbose, log_format, log_dir,
/// progress, wall_limit. Every verb with a schema gets them automatically; a verb reads `progress`
/// from its own configuration.
void add_process_keys(Schema& schema);

/// `out` (path, required) and `overwrite` (flag, default false).
void add_output_keys(Schema& schema);
/// `device`: choice auto-free list cpu | cuda; asking for a device that is not there is an error,
/// never a fallback.
void add_device_keys(Schema& schema);  // device, threads
/// `seed` (integer >= 0, default 0).
void add_seed_key(Schema& schema);
/// `members` (members, default 64).
void add_members_key(Schema& schema);
/// `start` (date, required) and `lead` (duration, default 240h).
void add_lead_keys(Schema& schema);

}  // namespace myriad::pipelines
