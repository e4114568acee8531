#pragma once
/// \file
/// Global attributes that all our NetCDF outputs have (ACDD 1.3): who made what, from what, by
/// which program.

#include <string>

#include "src/base/config.hpp"
#include "src/base/schema.hpp"
#include "src/base/time.hpp"
#include "src/io/cf_output.hpp"

namespace myriad::pipelines {

/// Keys `institution`, `license`, `creator_name`, `creator_email`, `creator_url`, `references` and
/// `date_created` of a section about output. They enter the files, so they are hashed.
void add_attribution_keys(Schema& section);

/// What a verb knows about a file it writes.
struct FileFacts {
  std::string verb;  ///< "forecast"
  std::string title;
  std::string summary;   ///< a sentence or two
  std::string source;    ///< the model and its weights
  std::string history;   ///< what was done, for the verb's line of the history
  std::string keywords;  ///< comma separated
  std::string processing_level;
  std::string id;        ///< hash of everything the content depends on
  Instant newest_input;  ///< latest time that the content could not have been made before
};

/// The moment stated as date_created and in the history: key `date_created` when it is given, else
/// the later of the program's source date and \p newest_input.
///
/// Neither the clock nor the run directory enters, so that the same command gives the same bytes
/// wherever and whenever it runs (docs/adr/0002).
Instant creation_date(const Config& section, const Instant& newest_input);

/// The ACDD attributes; optional ones that are empty are left out. \p section has the keys of
/// add_attribution_keys(). Determinism: a function of the arguments and the program's version
/// alone.
io::NcAttributes file_attributes(const Config& section, const FileFacts& facts);

}  // namespace myriad::pipelines
