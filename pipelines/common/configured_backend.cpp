#include "pipelines/common/configured_backend.hpp"

#include "src/backend/registry.hpp"

namespace myriad::pipelines {

std::shared_ptr<kernels::Backend> make_configured_backend(const Config& config) {
  const int threads = config.has("threads") ? static_cast<int>(config.integer("threads")) : 0;
  if (config.text("device") != "cuda") return make_backend(config.text("backend"), threads);
  MYRIAD_VALIDATE(config.text("backend") != "reference", ErrorKind::config_invalid, "E2607",
                  "backend 'reference' does not run on device 'cuda' (it has plain loops of the host only) leave out backend or "
                  "use --device cpu");
  return make_backend("cuda", threads);
}

}  // namespace myriad::pipelines
