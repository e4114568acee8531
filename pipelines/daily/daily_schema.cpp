#include "pipelines/daily/daily_schema.hpp"

namespace myriad::pipelines {

Schema daily_schema() {
  Schema s("daily", "Everything that is due for one cycle of a suite");
  s.path("out", "Directory of the suite; each cycle has its own directory in it")
      .required()
      .on_command_line()
      .not_hashed();
  s.date("cycle", "Nominal start of the forecast").required().on_command_line();
  s.duration("interval", "Time between cycles").default_to("24h").at_least(60);
  s.choice("stages", "What to do, for suites that run the stages as jobs of their own",
           {"analysis", "forecast", "verify", "prune"})
      .list(1)
      .default_to(Json(Json::Array{"analysis", "forecast", "verify", "prune"}))
      .on_command_line()
      .not_hashed();
  s.choice("report", "Tell a workflow manager how far the cycle is", {"none", "ecflow", "cylc"})
      .default_to("none")
      .on_command_line()
      .not_hashed();

  Schema& analysis = s.section("analysis", "Initial states");
  Schema& source = analysis.section_list(
      "sources", "Where they come from; the first that has the cycle is taken");
  source.text("name", "For messages").required();
  source.path("files", "Files or glob patterns; %Y %m %d %H stand for the start")
      .list(1)
      .required();
  analysis.duration("wait", "How long to wait for the analysis of the cycle").default_to("0h");
  analysis.duration("poll", "How often to look").default_to("60s").at_least(1);
  analysis
      .duration("max_age",
                "An analysis up to this much older than the cycle may take its place; 0h: none may")
      .default_to("24h");

  Schema& forecast = s.section("forecast", "The forecast of the cycle");
  forecast.path("config", "Configuration of `myriad forecast`").required();
  forecast.text("set", "Further key=value settings").list().default_to(Json(Json::Array{}));
  forecast.text("launcher", "Program and arguments put before myriad, e.g. [mpirun, -n, \"4\"]")
      .list()
      .default_to(Json(Json::Array{}))
      .not_hashed();

  Schema& verification =
      s.optional_section("verification", "Scores of the cycles whose last lead has an analysis");
  verification.path("config", "Configuration of `myriad verify`").required();
  verification.path("analysis", "Files or glob patterns of the verifying fields")
      .list(1)
      .required();
  verification.text("set", "Further key=value settings").list().default_to(Json(Json::Array{}));
  verification.duration("reach", "Cycles up to this much older than the present one are looked at")
      .default_to("30d");

  Schema& retention =
      s.optional_section("retention", "What is deleted; without this section nothing is");
  retention.duration("members",
                     "Age of a cycle from which on its member files are deleted; absent: never");
  retention.duration("forecast",
                     "Age from which on all files of its forecast are deleted; absent: never");
  retention.duration(
      "unverified",
      "Forecasts that still wait for their scores are kept up to this age; absent: for ever");
  return s;
}

}  // namespace myriad::pipelines
