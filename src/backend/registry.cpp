#include "src/backend/registry.hpp"

#include <array>

#include "src/backend/kokkos_backend.hpp"
#include "src/backend/reference_backend.hpp"
#include "src/base/error.hpp"

namespace myriad {
namespace {

struct Entry {
  const char* name;
  std::shared_ptr<kernels::Backend> (*make)(int threads);
};

constexpr std::array k_entries{Entry{"kokkos", make_kokkos_backend},
                               Entry{"reference", make_reference_backend}};

/// Backends the project defines but this build does not contain.
constexpr std::array<const char*, 1> k_not_built{"cuda"};

}  // namespace

std::shared_ptr<kernels::Backend> make_backend(std::string_view name, int threads) {
  MYRIAD_EXPECT(threads >= 0);
  for (const Entry& entry : k_entries) {
    if (name == entry.name) return entry.make(threads);
  }
  for (const char* absent : k_not_built) {
    MYRIAD_VALIDATE(name != absent, ErrorKind::unavailable, "E2281",
                    "backend '{}' is not available (this build does not contain it); use 'kokkos'",
                    name);
  }
  throw Error(ErrorKind::config_invalid, "E2280",
              fmt::format("unknown backend '{}' (known here: {}); correct the backend name", name,
                          fmt::join(backend_names(), ", ")));
}

std::vector<std::string> backend_names() {
  std::vector<std::string> names;
  for (const Entry& entry : k_entries) names.emplace_back(entry.name);
  return names;
}

}  // namespace myriad
