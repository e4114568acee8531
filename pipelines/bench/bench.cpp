#include "pipelines/bench/bench.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <memory>
#include <utility>

#include "pipelines/bench/bench_peers.hpp"
#include "pipelines/bench/bench_roofs.hpp"
#include "pipelines/bench/bench_row.hpp"
#include "pipelines/bench/bench_scores.hpp"
#include "pipelines/bench/bench_stages.hpp"
#include "src/backend/op_bench.hpp"
#include "src/backend/registry.hpp"
#include "src/base/log.hpp"
#include "src/model/network_presets.hpp"
#include "src/model/sfno_bench.hpp"
#include "src/spectral/sht_bench.hpp"

namespace myriad::pipelines {

namespace {

/// Work of one transform of one field, from the case's own name ("forward 360x720 lmax 360 f32 x64"): Legendre products with
/// north-south parity and FFTs of 2.5 n log2 n per row.
double transform_flops(const std::string& what) {
  long nlat = 0, nlon = 0, lmax = 0;
  if (std::sscanf(what.c_str(), "%*s %ldx%ld lmax %ld", &nlat, &nlon, &lmax) != 3) return 0.0;
  const double coefficients = 0.5 * static_cast<double>(lmax) * static_cast<double>(lmax + 1);
  return static_cast<double>(nlat) *
         (2.0 * coefficients + 2.5 * static_cast<double>(nlon) * std::log2(static_cast<double>(nlon)));
}

std::vector<BenchRow> run_sht(Backend& backend, double seconds) {
  const double rate = gemm_roof(backend);
  const std::vector<TransformTiming> timings = bench_sht(backend, seconds);
  std::vector<BenchRow> rows;
  for (const TransformTiming& ours : timings) {
    if (ours.name != "myriad") continue;
    BenchRow row{"sht", ours.what, ours.median_seconds, "s per field", "", {}, "", {}};
    const double flops = transform_flops(ours.what);
    if (flops > 0.0) {
      const double precision_rate = ours.what.find("f64") != std::string::npos ? 0.5 * rate : rate;
      row.roof = fmt::format("matrix product {:.1f} GFLOP/s", precision_rate * 1e-9);
      row.roof_seconds = flops / precision_rate;
    }
    rows.push_back(row);
    for (const TransformTiming& other : timings) {
      if (other.name == "myriad" || other.what != ours.what) continue;
      rows.back().peer = other.name;
      rows.back().peer_median = other.median_seconds;
    }
  }
  return rows;
}

std::vector<BenchRow> run_crps(Backend& backend, double seconds) {
  std::vector<BenchRow> rows;
  OpBenchOptions options;
  options.only = "crps";
  options.seconds = seconds;
  auto reference = make_backend("reference");
  OpBenchOptions once = options;
  once.seconds = 0.0;
  once.calls = 1;
  const std::vector<OpBenchRow> ours = bench_ops(backend, {crps_bench_shape()}, options);
  const double bandwidth = measure_copy_rate(backend, 0.5);
  const std::vector<OpBenchRow> plain = bench_ops(*reference, {crps_bench_shape()}, once);
  for (std::size_t i = 0; i < ours.size(); ++i) {
    BenchRow row{"crps", ours[i].name, ours[i].median, "s", "reference (plain fp64 loops)", plain[i].median,
                 fmt::format("memory {:.1f} GB/s", bandwidth * 1e-9),
                 ours[i].gbytes_per_second * 1e9 * ours[i].median / bandwidth};
    rows.push_back(row);
  }
  return rows;
}

std::vector<BenchRow> run_ops(Backend& backend, double seconds) {
  OpBenchOptions options;
  options.seconds = seconds;
  const double roof = gemm_roof(backend), bandwidth = measure_copy_rate(backend, 0.5);
  std::vector<BenchRow> rows;
  for (const OpBenchRow& r : bench_ops(backend, bench_shapes(), options)) {
    BenchRow row{"ops", r.name, r.median, "s", "", {}, "", {}};
    if (r.gflops > 0.0) {
      row.roof = fmt::format("sgemm {:.1f} GFLOP/s", roof * 1e-9);
      row.roof_seconds = r.gflops * 1e9 * r.median / roof;
    } else {
      row.roof = fmt::format("memory {:.1f} GB/s", bandwidth * 1e-9);
      row.roof_seconds = r.gbytes_per_second * 1e9 * r.median / bandwidth;
    }
    rows.push_back(row);
  }
  return rows;
}

/// Rate of the fastest matrix product we can call on this backend, and its name.
struct MatrixRoof {
  std::string name;
  double rate = 0.0;
};

MatrixRoof matrix_roof(Backend& backend) {
  if (std::string_view(backend.name()) == "cuda") return {"own fp32 product", measure_gemm_rate(backend, roof_extent(backend), 0.5)};
  return {"OpenBLAS sgemm", openblas_rate(backend)};
}

BenchRow row_of(const char* bench, const SfnoTiming& t, const MatrixRoof& roof) {
  const double seconds = t.flops / roof.rate;
  return {bench, t.what, t.median_seconds, "s", roof.name + ", same flops", seconds,
          fmt::format("{} {:.1f} GFLOP/s", roof.name, roof.rate * 1e-9), seconds};
}

/// Steps of the HENS network as forecasts take them (folded), in every precision and for the batches that the device holds.
std::vector<BenchRow> run_hens(std::shared_ptr<Backend> backend, double seconds) {
  MYRIAD_VALIDATE(std::string_view(backend->name()) == "cuda", ErrorKind::usage, "E2644",
                  "the HENS network needs a GPU (9 GB of weights, 14 TFLOP per step) add --backend cuda, or use bench sfno");
  const Roofs roofs = measured_roofs(*backend, 0.5);
  std::vector<BenchRow> rows;
  for (const Precision precision : {Precision::f32, Precision::tf32, Precision::half, Precision::mixed}) {
    const auto row_with = [&](std::int64_t batch, auto&& fill) {
      const StagesCase c{"hens", NetworkPass::folded, batch, precision};
      const SfnoConfig n = c.config();
      BenchRow row;
      row.name = "hens";
      row.what = fmt::format("forward {}x{} embed {} layers {} batch {} {}", n.nlat, n.nlon, n.embed_dim, n.layers, batch,
                             to_string(precision));
      fill(row, c);
      return row;
    };
    const auto run = [&](std::int64_t batch) {
      return row_with(batch, [&](BenchRow& row, const StagesCase& c) {
        backend = nullptr;  // with the scratch of the batch before
        backend = make_backend("cuda");
        const NetworkStages step = time_network_stages(backend, c.config(), batch, c.pass, seconds, precision);
        row.median = step.whole_seconds;
        row.unit = "s";
        row.roof = "sum of the stages' floors, " + roofs.name;
        row.roof_seconds = floor_seconds(step, roofs);
        row.note = memory_text(step);
      });
    };
    const auto skipped = [&](std::int64_t batch) {
      return row_with(batch, [&](BenchRow& row, const StagesCase& c) {
        row.unit = "skipped";
        row.note = does_not_fit(c.bytes_on(backend));
      });
    };
    for (BenchRow& row : sweep_batches({1, 4, 8, 16}, run, skipped)) rows.push_back(std::move(row));
  }
  return rows;
}

std::vector<BenchRow> run_sfno(Backend& backend, double seconds, const std::string& peer_script) {
  const MatrixRoof roof = matrix_roof(backend);
  std::vector<BenchRow> rows;
  struct Case {
    SfnoConfig config;
    std::int64_t batch;
  };
  std::vector<Case> cases{{default_network(), 4}, {regridding_network(), 1}};
  if (std::string_view(backend.name()) == "cuda") cases.push_back({one_degree_network(), 1});
  for (const Case& c : cases) {
    for (const SfnoTiming& t : bench_sfno(backend, c.config, c.batch, seconds)) {
      log_info("bench", "{}: {:.1f} GFLOP/s", t.what, t.flops / t.median_seconds * 1e-9);
      rows.push_back(row_of("sfno", t, roof));
    }
  }
  if (!peer_script.empty()) {
    for (const PeerTiming& peer : run_peer_script(peer_script)) {
      const auto ours = std::find_if(rows.begin(), rows.end(), [&](const BenchRow& r) { return r.what == peer.what; });
      if (ours == rows.end()) continue;
      BenchRow row = *ours;
      row.peer = peer.name;
      row.peer_median = peer.median_seconds;
      rows.push_back(row);
    }
  }
  return rows;
}

double read_seconds(const VerbContext& context) {
  const std::string text = context.option("seconds").value_or("1");
  double seconds = 0.0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  MYRIAD_VALIDATE(error == std::errc() && end == text.data() + text.size() && seconds > 0.0 && seconds <= 600.0,
                  ErrorKind::usage, "E2640", "--seconds {} (expected a number above 0, at most 600) for example --seconds 2",
                  text);
  return seconds;
}

int run_bench(const VerbContext& context) {
  const std::string name = context.argument("NAME");
  const double seconds = read_seconds(context);
  const std::string backend_name = context.option("backend").value_or("kokkos");
  if (name == "stages") {
    MYRIAD_VALIDATE(!context.has_option("peer-script"), ErrorKind::usage, "E2641", "--peer-script with `bench stages` (it has no peer) drop it");
    run_stages(context, backend_name, seconds);
    return 0;
  }
  refuse_stages_options(context);
  auto backend = make_backend(backend_name);
  log_info("bench", "{}", backend->description());
  const std::string peer_script = context.option("peer-script").value_or("");
  MYRIAD_VALIDATE(peer_script.empty() || name == "sfno" || name == "scores", ErrorKind::usage, "E2641",
                  "--peer-script applies to `bench sfno` and `bench scores` only (the others find their peers themselves) drop it");
  std::vector<BenchRow> rows;
  if (name == "sht") {
    rows = run_sht(*backend, seconds);
  } else if (name == "sfno") {
    rows = run_sfno(*backend, seconds, peer_script);
  } else if (name == "hens") {
    rows = run_hens(std::move(backend), seconds);
  } else if (name == "crps") {
    rows = run_crps(*backend, seconds);
  } else if (name == "scores") {
    rows = run_scores(*backend, seconds, peer_script);
  } else if (name == "ops") {
    rows = run_ops(*backend, seconds);
  } else {
    throw Error(ErrorKind::usage, "E2642", fmt::format("no benchmark '{}' (known: sht, sfno, stages, hens, crps, scores, ops) choose one", name));
  }
  context.print(context.has_option("json") ? to_json_lines(rows) : to_table(rows));
  return 0;
}

}  // namespace

Verb bench_verb() {
  Verb verb;
  verb.name = "bench";
  verb.summary = "Measure the speed of a part beside its roof and its peers";
  verb.example = "myriad bench sht\nmyriad bench sfno --json --seconds 2 --peer-script scripts/bench_sfno_torch.py\n"
                 "myriad bench stages --network hens --count-only";
  verb.positionals = {{"NAME", "sht, sfno, stages, hens, crps, scores or ops", CliPositional::Count::one}};
  verb.options = {{"json", "one JSON object per line", CliOption::Kind::flag},
                  {"seconds", "measuring time per case (default 1)", CliOption::Kind::value},
                  {"backend", "kokkos, reference or cuda (default kokkos)", CliOption::Kind::value},
                  {"peer-script", "Python script that times the same cases elsewhere (sfno, scores)", CliOption::Kind::value}};
  for (CliOption& option : stages_options()) verb.options.push_back(std::move(option));
  verb.run = run_bench;
  return verb;
}

}  // namespace myriad::pipelines
