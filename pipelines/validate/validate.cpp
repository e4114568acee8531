#include "pipelines/validate/validate.hpp"

#include "pipelines/validate/validate_run.hpp"
#include "src/base/error.hpp"
#include "src/base/files.hpp"
#include "src/comm/agree.hpp"

namespace myriad::pipelines {

namespace {

/// Exit 0 when every published file is whole; 65 with the list of those that are not; 66 without a
/// manifest.
int run_validate(const VerbContext& context) {
  const std::vector<std::string> runs = context.arguments("RUN");
  MYRIAD_VALIDATE(!runs.empty(), ErrorKind::usage, "E2603",
                  "argument RUN is missing (which run is meant?); e.g. 'myriad validate demo-run'");
  ValidateOptions options;
  options.check_cf = context.has_option("cf");
  options.isolate = context.has_option("isolate");
  MYRIAD_VALIDATE(
      !options.isolate || context.comm.size() == 1, ErrorKind::usage, "E2603",
      "--isolate with {} ranks (a process of MPI cannot be doubled); start it without mpirun",
      context.comm.size());
  for (const std::string& file : context.option_values("weights"))
    options.weights.push_back(expand_home(file));
  run_agreed(context.comm, [&] {
    if (!context.root()) return;
    std::size_t damaged = 0;
    std::size_t files = 0;
    for (const std::string& run : runs) {
      const ValidationReport report = validate_run(expand_home(run), options);
      context.print(context.has_option("porcelain") ? to_json_text(to_json(report)) + "\n"
                                                    : describe(report));
      damaged += report.damaged.size();
      files += report.files;
    }
    MYRIAD_VALIDATE(damaged == 0, ErrorKind::input_corrupt, "E2612",
                    "{} of {} published files are damaged (they are listed on stdout) run the "
                    "forecast's command again: it "
                    "makes them anew, with the same bits",
                    damaged, files);
  });
  return 0;
}

}  // namespace

Verb validate_verb() {
  Verb verb;
  verb.name = "validate";
  verb.summary = "Prove that every file a run has published is there and whole";
  verb.example =
      "  myriad validate demo-run\n"
      "  myriad validate demo-run --cf --weights configs/default/seed1.safetensors --porcelain";
  verb.positionals = {{"RUN", "run directories", CliPositional::Count::any}};
  verb.options = {
      {"cf", "check the header contract (CF, ACDD) of every NetCDF file too",
       CliOption::Kind::flag},
      {"weights", "FILE: a checkpoint; all files must have been made with those given (repeatable)",
       CliOption::Kind::values},
      {"isolate", "open files in a child process, for directories that nobody vouches for",
       CliOption::Kind::flag},
      {"porcelain", "print one JSON object per line and run, with stable keys",
       CliOption::Kind::flag}};
  verb.run = run_validate;
  return verb;
}

}  // namespace myriad::pipelines
