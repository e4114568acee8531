#include "src/backend/registry.hpp"

#include <algorithm>

#include "src/backend/cuda_library.hpp"
#include "src/backend/kokkos_backend.hpp"
#include "src/backend/reference_backend.hpp"
#include "src/base/error.hpp"

namespace myriad {
namespace {

struct Entry {
  const char* name;
  MakeBackend make;
};

/// The backends of this process.
std::vector<Entry>& entries() {
  static std::vector<Entry> list{{"kokkos", make_kokkos_backend},
                                 {"reference", make_reference_backend}};
  return list;
}

}  // namespace

std::shared_ptr<kernels::Backend> make_backend(std::string_view name, int threads) {
  MYRIAD_EXPECT(threads >= 0);
  for (const Entry& entry : entries()) {
    if (name == entry.name) return entry.make(threads);
  }
  if (name == "cuda") return make_cuda_backend(threads);
  throw Error(ErrorKind::config_invalid, "E2280",
              fmt::format("unknown backend '{}' (known here: {}); correct the backend name", name,
                          fmt::join(backend_names(), ", ")));
}

void add_backend(const char* name, MakeBackend make) {
  MYRIAD_EXPECT(std::none_of(entries().begin(), entries().end(),
                             [&](const Entry& e) { return std::string_view(e.name) == name; }));
  entries().push_back({name, make});
}

std::vector<std::string> backend_names() {
  std::vector<std::string> names;
  for (const Entry& entry : entries()) names.emplace_back(entry.name);
  return names;
}

}  // namespace myriad
