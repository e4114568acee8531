#pragma once
/// \file
/// Configuration keys that several verbs share, each also a flag of the same name.

#include <string_view>

#include "src/base/schema.hpp"

namespace myriad::pipelines {

/// quiet, verbose, log_format, log_dir: every verb has them; read before it runs.
void add_log_keys(Schema& schema);

/// progress, wall_limit: every verb with a configuration has them. The program reads wall_limit,
/// the verb `progress`.
void add_run_keys(Schema& schema);

/// `out` (path, required; \p doc says what it holds) and `overwrite` (flag). Not hashed.
void add_output_keys(Schema& schema, std::string_view doc = "Directory of all output");
/// `device`: cpu or cuda (one that is not there is an error, never a fallback); `threads` (optional,
/// not hashed: results do not depend on it).
void add_device_keys(Schema& schema);
/// `transport` (auto, mpi, nccl): what carries \p what between ranks. Not hashed: results do not depend on it.
void add_transport_key(Schema& schema, std::string_view what);
/// `seed` (integer >= 0, default 0).
void add_seed_key(Schema& schema);
/// `members` (default 64). Not hashed: a member does not depend on which others run
/// (docs/adr/0002).
void add_members_key(Schema& schema);
/// `start` (date, required) and `lead` (length of time, default 240h).
void add_lead_keys(Schema& schema);

}  // namespace myriad::pipelines
