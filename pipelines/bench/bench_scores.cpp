#include "pipelines/bench/bench_scores.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <span>
#include <utility>

#include "diagnostics/case_runner.hpp"
#include "pipelines/bench/bench_peers.hpp"
#include "pipelines/bench/bench_roofs.hpp"
#include "src/backend/op_cases.hpp"
#include "src/model/sfno_bench.hpp"

namespace myriad::pipelines {

namespace {

struct ScoreCase {
  std::int64_t nlat, nlon, members;

  std::int64_t points() const { return nlat * nlon; }
  std::string size() const { return fmt::format("{}x{} {} members", nlat, nlon, members); }
};

/// 0.25 degrees with the 50 members of an operational ensemble; a huge ensemble on 64,000 points; what slow peers can do.
constexpr ScoreCase k_cases[] = {{721, 1440, 50}, {160, 400, 700}, {20, 40, 700}};

std::vector<float> drawn(std::int64_t count, std::uint32_t seed) {
  const std::vector<double> values = operand_values({"members", {count}}, seed);
  return {values.begin(), values.end()};
}

/// Mean fair CRPS over all points.
double fair_crps(MemberColumns& columns, const ScoreCase& c, std::span<const float> members, std::span<const float> truth) {
  std::vector<double> pairs;
  for (std::int64_t r = 0; r < c.members; ++r) pairs.push_back(static_cast<double>(2 * r - c.members + 1));
  const double n = static_cast<double>(c.members);
  const std::int64_t step = MemberColumns::rows_at_once(columns.backend(), c.members, c.nlon);
  double sum = 0.0;
  for (std::int64_t row = 0; row < c.nlat; row += step) {
    const auto begin = static_cast<std::size_t>(row * c.nlon);
    const std::int64_t points = std::min(step, c.nlat - row) * c.nlon;
    columns.load(members.subspan(begin), c.members, c.points(), points);
    const auto errors = columns.errors(truth.subspan(begin, static_cast<std::size_t>(points)));
    const auto between = columns.combine_sorted(pairs);
    for (std::size_t p = 0; p < between.size(); ++p) sum += errors.sum[p] / n - between[p] / (n * (n - 1.0));
  }
  return sum / static_cast<double>(c.points());
}

double median_of(double seconds, const auto& once) {
  using Clock = std::chrono::steady_clock;
  once();
  std::vector<double> times;
  double total = 0.0;
  while (times.size() < 3 || total < seconds) {
    const auto begin = Clock::now();
    once();
    times.push_back(std::chrono::duration<double>(Clock::now() - begin).count());
    total += times.back();
  }
  std::sort(times.begin(), times.end());
  return times[times.size() / 2];
}

}  // namespace

std::vector<BenchRow> run_scores(kernels::Backend& backend, double seconds, const std::string& peer_script) {
  const double bandwidth = measure_copy_rate(backend, 0.5);
  std::vector<BenchRow> rows;
  const auto add = [&](const std::string& what, const ScoreCase& c, double median) {
    const double bytes = static_cast<double>((c.members + 1) * c.points()) * sizeof(float);
    rows.push_back({"scores", what + " " + c.size(), median, "s", "", {}, fmt::format("memory {:.1f} GB/s", bandwidth * 1e-9),
                    bytes / bandwidth});
  };
  MemberColumns columns(backend);
  for (const ScoreCase& c : k_cases) {
    const auto members = drawn(c.members * c.points(), 1), truth = drawn(c.points(), 2);
    double value = 0.0;
    add("fair crps", c, median_of(seconds, [&] { value += fair_crps(columns, c, members, truth); }));

    diag::VerificationShape shape{Grid(GridType::equiangular, c.nlat, c.nlon), diag::standard_regions(), {{"z500", "", "m", ""}}, {0.0}};
    shape.members = static_cast<int>(c.members);
    shape.rank_bins = 51;
    diag::CaseRunner runner(backend, shape, {});
    diag::CaseFields fields;
    fields.nlat = c.nlat;
    fields.nlon = c.nlon;
    fields.members = c.members;
    fields.ensemble = members;
    fields.truth = truth;
    diag::StartRecord record(shape);
    add("all scores", c, median_of(seconds, [&] {
          runner.begin(0, 0, 0);
          runner.add_rows(fields, 0);
          runner.finish(record);
        }));
  }
  if (peer_script.empty()) return rows;
  const std::size_t ours = rows.size();
  for (const PeerTiming& peer : run_peer_script(peer_script)) {
    for (std::size_t i = 0; i < ours; ++i) {
      if (rows[i].what != peer.what) continue;
      BenchRow row = rows[i];
      row.peer = peer.name;
      row.peer_median = peer.median_seconds;
      rows.push_back(std::move(row));
    }
  }
  return rows;
}

}  // namespace myriad::pipelines
