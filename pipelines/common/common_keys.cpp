#include "pipelines/common/common_keys.hpp"

#include <fmt/format.h>

#include <string>

namespace myriad::pipelines {

void add_log_keys(Schema& schema) {
  schema.flag("quiet", "Log warnings and errors only")
      .default_to(false)
      .on_command_line()
      .not_hashed();
  schema.flag("verbose", "Log details too").default_to(false).on_command_line().not_hashed();
  schema.choice("log_format", "Form of log lines on stderr and in files", {"text", "json"})
      .default_to("text")
      .on_command_line()
      .not_hashed();
  schema.path("log_dir", "Directory of one log file per rank").on_command_line().not_hashed();
}

void add_run_keys(Schema& schema) {
  schema.choice("progress", "How progress is shown on stderr", {"auto", "bar", "line", "none"})
      .default_to("auto")
      .on_command_line()
      .not_hashed();
  schema
      .duration("wall_limit",
                "Stop with a checkpoint before this time is used up; else the Slurm job's end")
      .at_least(1)
      .on_command_line()
      .not_hashed();
  schema
      .duration("slow_file_limit",
                "Tell of a read, write or other call on a file that takes longer than this")
      .default_to("10s")
      .range(1, 20)
      .not_hashed();
}

void add_output_keys(Schema& schema, std::string_view doc) {
  schema.path("out", std::string(doc)).required().on_command_line().not_hashed();
  schema.flag("overwrite", "Replace output that is already there")
      .default_to(false)
      .on_command_line()
      .not_hashed();
}

void add_device_keys(Schema& schema) {
  schema.choice("device", "Where to compute; an absent device is an error", {"cpu", "cuda"})
      .default_to("cpu")
      .on_command_line();
  schema
      .integer("threads",
               "Host threads per rank; absent: OMP_NUM_THREADS where the build has threads, else 1")
      .range(1, 1024)
      .on_command_line()
      .not_hashed();
}

void add_transport_key(Schema& schema, std::string_view what) {
  schema
      .choice("transport",
              fmt::format("What carries {} between ranks: nccl from GPU to GPU, an error where it is not possible; mpi through "
                          "the memory of the hosts; auto: nccl where several ranks have it, else mpi, as the log tells. Results "
                          "are the same",
                          what),
              {"auto", "mpi", "nccl"})
      .default_to("auto")
      .on_command_line()
      .not_hashed();
}

void add_seed_key(Schema& schema) {
  schema.integer("seed", "Seed of all random numbers").default_to(0).at_least(0).on_command_line();
}

void add_members_key(Schema& schema) {
  schema.members("members", "Members to run").default_to(64).on_command_line().not_hashed();
}

void add_lead_keys(Schema& schema) {
  schema.date("start", "Initial time of the forecast").on_command_line();
  schema
      .date("starts",
            "Instead of start: several initial times, each forecast into a folder of its own")
      .list(1);
  schema.duration("lead", "Length of the forecast")
      .default_to("240h")
      .at_least(1)
      .on_command_line();
}

}  // namespace myriad::pipelines
