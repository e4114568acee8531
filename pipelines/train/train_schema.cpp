#include "pipelines/train/train_schema.hpp"

#include "pipelines/common/common_keys.hpp"
#include "pipelines/common/run_cost.hpp"

namespace myriad::pipelines {

Schema train_schema() {
  Schema s("train", "Train a forecast model on an archive of states");
  add_output_keys(s);
  add_seed_key(s);
  add_device_keys(s);
  add_transport_key(s, "gradients");
  add_cost_key(s);
  s.choice("backend", "Implementation of the ops", {"kokkos", "reference"}).default_to("kokkos");
  s.choice("precision", "Formats of weights and arithmetic; tf32 needs --device cuda", {"f32", "f64", "tf32"}).default_to("f32");
  s.choice("resume", "Continue a training state found in `out`", {"auto", "never", "require"})
      .default_to("auto")
      .on_command_line()
      .not_hashed();

  Schema& data = s.section("data", "What to learn from");
  data.path("training", "Archive files or glob patterns").list(1).required();
  data.path("validation", "Held-out archive files; absent: no validation").list(1);
  data.text("channels", "Channel names, or the name of a set such as speedy11").list(1).required();

  Schema& model = s.section("model", "The network");
  model.integer("input_times", "States the model looks at").default_to(1).range(1, 8);
  model.duration("time_step", "Length of one model step").default_to("6h");
  model.integer("embed_dim", "Width").default_to(64).range(1, 4096);
  model.integer("layers", "Blocks").default_to(4).range(1, 64);
  model.integer("mlp_ratio", "Hidden width of the MLP / width").default_to(2).range(1, 16);
  model.integer("scale_factor", "Internal grid = grid / scale_factor").default_to(1).range(1, 64);
  model
      .flag("tendency_parametrisation",
            "Start as a persistence forecast and predict in units of the change per step")
      .default_to(true);
  model.flag("difference_inputs", "Show earlier input times as differences in units of the change per step")
      .default_to(true);
  model.choice("forcing", "Time-dependent inputs", {"season", "zenith"}).list(0, 2).default_to(Json::Array{"season"});
  model.integer("grid_frequencies", "Harmonics of latitude and longitude given as inputs").default_to(4).range(0, 64);
  model.flag("grid_cosines", "Cosines beside the sines").default_to(true);
  model.flag("time_mean_maps", "Time mean of each channel as constant inputs").default_to(true);
  Schema& fields = model.section_list("static_fields", "Constant inputs read from files, scaled to mean 0, std 1");
  fields.path("file", "NetCDF file").required();
  fields.text("channel", "Channel in the file, such as orography or lsm").required();
  model.path("initial_checkpoint", "Start from these weights (same architecture) instead of random ones");

  Schema& loss = s.section("loss", "What to minimise");
  loss.choice("kind", "squared error, adjusted squared error (keeps power), or almost-fair CRPS over perturbed members",
              {"squared", "amse", "crps"})
      .default_to("squared");
  loss.choice("phase_weight",
              "What multiplies incoherence in a degree: the larger power of forecast and truth as "
              "published, or the "
              "truth's, which keeps power at longer roll-outs too (amse)",
              {"larger", "truth"})
      .default_to("larger");
  loss.flag("relative", "Divide each channel by the square of the target (HENS)").default_to(false);
  loss.number("channel_weights", "One weight per channel; absent: all equal").list(1);
  loss.integer("members", "Members per sample (crps)").default_to(4).range(2, 64);
  loss.number("alpha", "1 = fair CRPS, 0 = standard (crps)").default_to(0.95).range(0, 1);
  loss.number("noise_amplitude", "Initial noise in units of the change per step (crps)").default_to(0.2).range(0, 100);
  loss.number("noise_length_km", "Length scale of that noise (crps)").unit("km").default_to(500.0).above(0);

  Schema& optimiser = s.section("optimiser", "AdamW");
  optimiser.number("beta1", "Decay of the first moment").default_to(0.9).at_least(0).below(1);
  optimiser.number("beta2", "Decay of the second moment").default_to(0.95).at_least(0).below(1);
  optimiser.number("epsilon", "Guard of the division").default_to(1e-8).above(0);
  optimiser.number("weight_decay", "Decoupled decay of matrices, times the rate").default_to(0.01).at_least(0);
  optimiser.number("clip_norm", "Largest gradient norm; 0 = off").default_to(1.0).at_least(0);
  optimiser.number("ema_decay", "Moving average of the weights; 0 = off").default_to(0.0).at_least(0).below(1);
  optimiser.flag("recompute", "Recompute activations in the backward pass to save memory").default_to(false);

  Schema& method = s.optional_section("method", "A distributed method in place of dense gradients and AdamW (docs/training_methods.md)");
  method.path("preset", "Its file, such as configs/training/dgc.yaml; the rates are those of the stages").required();
  method.text("settings", "Keys of the preset set otherwise, such as compressor.ratio=0.02").list();
  method.integer("workers", "Workers that the batch is dealt to; 0: one per rank").default_to(0).range(0, 4096);

  Schema& stages = s.section_list("stages", "Parts of the run, in order");
  stages.text("name", "For logs and tables").required();
  stages.integer("epochs", "Passes over the data (when `steps` is not given)").default_to(0).at_least(0);
  stages.integer("steps", "Optimiser steps").default_to(0).at_least(0);
  stages.integer("rollout", "Autoregressive steps in the loss").default_to(1).range(1, 256);
  stages.integer("batch", "Samples per optimiser step, over all ranks").default_to(4).range(1, 65536);
  stages.integer("leaf", "Samples per leaf of the gradient sum; results depend on it, not on ranks").default_to(1).range(1, 4096);
  stages.number("learning_rate", "Peak of the schedule").required().above(0);
  stages.integer("warmup_steps", "Linear warm-up").default_to(0).at_least(0);
  stages.number("final_fraction", "Rate at the end of the cosine / peak").default_to(0.0).range(0, 1);

  Schema& validation = s.section("validation", "Held-out error by lead");
  validation.duration("leads", "Lead times, increasing")
      .list(1)
      .default_to(Json::Array{"6h", "24h", "72h", "120h"});
  validation.integer("starts", "Forecasts, evenly spread over the archive").default_to(32).at_least(1);
  validation.integer("every", "Optimiser steps between validations; 0 = at the end of each stage")
      .default_to(0)
      .at_least(0);

  s.integer("log_every", "Optimiser steps between log rows").default_to(100).at_least(1).not_hashed();
  s.integer("checkpoint_every", "Optimiser steps between training states").default_to(500).at_least(1).not_hashed();
  return s;
}

}  // namespace myriad::pipelines
