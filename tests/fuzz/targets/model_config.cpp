/// What a checkpoint says about its model: the sections come from the input, the file around them
/// is valid.
///
/// The input is a JSON object {"model": ..., "channels": ..., "grid": ...}; tensors fit the seeds
/// of the corpus.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "src/base/error.hpp"
#include "src/model/model_checkpoint.hpp"
#include "tests/fuzz/fuzz_target.hpp"

namespace myriad::fuzz {

int fuzz_one(const std::uint8_t* data, std::size_t size) {
  try {
    const Json input =
        parse_json(text_of(data, size), "input", {.max_bytes = 1 << 16, .max_depth = 16});
    CheckpointWriter writer(CheckpointKind::model);
    for (const auto& [name, key] :
         {std::pair<std::string_view, std::string_view>{"model", section::k_model},
          {"channels", section::k_channels},
          {"grid", section::k_grid}}) {
      if (const Json* value = input.find(name)) writer.set_section(key, *value);
    }
    for (const char* name : {"mean", "stddev", "tendency_stddev"}) {
      writer.add(std::string("normalisation.") + name, {2}, std::vector<double>{1.0, 2.0});
    }
    writer.add("static.map", {5, 8}, std::vector<float>(40, 0.5F));
    const Checkpoint checkpoint = Checkpoint::parse(writer.encode(), "input");
    const SfnoModelConfig config = read_model_config(checkpoint);
    require(config.description.channels.size() == 2, "as many channels as normalisation constants");
    check_weights(checkpoint, config);
    require(false, "a file without weights is refused");
  } catch (const Error&) {
  }
  return 0;
}

}  // namespace myriad::fuzz
