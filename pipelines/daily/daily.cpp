#include "pipelines/daily/daily.hpp"

#include "pipelines/daily/daily_run.hpp"
#include "pipelines/daily/daily_schema.hpp"
#include "src/base/error.hpp"

namespace myriad::pipelines {

namespace {

int run_daily(const VerbContext& context) {
  MYRIAD_VALIDATE(context.comm.size() == 1, ErrorKind::usage, "E2691",
                  "daily runs on {} ranks (it starts the forecast's ranks itself) drop the "
                  "launcher and set forecast.launcher",
                  context.comm.size());
  DailyRun run(context);
  if (context.dry_run()) {
    context.print(run.plan_text());
    return 0;
  }
  run.begin();
  try {
    if (run.settings().wants("analysis")) run.choose_analysis();
    if (run.settings().wants("forecast")) run.forecast();
    if (run.settings().wants("verify")) run.verify();
    if (run.settings().wants("prune")) run.prune();
    return run.finish();
  } catch (const Error& error) {
    run.tell_failure(error);
    throw;
  }
}

}  // namespace

Verb daily_verb() {
  Verb verb;
  verb.name = "daily";
  verb.summary = "Run all that is due for one cycle: analysis, forecast, scores, retention";
  verb.example =
      "  myriad daily configs/daily_default.yaml --cycle 2003-01-15T00Z\n"
      "  myriad daily configs/daily_default.yaml --cycle 2003-01-15T00Z --stages verify,prune";
  verb.schema = daily_schema;
  verb.run = run_daily;
  return verb;
}

}  // namespace myriad::pipelines
