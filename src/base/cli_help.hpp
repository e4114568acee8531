#pragma once
/// \file
/// Help texts. For the implementation of src/base only.

#include <string>
#include <string_view>
#include <vector>

#include "src/base/cli.hpp"

namespace myriad::detail {

/// Overview: one line per verb.
std::string program_help(const std::vector<CliVerb>& verbs, std::string_view summary);
/// At most 24 lines of at most 80 columns.
std::string short_help(const CliVerb& verb);
/// Everything: arguments, flags, configuration keys, examples.
std::string full_help(const CliVerb& verb);
/// "usage: myriad forecast [config.yaml] [--set key=value]... [flags]"
std::string usage_line(const CliVerb& verb);

}  // namespace myriad::detail
