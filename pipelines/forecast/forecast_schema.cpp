#include "pipelines/forecast/forecast_schema.hpp"

#include "pipelines/common/common_keys.hpp"
#include "pipelines/forecast/perturbations.hpp"
#include "pipelines/common/file_attributes.hpp"

namespace myriad::pipelines {

Schema forecast_schema() {
  Schema s("forecast", "Run an ensemble forecast");
  add_output_keys(s);
  add_seed_key(s);
  add_members_key(s);
  add_lead_keys(s);
  add_device_keys(s);
  s.choice("backend", "Implementation of the ops", {"kokkos", "reference"}).default_to("kokkos");
  s.choice("precision", "Precision of the arithmetic", {"f32", "f64"}).default_to("f32");
  s.choice("resume", "Members already published by the same run are kept", {"auto", "never", "require"})
      .default_to("auto")
      .on_command_line()
      .not_hashed();
  s.path("checkpoints", "Model checkpoints; member m uses number m mod count").list(1).required().not_hashed();
  s.integer("block", "Members stepped together; does not change results").default_to(8).range(1, 4096).not_hashed();

  Schema& initial = s.section("initial", "Initial state");
  initial.path("files", "Files or glob patterns that hold the start time (and earlier input times)")
      .list(1)
      .required()
      .not_hashed();

  add_perturbation_keys(s);

  Schema& output = s.section("output", "What is written");
  output.text("channels", "Channels in member files; absent: all").list(1);
  output.duration("every", "Interval of output").default_to("6h");
  output.flag("quantize", "Round to the significant bits of each channel before compressing").default_to(true);
  output.integer("deflate", "zlib level").default_to(1).range(0, 9);
  output.flag("products", "Write products/ensemble.nc: mean and standard deviation of the members of this command")
      .default_to(true)
      .not_hashed();
  output.text("title", "Global attribute").default_to("Ensemble forecast");
  add_attribution_keys(output);
  return s;
}

}  // namespace myriad::pipelines
