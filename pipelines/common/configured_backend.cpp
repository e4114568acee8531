#include "pipelines/common/configured_backend.hpp"

#include "src/backend/registry.hpp"

namespace myriad::pipelines {

std::shared_ptr<kernels::Backend> make_configured_backend(const Config& config) {
  const std::string device = config.text("device");
  MYRIAD_VALIDATE(device == "cpu", ErrorKind::unavailable, "E2607",
                  "device '{}' is not available (this build has the cpu backends only) use --device cpu", device);
  const int threads = config.has("threads") ? static_cast<int>(config.integer("threads")) : 0;
  return make_backend(config.text("backend"), threads);
}

}  // namespace myriad::pipelines
