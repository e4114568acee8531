#include "pipelines/exit_codes/exit_codes.hpp"

#include <array>

#include "src/base/error.hpp"
#include "src/base/json.hpp"

namespace myriad::pipelines {

namespace {

struct Row {
  int code;
  std::string_view meaning;
  std::string_view advice;
};

const std::array<Row, 14>& rows() {
  using enum ErrorKind;
  static const std::array<Row, 14> table = {{
      {0, "complete and verified", "go on"},
      {k_exit_degraded, "complete but degraded (some members failed; their list is written)",
       "go on, raise a flag"},
      {exit_code(usage), "command line wrong", "never retry"},
      {exit_code(input_corrupt), "input corrupt or inconsistent",
       "never retry; fetch the input again"},
      {exit_code(input_missing), "input missing", "retry later"},
      {exit_code(unavailable), "device, library or feature not available", "run on another node"},
      {exit_code(internal), "internal error (a bug), report bundle written", "stop and report it"},
      {exit_code(resources), "out of memory or threads", "retry with a smaller block or more memory"},
      {exit_code(cannot_create), "output cannot be created", "correct the place, then retry"},
      {exit_code(io), "read or write failed, disk full", "retry after making space"},
      {exit_code(stopped_early), "stopped early with a valid checkpoint",
       "submit the same command again"},
      {exit_code(quality), "quality control: NaN or out of range values produced",
       "stop; a human must look"},
      {exit_code(permission), "permission denied", "a human must look"},
      {exit_code(config_invalid), "configuration invalid", "never retry"},
  }};
  return table;
}

int run_exit_codes(const VerbContext& context) {
  std::string text;
  for (const Row& row : rows()) {
    if (context.has_option("json")) {
      Json json;
      json.set("code", row.code);
      json.set("meaning", row.meaning);
      json.set("advice", row.advice);
      text += to_json_text(json) + "\n";
    } else {
      text += fmt::format("{:>3}  {:<68}  {}\n", row.code, row.meaning, row.advice);
    }
  }
  context.print(text);
  return 0;
}

}  // namespace

Verb exit_codes_verb() {
  Verb verb;
  verb.name = "exit-codes";
  verb.summary = "Print the table of exit codes";
  verb.example = "  myriad exit-codes --json";
  verb.options = {{"json", "print one JSON object per line", CliOption::Kind::flag}};
  verb.run = run_exit_codes;
  return verb;
}

}  // namespace myriad::pipelines
