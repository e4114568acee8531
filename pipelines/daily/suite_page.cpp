#include "pipelines/daily/suite_page.hpp"

#include <fmt/format.h>

#include "diagnostics/svg.hpp"

namespace myriad::pipelines {

namespace {

constexpr const char* k_head = R"(<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Forecast suite</title>
<style>
body{font:15px/1.45 system-ui,sans-serif;margin:2rem auto;max-width:70rem;padding:0 1rem;color:#1c2733;background:#fff}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;vertical-align:top;padding:.35rem .7rem;border-bottom:1px solid #d5dce3}
th{font-weight:600}
tr.late td{background:#fff4dc}
</style></head><body>
<h1>Forecast suite</h1>
)";

std::string forecast_text(const CycleRecord& r) {
  if (!r.forecast_done) return "pending";
  std::string text = r.forecast_degraded ? "done, some members failed" : "done";
  if (r.pruned_files > 0)
    text += fmt::format("; {} files deleted by the retention rules", r.pruned_files);
  return text;
}

}  // namespace

std::string suite_page(const std::vector<CycleRecord>& records) {
  std::string page = k_head;
  std::size_t late = 0;
  for (const CycleRecord& r : records) late += r.analysis_chosen && r.fallback() ? 1U : 0U;
  page += fmt::format(
      "<p>{} cycle(s), {} of them from an older analysis because that of the cycle was late or "
      "missing.</p>\n",
      records.size(), late);
  page +=
      "<table><thead><tr><th>Cycle</th><th>Started "
      "from</th><th>Forecast</th><th>Scores</th></tr></thead><tbody>\n";
  for (auto r = records.rbegin(); r != records.rend(); ++r) {
    const std::string folder = r->cycle.file_stamp();
    page += fmt::format(
        "<tr{}><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>\n",
        r->analysis_chosen && r->fallback() ? " class=\"late\"" : "", r->cycle.iso(),
        r->analysis_chosen ? diag::escape_markup(describe_start(*r)) : "not chosen yet",
        forecast_text(*r),
        r->verified ? fmt::format("<a href=\"{}/verification/report.html\">report</a>", folder)
                    : std::string("not yet"));
  }
  page += "</tbody></table>\n</body></html>\n";
  return page;
}

}  // namespace myriad::pipelines
