#include <dlfcn.h>
#include <fmt/format.h>

#include <array>
#include <cstdio>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "src/spectral/sht_bench.hpp"
#include "src/spectral/stopwatch.hpp"

namespace myriad::detail {
namespace {

/// The four functions of libsharp 1.0 that a Gauss-grid transform needs. Loaded at run time, so
/// that the program neither links nor needs the library.
struct Libsharp {
  using MakeGeometry = void (*)(int rings, int points, double origin, int step_lon, int step_lat,
                                void** geometry);
  using MakeTriangle = void (*)(int lmax, int mmax, int stride, void** alm);
  using Execute = void (*)(int job, int spin, void* alm, void* map, const void* geometry,
                           const void* alm_info, int flags, double* time,
                           unsigned long long* operations);
  using Destroy = void (*)(void*);

  static constexpr int k_analysis = 0;
  static constexpr int k_synthesis = 1;
  static constexpr int k_double_precision = 1 << 4;
  static constexpr int k_no_openmp = 1 << 21;

  Libsharp() : library(dlopen("libsharp.so.0", RTLD_NOW | RTLD_LOCAL)) {
    if (library == nullptr) return;
    make_geometry = reinterpret_cast<MakeGeometry>(dlsym(library, "sharp_make_gauss_geom_info"));
    make_triangle =
        reinterpret_cast<MakeTriangle>(dlsym(library, "sharp_make_triangular_alm_info"));
    execute = reinterpret_cast<Execute>(dlsym(library, "sharp_execute"));
    destroy_geometry = reinterpret_cast<Destroy>(dlsym(library, "sharp_destroy_geom_info"));
    destroy_triangle = reinterpret_cast<Destroy>(dlsym(library, "sharp_destroy_alm_info"));
  }
  ~Libsharp() {
    if (library != nullptr) dlclose(library);
  }
  Libsharp(const Libsharp&) = delete;
  Libsharp& operator=(const Libsharp&) = delete;

  bool complete() const {
    return make_geometry != nullptr && make_triangle != nullptr && execute != nullptr &&
           destroy_geometry != nullptr && destroy_triangle != nullptr;
  }

  void* library;
  MakeGeometry make_geometry = nullptr;
  MakeTriangle make_triangle = nullptr;
  Execute execute = nullptr;
  Destroy destroy_geometry = nullptr;
  Destroy destroy_triangle = nullptr;
};

}  // namespace

std::vector<TransformTiming> bench_libsharp(int nlat, int nlon, int lmax, const std::string& suffix,
                                            double seconds_per_case) {
  const Libsharp sharp;
  if (!sharp.complete()) return {};
  void* geometry = nullptr;
  void* triangle = nullptr;
  sharp.make_geometry(nlat, nlon, 0.0, 1, nlon, &geometry);
  sharp.make_triangle(lmax - 1, lmax - 1, 1, &triangle);
  std::vector<double> map(static_cast<std::size_t>(nlat) * static_cast<std::size_t>(nlon), 1.0);
  std::vector<double> alm(static_cast<std::size_t>(lmax) * static_cast<std::size_t>(lmax + 1), 0.0);
  void* maps[] = {map.data()};
  void* alms[] = {alm.data()};
  const auto run = [&](int job) {
    sharp.execute(job, 0, alms, maps, geometry, triangle,
                  Libsharp::k_double_precision | Libsharp::k_no_openmp, nullptr, nullptr);
  };
  std::vector<TransformTiming> timings{measure("libsharp", "forward" + suffix, 1, seconds_per_case,
                                               [&] { run(Libsharp::k_analysis); }),
                                       measure("libsharp", "inverse" + suffix, 1, seconds_per_case,
                                               [&] { run(Libsharp::k_synthesis); })};
  sharp.destroy_geometry(geometry);
  sharp.destroy_triangle(triangle);
  return timings;
}

std::vector<TransformTiming> parse_ectrans_report(const std::string& report, int fields,
                                                  int samples, const std::string& suffix) {
  std::vector<TransformTiming> timings;
  std::istringstream lines(report);
  std::string line;
  TransformTiming current;
  while (std::getline(lines, line)) {
    if (line.starts_with("Inverse transforms"))
      current = {"ectrans-sp", "inverse" + suffix, 0.0, 0.0, samples};
    if (line.starts_with("Direct transforms"))
      current = {"ectrans-sp", "forward" + suffix, 0.0, 0.0, samples};
    double seconds = 0.0;
    if (std::sscanf(line.c_str(), "min (s): %lf", &seconds) == 1)
      current.min_seconds = seconds / fields;
    if (std::sscanf(line.c_str(), "med (s): %lf", &seconds) == 1) {
      current.median_seconds = seconds / fields;
      if (!current.what.empty() && current.median_seconds > 0.0) timings.push_back(current);
      current = {};
    }
  }
  return timings;
}

std::vector<TransformTiming> bench_ectrans(int nlat, int lmax, int fields,
                                           const std::string& suffix) {
  constexpr int k_iterations = 5;
  // The Gaussian number of a full grid is half its rows. One thread, as ours.
  const std::string command = fmt::format(
      "OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 ectrans-benchmark-sp -t {} -g F{} -f {} -n {} "
      "2>/dev/null",
      lmax - 1, nlat / 2, fields, k_iterations);
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), pclose);
  if (pipe == nullptr) return {};
  std::string report;
  std::array<char, 4096> buffer;
  while (std::fgets(buffer.data(), static_cast<int>(buffer.size()), pipe.get()) != nullptr)
    report += buffer.data();
  return parse_ectrans_report(report, fields, k_iterations, suffix);
}

}  // namespace myriad::detail
