#include "pipelines/verify/verify_schema.hpp"

#include "pipelines/common/common_keys.hpp"
#include "pipelines/common/file_attributes.hpp"
#include "pipelines/common/score_families.hpp"
#include "pipelines/verify/health.hpp"
#include "pipelines/verify/return_levels.hpp"
#include "pipelines/verify/scored_fields.hpp"
#include "pipelines/verify/scored_regions.hpp"
#include "pipelines/verify/shown_fields.hpp"
#include "pipelines/verify/weights.hpp"

namespace myriad::pipelines {

Schema verify_schema() {
  Schema s("verify", "Score ensemble forecasts against what happened");
  add_output_keys(s, "Directory of scores.nc and report.html");
  add_seed_key(s);
  add_device_keys(s);
  s.path("forecasts",
         "Forecast directories, or directories with one forecast directory per start; or files of an ensemble, NetCDF or "
         "GRIB, as names or glob patterns")
      .list(1);
  s.choice("dim_names",
           "How files of an ensemble call members, starts and leads: found out (auto), CF names, those of cfgrib, or of "
           "WeatherBench 2",
           {"auto", "cf", "cfgrib", "wb2"})
      .default_to("auto")
      .on_command_line();
  s.text("variables", "Files of an ensemble: pairs channel=variable where the search fails").list(1);
  s.duration("lead_if_absent", "Lead of files of an ensemble that state none; 0h for analyses");
  s.path(
      "archive",
      "Instead of forecasts and analysis: one file with members, truth and control of all starts");
  s.path("analysis", "Files or glob patterns of the verifying fields").list(1);
  Schema& truth = s.optional_section(
      "truth", "Instead of analysis: the verifying values of files of an ensemble, by valid time");
  truth.path("files", "Where they are; absent: the files of the forecasts").list(1);
  truth.text("variables", "Pairs channel=variable").list(1);
  truth.choice("dim_names", "As of the forecasts", {"auto", "cf", "cfgrib", "wb2"}).default_to("auto");
  s.path("climatology", "File of annual harmonics; without it there is no anomaly correlation");
  s.text("channels", "Channels to score; absent: all of the forecasts; empty: none but derived").list();
  add_scored_field_keys(s);
  add_region_keys(s);
  s.duration("leads", "Lead times to score; absent: all of the forecasts").list(1);
  s.choice("control",
           "Member 0: scored by itself (exclude), also as a member (include), or a member like "
           "others (none)",
           {"exclude", "include", "none"})
      .default_to("exclude");
  s.choice("backend", "Implementation of the ops", {"kokkos", "reference"}).default_to("kokkos");
  s.number("memory_mb", "Members held at once; larger ensembles are read in bands of rows")
      .default_to(1024.0)
      .range(0.001, 1048576)
      .unit("MiB")
      .not_hashed();
  s.choice("table", "Table on stdout: brief fits a screen, full holds every channel and lead", {"brief", "full"})
      .default_to("brief")
      .on_command_line()
      .not_hashed();

  Schema& ranks = s.section("ranks", "Rank histograms");
  ranks.integer("bins", "Most bins; fewer than members + 1 pools ranks")
      .default_to(101)
      .range(2, 10000);
  ranks.choice("weighting", "How much a grid point counts", {"area", "equal"}).default_to("area");

  Schema& spectra = s.section("spectra", "Power per total degree");
  spectra.integer("members", "Members whose spectra are averaged; 0: no spectra")
      .default_to(16)
      .range(0, 100000);
  spectra.flag("winds", "Kinetic energy of the wind where both components are scored")
      .default_to(true);

  add_score_keys(s, Hashed::yes);
  add_member_keys(s);
  add_weight_keys(s);
  add_return_level_keys(s);

  add_attribution_keys(s.section("output", "Global attributes of scores.nc"));

  Schema& report = s.section("report", "What report.html shows");
  report.text("title", "Heading").default_to("Ensemble forecast verification");
  report.text("forecast", "What made the forecasts, as a noun phrase; absent: from the files");
  report.text("truth", "What they are compared with, as a noun phrase; absent: from the files");
  report.date("start", "Start shown in maps and plumes; absent: the first");
  report.duration("map_leads", "Leads of the maps, and of the reliability and ROC of scores.events, that the forecasts have")
      .list(0, 20)
      .default_to(Json(Json::Array{"24h", "120h", "240h"}));
  report.path("climate_quantiles", "Quantiles of the climate: maps of the extreme forecast index and shifts of tails");
  Schema& place = report.section_list("places", "Places of the plumes");
  place.text("name", "As written in the report").required();
  place.number("latitude", "North positive").required().range(-90, 90).unit("degrees");
  place.number("longitude", "East positive").required().range(-180, 360).unit("degrees");
  add_shown_field_keys(report);
  return s;
}

}  // namespace myriad::pipelines
