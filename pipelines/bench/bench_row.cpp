#include "pipelines/bench/bench_row.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <new>

#include "src/base/json.hpp"

namespace myriad::pipelines {

std::optional<double> BenchRow::ratio_to_peer() const {
  if (!peer_median || median <= 0.0) return std::nullopt;
  return *peer_median / median;
}

std::optional<double> BenchRow::fraction_of_roof() const {
  if (!roof_seconds || median <= 0.0) return std::nullopt;
  return *roof_seconds / median;
}

namespace {

Json number_or_null(const std::optional<double>& value) { return value ? Json(*value) : Json(nullptr); }

std::optional<double> worst_ratio(const std::vector<BenchRow>& rows) {
  std::optional<double> worst;
  for (const BenchRow& row : rows) {
    const auto ratio = row.ratio_to_peer();
    if (ratio && (!worst || *ratio < *worst)) worst = ratio;
  }
  return worst;
}

}  // namespace

std::vector<BenchRow> sweep_batches(const std::vector<std::int64_t>& batches, const std::function<BenchRow(std::int64_t)>& run,
                                    const std::function<BenchRow(std::int64_t)>& skipped) {
  std::vector<BenchRow> rows;
  for (const std::int64_t batch : batches) {
    try {
      rows.push_back(run(batch));
    } catch (const std::bad_alloc&) {
      rows.push_back(skipped(batch));
    }
  }
  return rows;
}

std::string to_json_lines(const std::vector<BenchRow>& rows) {
  std::string text;
  for (const BenchRow& row : rows) {
    Json j;
    j.set("name", row.name);
    j.set("case", row.what);
    j.set("median", row.median > 0.0 ? Json(row.median) : Json(nullptr));
    j.set("unit", row.unit);
    j.set("peer", row.peer.empty() ? Json(nullptr) : Json(row.peer));
    j.set("ratio_to_peer", number_or_null(row.ratio_to_peer()));
    j.set("roof", row.roof.empty() ? Json(nullptr) : Json(row.roof));
    j.set("fraction_of_roof", number_or_null(row.fraction_of_roof()));
    if (!row.note.empty()) j.set("note", row.note);
    text += to_json_text(j) + "\n";
  }
  Json summary;
  summary.set("name", rows.empty() ? std::string("none") : rows.front().name);
  summary.set("case", "summary");
  summary.set("ratio_to_peer", number_or_null(worst_ratio(rows)));
  text += to_json_text(summary) + "\n";
  return text;
}

std::string to_table(const std::vector<BenchRow>& rows) {
  std::string text = fmt::format("{:<52} {:>12} {:<12} {:>8} {:<24} {:>8}\n", "case", "median", "unit", "x peer", "peer", "of roof");
  const auto shown = [](const std::optional<double>& value) { return value ? fmt::format("{:.2f}", *value) : std::string("-"); };
  for (const BenchRow& row : rows) {
    text += fmt::format("{:<52} {:>12.4g} {:<12} {:>8} {:<24} {:>8}{}\n", row.what, row.median, row.unit,
                        shown(row.ratio_to_peer()), row.peer.empty() ? "-" : row.peer, shown(row.fraction_of_roof()),
                        row.note.empty() ? "" : "  " + row.note);
  }
  text += fmt::format("worst ratio to a peer: {}\n", shown(worst_ratio(rows)));
  return text;
}

}  // namespace myriad::pipelines
