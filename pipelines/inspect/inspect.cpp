#include "pipelines/inspect/inspect.hpp"

#include <filesystem>
#include <string>

#include "pipelines/inspect/inspect_report.hpp"
#include "src/base/files.hpp"
#include "src/state/checkpoint.hpp"

namespace myriad::pipelines {
namespace {

/// Exit 0 when every hash fits and all numbers are finite; 65 damaged or not finite; 66 not there.
int run_inspect(const VerbContext& context) {
  const std::filesystem::path file = expand_home(context.argument("FILE"));
  // Every rank reads the same bytes, so all of them agree on the outcome; print() speaks on rank 0
  // only.
  const CheckpointSummary summary = verify_checkpoint(file);
  if (context.has_option("json")) {
    context.print(to_json_text(inspect_json(summary, file.string()), JsonStyle::indented) + "\n");
  } else {
    context.print(inspect_text(summary, file.string()));
  }
  check_finite(summary, file.string());
  return 0;
}

}  // namespace

Verb inspect_verb() {
  Verb verb;
  verb.name = "inspect";
  verb.summary = "Verify a checkpoint and print what is in it";
  verb.example =
      "myriad inspect model.safetensors\n"
      "myriad inspect model.safetensors --json";
  verb.positionals = {
      {"FILE", "a native checkpoint (docs/formats/checkpoint.md)", CliPositional::Count::one}};
  verb.options = {{"json", "print one JSON object", CliOption::Kind::flag}};
  verb.run = run_inspect;
  return verb;
}

}  // namespace myriad::pipelines
