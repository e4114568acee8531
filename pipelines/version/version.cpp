#include "pipelines/version/version.hpp"

#include "src/base/build_info.hpp"
#include "src/base/error.hpp"
#include "src/base/json.hpp"
#include "src/base/time.hpp"

namespace myriad::pipelines {

namespace {

int run_version(const VerbContext& context) {
  const BuildInfo& info = build_info();
  const std::string mpi = mpi_library_version();
  if (context.has_option("json")) {
    Json json;
    json.set("version", info.version);
    json.set("git_describe", info.git_describe);
    if (info.source_epoch > 0) json.set("source_date", Instant::from_seconds_since_1970(info.source_epoch).iso());
    json.set("compiler", info.compiler);
    json.set("build_type", info.build_type);
    json.set("architecture", info.architecture);
    json.set("sanitizers", info.sanitizers);
    json.set("mpi_library", mpi);
    Json libraries{Json::Object{}};
    for (const auto& [name, version] : info.libraries) libraries.set(name, version);
    json.set("libraries", std::move(libraries));
    context.print(to_json_text(json, JsonStyle::indented) + "\n");
    return 0;
  }
  std::string text = fmt::format("myriad {} ({})\n", info.version, info.git_describe);
  const auto line = [&](std::string_view name, std::string_view value) {
    if (!value.empty()) text += fmt::format("  {:<14} {}\n", name, value);
  };
  line("compiler", info.compiler);
  line("build", fmt::format("{}, -march={}", info.build_type, info.architecture));
  line("sanitizers", info.sanitizers);
  line("mpi library", mpi);
  for (const auto& [name, version] : info.libraries) line(name, version);
  context.print(text);
  return 0;
}

}  // namespace

Verb version_verb() {
  Verb verb;
  verb.name = "version";
  verb.summary = "Print version, compiler and libraries";
  verb.example = "  myriad version --json";
  verb.options = {{"json", "print one JSON object", CliOption::Kind::flag}};
  verb.run = run_version;
  return verb;
}

}  // namespace myriad::pipelines
