#include "pipelines/bench/bench_stages.hpp"

#include <algorithm>
#include <charconv>
#include <new>
#include <utility>

#include "src/backend/registry.hpp"
#include "src/base/json.hpp"
#include "src/base/log.hpp"
#include "src/model/network_presets.hpp"

namespace myriad::pipelines {

namespace {

struct Network {
  const char* name;
  SfnoConfig (*make)();
};
constexpr Network k_networks[] = {{"default", default_network},
                                  {"regridding", regridding_network},
                                  {"one_degree", one_degree_network},
                                  {"hens", hens_network}};

struct Pass {
  const char* name;
  NetworkPass pass;
};
constexpr Pass k_passes[] = {{"forward", NetworkPass::forward},
                             {"folded", NetworkPass::folded},
                             {"training", NetworkPass::training}};

struct Formats {
  const char* name;
  Precision precision;
};
constexpr Formats k_precisions[] = {{"f32", Precision::f32},
                                    {"tf32", Precision::tf32},
                                    {"half", Precision::half},
                                    {"mixed", Precision::mixed}};

template <class Entry, std::size_t Count>
const Entry& find(const char* option, const Entry (&list)[Count], const std::string& name) {
  const auto found = std::find_if(std::begin(list), std::end(list), [&](const Entry& e) { return e.name == name; });
  if (found != std::end(list)) return *found;
  std::string known;
  for (const Entry& entry : list) known += (known.empty() ? "" : ", ") + std::string(entry.name);
  throw Error(ErrorKind::usage, "E2672", fmt::format("--{} {} (known: {}) choose one", option, name, known));
}

double gigabytes(std::int64_t bytes) { return static_cast<double>(bytes) * 1e-9; }

/// A row of the table: a stage, or their sum.
struct Row {
  const StageWork& work;
  std::vector<double> floors;  ///< seconds, by roof
};

std::vector<Row> rows_of(const NetworkStages& step, const std::vector<Roofs>& roofs) {
  std::vector<Row> rows;
  for (const StageWork& stage : step.stages) {
    Row& row = rows.emplace_back(Row{stage, {}});
    for (const Roofs& roof : roofs) row.floors.push_back(roof.floor_seconds(stage.work));
  }
  Row& total = rows.emplace_back(Row{step.total, {}});
  for (const Roofs& roof : roofs) total.floors.push_back(floor_seconds(step, roof));
  return rows;
}

}  // namespace

SfnoConfig StagesCase::config() const { return find("network", k_networks, network).make(); }

std::string StagesCase::what() const {
  const SfnoConfig c = config();
  const char* name =
      std::find_if(std::begin(k_passes), std::end(k_passes), [&](const Pass& p) { return p.pass == pass; })->name;
  return fmt::format("{} {} {}x{} embed {} layers {} batch {} {}", network, name, c.nlat, c.nlon, c.embed_dim, c.layers, batch,
                     to_string(precision));
}

std::vector<StagesCase> stages_cases(const std::optional<std::string>& network, const std::optional<std::string>& batch,
                                     const std::optional<std::string>& pass, const std::optional<std::string>& precision) {
  const std::string name = find("network", k_networks, network.value_or("default")).name;
  const NetworkPass chosen = find("pass", k_passes, pass.value_or("forward")).pass;
  const Precision formats = find("precision", k_precisions, precision.value_or("f32")).precision;
  MYRIAD_VALIDATE(chosen != NetworkPass::training || !is_short(formats), ErrorKind::usage, "E2672",
                  "--precision {} with --pass training (there is no backward pass in 16 bits) use f32 or tf32",
                  to_string(formats));
  const std::string text = batch.value_or("1");
  std::vector<StagesCase> cases;
  for (const char *at = text.data(), *last = text.data() + text.size();; ++at) {
    std::int64_t count = 0;
    const auto [end, error] = std::from_chars(at, last, count);
    MYRIAD_VALIDATE(error == std::errc() && (end == last || *end == ',') && count >= 1 && count <= 4096, ErrorKind::usage, "E2672",
                    "--batch {} (expected numbers from 1 to 4096 between commas) for example --batch 1,4", text);
    cases.push_back({name, chosen, count, formats});
    if (end == last) return cases;
    at = end;
  }
}

std::vector<CliOption> stages_options() {
  return {{"network", "default, regridding, one_degree or hens (stages; default default)", CliOption::Kind::value},
          {"batch", "batch sizes between commas (stages; default 1)", CliOption::Kind::value},
          {"pass", "forward, folded or training (stages; default forward)", CliOption::Kind::value},
          {"precision", "f32, tf32, half or mixed (stages; default f32)", CliOption::Kind::value},
          {"count-only", "operations, bytes and memory without doing the step (stages)", CliOption::Kind::flag}};
}

std::int64_t StagesCase::bytes_on(const std::shared_ptr<Backend>& backend) const {
  // A training also takes scratch for its gradients.
  return pass == NetworkPass::training ? count().bytes_peak : predict_device_bytes(backend, config(), batch, pass, precision);
}

std::string does_not_fit(std::int64_t bytes) {
  return fmt::format("the device's memory does not hold it (at least {:.4g} GB)", gigabytes(bytes));
}

std::string memory_text(const NetworkStages& step) {
  if (step.device_bytes < 0) return {};
  std::string text = fmt::format("device memory at the peak: {:.4g} GB", gigabytes(step.device_bytes));
  if (step.predicted_device_bytes >= 0) text += fmt::format(", predicted {:.4g} GB", gigabytes(step.predicted_device_bytes));
  return text;
}

void refuse_stages_options(const VerbContext& context) {
  for (const CliOption& option : stages_options()) {
    MYRIAD_VALIDATE(!context.has_option(option.name), ErrorKind::usage, "E2673",
                    "--{} applies to `bench stages` only (the others choose for themselves) drop it", option.name);
  }
}

double floor_seconds(const NetworkStages& step, const Roofs& roofs) {
  double sum = 0.0;
  for (const StageWork& stage : step.stages) sum += roofs.floor_seconds(stage.work);
  return sum;
}

std::string stages_table(const StagesCase& c, const NetworkStages& step, const std::vector<Roofs>& roofs) {
  const bool timed = step.total.seconds > 0.0;
  std::string text = fmt::format("{}: {}\n", c.what(), timed ? "the step of the median time" : "counts, not timings");
  text += fmt::format("{:<12} {:>6} {:>10} {:>9}", "stage", "calls", "GFLOP", "GB");
  if (timed) text += fmt::format(" {:>10} {:>9} {:>9}", "ms", "TFLOP/s", "GB/s");
  for (const Roofs& roof : roofs) {
    text += fmt::format(" {:>18}", "floor ms, " + roof.name.substr(0, 8));
    if (timed) text += fmt::format(" {:>6}", "of it");
  }
  text += "\n";
  for (const auto& [row, floors] : rows_of(step, roofs)) {
    text += fmt::format("{:<12} {:>6} {:>10.5g} {:>9.5g}", row.name, row.work.calls, row.work.flop * 1e-9, row.work.bytes * 1e-9);
    if (timed) {
      text += fmt::format(" {:>10.4g} {:>9.4g} {:>9.4g}", row.seconds * 1e3, row.work.flop / row.seconds * 1e-12,
                          row.work.bytes / row.seconds * 1e-9);
    }
    for (const double least : floors) {
      text += fmt::format(" {:>18.4g}", least * 1e3);
      if (timed) text += fmt::format(" {:>6.2f}", least / row.seconds);
    }
    text += "\n";
    if (timed) continue;
    for (const auto& [op, work] : row.ops) {
      text += fmt::format("  {:<30} {:>6} {:>10.5g} {:>9.5g}\n", op, work.calls, work.flop * 1e-9, work.bytes * 1e-9);
    }
  }
  if (timed) text += fmt::format("without waits between stages: {:.4g} ms\n", step.whole_seconds * 1e3);
  text += fmt::format("tensors at the peak: {:.4g} GB\n", gigabytes(step.bytes_peak));
  const std::string memory = memory_text(step);
  return memory.empty() ? text : text + memory + "\n";
}

std::string stages_json(const StagesCase& c, const NetworkStages& step, const std::vector<Roofs>& roofs) {
  const bool timed = step.total.seconds > 0.0;
  std::string text;
  for (const auto& [row, least] : rows_of(step, roofs)) {
    Json j;
    j.set("name", "stages");
    j.set("case", c.what());
    j.set("stage", row.name);
    j.set("calls", row.work.calls);
    j.set("flop", row.work.flop);
    j.set("bytes", row.work.bytes);
    j.set("seconds", timed ? Json(row.seconds) : Json(nullptr));
    Json floors;
    for (std::size_t r = 0; r < roofs.size(); ++r) floors.set(roofs[r].name, least[r]);
    j.set("floor_seconds", floors);
    text += to_json_text(j) + "\n";
  }
  Json summary;
  summary.set("name", "stages");
  summary.set("case", c.what());
  summary.set("whole_seconds", timed ? Json(step.whole_seconds) : Json(nullptr));
  summary.set("peak_tensor_bytes", step.bytes_peak);
  const auto known = [](std::int64_t bytes) { return bytes < 0 ? Json(nullptr) : Json(bytes); };
  summary.set("peak_device_bytes", known(step.device_bytes));
  summary.set("predicted_device_bytes", known(step.predicted_device_bytes));
  return text + to_json_text(summary) + "\n";
}

void run_stages(const VerbContext& context, const std::string& backend_name, double seconds) {
  const std::vector<StagesCase> cases =
      stages_cases(context.option("network"), context.option("batch"), context.option("pass"),
                   context.option("precision"));
  const auto print = [&](const StagesCase& c, const NetworkStages& step, const std::vector<Roofs>& roofs) {
    context.print(context.has_option("json") ? stages_json(c, step, roofs) : stages_table(c, step, roofs) + "\n");
  };
  if (context.has_option("count-only")) {
    MYRIAD_VALIDATE(!context.option("backend") && !context.option("seconds"), ErrorKind::usage, "E2673",
                    "--count-only with --backend or --seconds (nothing runs) drop one of them");
    for (const StagesCase& c : cases) print(c, count_network_stages(c.config(), c.batch, c.pass, c.precision), {h200_roofs()});
    return;
  }
  auto backend = make_backend(backend_name);
  const bool cuda = std::string_view(backend->name()) == "cuda";
  MYRIAD_VALIDATE(cuda || cases.front().network != "hens", ErrorKind::usage, "E2644",
                  "the HENS network needs a GPU (9 GB of weights, 16 TFLOP per step) add --backend cuda or --count-only");
  for (const StagesCase& c : cases) check_supported(*backend, c.precision);
  log_info("bench", "{}", backend->description());
  std::vector<Roofs> roofs{measured_roofs(*backend, 0.5)};
  if (cuda) roofs.push_back(h200_roofs());
  for (const StagesCase& c : cases) {
    backend = nullptr;  // with the scratch of the case before
    backend = make_backend(backend_name);
    try {
      print(c, time_network_stages(backend, c.config(), c.batch, c.pass, seconds, c.precision), roofs);
    } catch (const std::bad_alloc&) {
      const std::string reason = does_not_fit(c.bytes_on(backend));
      Json j;
      j.set("name", "stages");
      j.set("case", c.what());
      j.set("skipped", reason);
      context.print(context.has_option("json") ? to_json_text(j) + "\n" : c.what() + ": skipped, " + reason + "\n");
    }
  }
}

}  // namespace myriad::pipelines
