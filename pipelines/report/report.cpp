#include "pipelines/report/report.hpp"

#include <filesystem>

#include "diagnostics/comparison.hpp"
#include "diagnostics/report.hpp"
#include "diagnostics/report_file.hpp"
#include "diagnostics/stored_scores.hpp"
#include "src/base/error.hpp"
#include "src/base/files.hpp"
#include "src/base/log.hpp"
#include "src/comm/agree.hpp"

namespace myriad::pipelines {
namespace {

namespace fs = std::filesystem;

/// What `myriad verify` has left in a directory.
struct VerifiedRun {
  explicit VerifiedRun(const fs::path& directory)
      : scores(file_of(directory, "scores.nc")),
        report(diag::read_report_file(file_of(directory, "report.nc"), scores)) {}
  VerifiedRun(const VerifiedRun&) = delete;
  VerifiedRun& operator=(const VerifiedRun&) = delete;

  static std::string file_of(const fs::path& directory, const char* name) {
    const fs::path file = directory / name;
    MYRIAD_VALIDATE(fs::exists(file), ErrorKind::input_missing, "E2700",
                    "{} is not there (a report needs scores.nc and report.nc) give the output "
                    "directory of 'myriad verify' of this version",
                    file.string());
    return file.string();
  }

  diag::StoredScores scores;
  diag::Report report;  ///< its results are `scores`
};

void write_page(const VerbContext& context, const fs::path& page, const std::string& html) {
  const Existing existing = context.has_option("overwrite") ? Existing::replace : Existing::refuse;
  check_output(page, existing);
  make_directory(page.parent_path());
  publish_text(page, html, existing);
  context.print(page.string() + "\n");
}

int run_report(const VerbContext& context) {
  const std::vector<std::string> runs = context.arguments("RUN");
  MYRIAD_VALIDATE(runs.size() == 1 || runs.size() == 2, ErrorKind::usage, "E2701",
                  "{} directories are given (a report is of one verification or compares two) e.g. "
                  "'myriad report demo-run', 'myriad report new old --out comparison'",
                  runs.size());
  run_agreed(context.comm, [&] {
    if (!context.root()) return;
    const fs::path out = expand_home(context.option("out").value_or(runs.front()));
    const VerifiedRun first(expand_home(runs.front()));
    if (runs.size() == 1) {
      write_page(context, out / "report.html", diag::render_report(first.report));
      return;
    }
    const VerifiedRun second(expand_home(runs.back()));
    write_page(context, out / "comparison.html",
               diag::render_comparison(first.report, second.report));
  });
  return 0;
}

}  // namespace

Verb report_verb() {
  Verb verb;
  verb.name = "report";
  verb.summary = "Make the page of a verification again, or compare two systems";
  verb.example =
      "  myriad report demo-run --overwrite\n"
      "  myriad report new old --out comparison";
  verb.positionals = {{"RUN", "one or two output directories of 'myriad verify': A, then B",
                       CliPositional::Count::any}};
  verb.options = {{"out", "DIR: where report.html or comparison.html goes; absent: the first RUN",
                   CliOption::Kind::value},
                  {"overwrite", "replace a page that is there", CliOption::Kind::flag}};
  verb.run = run_report;
  return verb;
}

}  // namespace myriad::pipelines
