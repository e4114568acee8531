#include "pipelines/common/verb.hpp"

#include <cerrno>
#include <cstdio>

#include "src/base/error.hpp"
#include "src/base/files.hpp"

namespace myriad::pipelines {

std::string VerbContext::argument(std::string_view name) const {
  const std::vector<std::string> values = arguments(name);
  return values.empty() ? std::string() : values.front();
}

std::vector<std::string> VerbContext::arguments(std::string_view name) const {
  const auto found = cli.positionals.find(name);
  MYRIAD_EXPECT(found != cli.positionals.end());
  return found->second;
}

bool VerbContext::has_option(std::string_view name) const {
  return cli.options.find(name) != cli.options.end();
}

std::optional<std::string> VerbContext::option(std::string_view name) const {
  const std::vector<std::string> values = option_values(name);
  if (values.empty()) return std::nullopt;
  return values.back();
}

std::vector<std::string> VerbContext::option_values(std::string_view name) const {
  const auto found = cli.options.find(name);
  return found == cli.options.end() ? std::vector<std::string>() : found->second;
}

void VerbContext::print(std::string_view text) const {
  if (!root()) return;
  const bool good =
      std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
  MYRIAD_VALIDATE(good, ErrorKind::io, "E2610",
                  "cannot write the result to stdout ({}); check where it goes", errno_text(errno));
}

}  // namespace myriad::pipelines
