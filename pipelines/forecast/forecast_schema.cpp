#include "pipelines/forecast/forecast_schema.hpp"

#include "pipelines/common/common_keys.hpp"
#include "pipelines/common/health_keys.hpp"
#include "pipelines/common/run_cost.hpp"
#include "pipelines/common/score_families.hpp"
#include "pipelines/forecast/cascade_settings.hpp"
#include "pipelines/forecast/perturbations.hpp"
#include "pipelines/common/file_attributes.hpp"

namespace myriad::pipelines {

void add_box_keys(Schema& region) {
  region.number("south", "Southern edge").unit("degrees").default_to(-90.0).range(-90, 90);
  region.number("north", "Northern edge").unit("degrees").default_to(90.0).range(-90, 90);
  region.number("west", "Western edge, may be negative or larger than east").unit("degrees").default_to(0.0).range(-360, 360);
  region.number("east", "Eastern edge").unit("degrees").default_to(360.0).range(-360, 360);
}

io::MapBox read_box(const Config& region) {
  return {region.number("south"), region.number("north"), region.number("west"), region.number("east")};
}

Schema forecast_schema() {
  Schema s("forecast", "Run an ensemble forecast");
  add_output_keys(s);
  add_seed_key(s);
  add_members_key(s);
  add_lead_keys(s);
  add_device_keys(s);
  add_transport_key(s, "fields for statistics");
  add_cost_key(s);
  s.choice("backend", "Implementation of the ops", {"kokkos", "reference"}).default_to("kokkos");
  s.choice("precision", "Formats of the arithmetic; tf32, mixed (bf16) and half (fp16) need --device cuda", {"f32", "f64", "tf32", "mixed", "half"}).default_to("f32");
  s.choice("resume", "Members already published by the same run are kept", {"auto", "never", "require"})
      .default_to("auto")
      .on_command_line()
      .not_hashed();
  s.path("checkpoints", "Model checkpoints; member m uses number m mod count").list(1).required().not_hashed();
  s.integer("block", "Members stepped together; does not change results").default_to(8).range(1, 4096).not_hashed();
  s.duration("lags",
             "Lagged ensemble: ages of the analyses that members start from, in turn")
      .list(1)
      .default_to(Json(Json::Array{"0h"}));
  s.choice("order",
           "member: each block to its end; lead: all blocks lead by lead, so that products of a lead appear at once",
           {"member", "lead"})
      .default_to("member")
      .not_hashed();
  s.integer("checkpoint_every", "Steps between saved states of a block; 0: only when asked to stop")
      .default_to(20)
      .at_least(0)
      .not_hashed();
  s.integer("min_members", "Fewer sound members than this (per date) are a failure; else lost members end with code 3")
      .default_to(1)
      .at_least(1)
      .not_hashed();

  Schema& initial = s.section("initial", "Initial state");
  initial.path("files", "Files or glob patterns that hold the start time (and earlier input times)")
      .list(1)
      .required()
      .not_hashed();

  add_perturbation_keys(s);

  Schema& output = s.section("output", "What is written");
  output.text("channels", "Channels in member files; absent: all").list(1);
  output.duration("every", "Interval of output").default_to("6h");
  output.duration("leads", "Instead of every: the leads").list(1);
  output.text("members", "Members whose files are written: all, none, a set such as 0-9, or auto (all up to 128 members)")
      .default_to("auto")
      .not_hashed();
  Schema& region = output.optional_section("region", "Member files hold this box only; statistics stay global");
  add_box_keys(region);
  output.choice("pack", "none: a file per member; checkpoint: one file for the members of a checkpoint", {"none", "checkpoint"})
      .default_to("none")
      .not_hashed();
  output.choice("sidecars", "Files <member>.nc.sha256 beside the hashes of the manifest; auto: up to 128 members",
                {"auto", "always", "never"})
      .default_to("auto")
      .not_hashed();
  output.flag("quantize", "Round to the significant bits of each channel before compressing").default_to(true);
  output.integer("deflate", "zlib level").default_to(1).range(0, 9);
  output.text("title", "Global attribute").default_to("Ensemble forecast");
  add_attribution_keys(output);

  Schema& statistics = s.section("statistics", "Statistics over all members, computed while they run (products/)");
  statistics.flag("enabled", "Write products/ensemble.nc").default_to(true).not_hashed();
  statistics.text("channels", "Channels; absent: those of output").list(1).not_hashed();
  statistics.duration("every", "Interval; absent: the leads of output").not_hashed();
  statistics.duration("leads", "Instead of every: the leads").list(1).not_hashed();
  statistics.number("quantiles", "Probabilities of quantile maps").list().default_to(Json(Json::Array{})).not_hashed();
  add_threshold_keys(statistics.section_list("exceedance", "Events whose probability is mapped"), Hashed::no);
  statistics.path("climate_quantiles", "Quantiles of the climate: adds extreme forecast index and shift of tails").not_hashed();
  statistics.integer("ensemble_sizes", "Maps of what ensembles of these sizes would have shown").list().default_to(Json(Json::Array{})).not_hashed();
  Schema& verify = statistics.optional_section("verify", "Scores against verifying fields (products/scores.nc)");
  verify.path("analysis", "Files or glob patterns of the verifying fields").list(1).required().not_hashed();
  verify.path("climatology", "File of annual harmonics, for anomaly correlation and skill").not_hashed();
  verify.choice("control", "Member 0: scored apart, counted among the members too, or a member like others",
                {"exclude", "include", "none"})
      .default_to("exclude")
      .not_hashed();
  verify.integer("rank_bins", "Most bins of rank histograms").default_to(101).range(2, 100000).not_hashed();
  verify.choice("rank_weighting", "Weight of grid points in rank histograms", {"area", "equal"}).default_to("area").not_hashed();
  verify.integer("spectrum_members", "Members whose power spectra are averaged; 0: no spectra").default_to(0).range(0, 10000).not_hashed();
  verify.integer("seed", "Seed of the draws that split ties").default_to(0).at_least(0).not_hashed();
  add_score_keys(verify, Hashed::no);
  add_health_keys(verify, Hashed::no);
  statistics.number("tile_mb", "Members of a part of a map that are held at once").unit("MiB").default_to(64.0).above(0).not_hashed();

  add_cascade_keys(s);

  Schema& scratch = s.section("scratch", "What is kept until the forecast is done");
  scratch.choice("kind", "file: an interrupted run goes on where it was; memory: it starts its members again", {"file", "memory"})
      .default_to("file")
      .not_hashed();
  scratch.path("folder", "Folder of the files; absent: <out>/scratch").not_hashed();
  return s;
}

}  // namespace myriad::pipelines
