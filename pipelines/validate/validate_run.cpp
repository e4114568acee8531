#include "pipelines/validate/validate_run.hpp"

#include <algorithm>
#include <set>

#include "src/base/error.hpp"
#include "src/base/files.hpp"
#include "src/base/manifest.hpp"
#include "src/io/cf_check.hpp"
#include "src/io/isolate.hpp"
#include "src/io/netcdf_file.hpp"
#include "src/state/checkpoint.hpp"

namespace myriad::pipelines {

namespace fs = std::filesystem;

namespace {

/// What every file of a run must agree with.
struct Identity {
  std::set<std::string> forecast_ids;    ///< of all starts of the run; empty: it makes no forecast
  std::set<std::string> weights_sha256;  ///< empty: not checked
};

[[noreturn]] void damaged(const std::string& problem) {
  throw Error(ErrorKind::input_corrupt, "E2612", problem);
}

void check_identity(const io::NetcdfFile& file, const Identity& identity) {
  const auto id = file.text_attribute(nullptr, "MYRIAD_forecast_id");
  if (id && !identity.forecast_ids.empty() && !identity.forecast_ids.contains(*id)) {
    damaged(fmt::format("belongs to forecast {}, which this run never made", *id));
  }
  if (identity.weights_sha256.empty()) return;
  // Members name one checkpoint, products all of theirs, separated by blanks.
  const std::string named = file.text_attribute(nullptr, "MYRIAD_weights_sha256").value_or("");
  if (named.empty()) damaged("does not say which weights made it");
  for (std::size_t at = 0; at < named.size();) {
    const std::size_t end = std::min(named.find(' ', at), named.size());
    const std::string sha = named.substr(at, end - at);
    if (!identity.weights_sha256.contains(sha)) {
      damaged(fmt::format("was made with weights {}, which no given checkpoint holds",
                          sha.substr(0, 12)));
    }
    at = end + 1;
  }
}

void check_netcdf(const fs::path& path, const ManifestFile& entry, const ValidateOptions& options,
                  const Identity& identity) {
  check_identity(io::NetcdfFile::open(path.string()), identity);
  if (!options.check_cf) return;
  const auto profile = entry.member ? io::CfProfile::member : io::CfProfile::product;
  const auto findings = io::check_cf(path.string(), profile);
  if (!findings.empty()) {
    std::string text = io::describe(findings);
    while (!text.empty() && text.back() == '\n') text.pop_back();
    std::replace(text.begin(), text.end(), '\n', ';');
    damaged(fmt::format("breaks {} rule(s) of CF or ACDD: {}", findings.size(), text));
  }
}

std::optional<std::string> problem_of(const fs::path& directory, const Manifest& manifest,
                                      const ManifestFile& entry, const ValidateOptions& options,
                                      const Identity& identity) {
  // Opened only when the hash fits: then the bytes are those that the program published.
  if (const auto problem = manifest.problem_of(entry)) return problem;
  const fs::path path = path_inside(directory, entry.path);
  const auto look = [&] {
    if (fs::exists(path.string() + ".sha256")) verify_sha256_sidecar(path);
    if (path.extension() == ".nc") check_netcdf(path, entry, options, identity);
    if (path.extension() == ".safetensors") static_cast<void>(verify_checkpoint(path));
  };
  try {
    if (options.isolate) {
      io::run_isolated(path.string(), look);
    } else {
      look();
    }
  } catch (const Error& error) {
    return error.what();
  }
  return std::nullopt;
}

std::vector<std::string> unlisted_files(const fs::path& directory, const Manifest& manifest) {
  std::vector<std::string> found;
  for (const char* folder : {"members", "products"}) {
    std::error_code problem;
    for (fs::recursive_directory_iterator it(directory / folder, problem), end;
         !problem && it != end; it.increment(problem)) {
      const fs::path& path = it->path();
      if (path.extension() != ".nc" || path.filename().string().starts_with('.')) continue;
      const std::string relative = path.lexically_relative(directory).generic_string();
      if (manifest.find(relative) == nullptr) found.push_back(relative);
    }
  }
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace

ValidationReport validate_run(const fs::path& directory, const ValidateOptions& options,
                              const std::function<void()>& progress) {
  MYRIAD_VALIDATE(fs::is_regular_file(directory / "run.manifest"), ErrorKind::input_missing,
                  "E2611", "{} has no run.manifest (nothing was published there) check the path",
                  directory.string());
  const Manifest manifest(directory);
  Identity identity;
  ValidationReport report;
  report.run = directory.string();
  for (const Json& run : manifest.runs()) {
    if (const Json* id = run.find("forecast_id"); id != nullptr && id->is_string()) {
      identity.forecast_ids.insert(id->as_string());
    }
    if (const Json* wanted = run.find("member_files"); wanted != nullptr && wanted->is_integer()) {
      report.members_total = wanted->as_int();
    }
  }
  for (const fs::path& path : options.weights)
    identity.weights_sha256.insert(Checkpoint::load(path).weights_sha256());
  for (const ManifestFile& entry : manifest.files()) {
    if (auto problem = problem_of(directory, manifest, entry, options, identity)) {
      report.damaged.push_back({entry.path, std::move(*problem)});
    } else if (entry.member) {
      ++report.members_done;
    }
    report.bytes += entry.bytes;
    if (progress) progress();
  }
  report.files = manifest.files().size();
  report.unlisted = unlisted_files(directory, manifest);
  return report;
}

std::string describe(const ValidationReport& report) {
  std::string text;
  for (const Damage& damage : report.damaged)
    text += fmt::format("damaged   {}: {}\n", damage.path, damage.problem);
  for (const std::string& path : report.unlisted) {
    text += fmt::format("unlisted  {} (not in the manifest: does not count as published)\n", path);
  }
  const std::string of =
      report.members_total ? fmt::format(" of {}", *report.members_total) : std::string();
  text += fmt::format("{}: {} of {} files whole, {:.1f} MiB, {}{} member files\n", report.run,
                      report.files - report.damaged.size(), report.files,
                      static_cast<double>(report.bytes) / 1048576.0, report.members_done, of);
  return text;
}

Json to_json(const ValidationReport& report) {
  Json damaged_files{Json::Array{}};
  for (const Damage& damage : report.damaged) {
    Json entry;
    entry.set("path", damage.path);
    entry.set("problem", damage.problem);
    damaged_files.push_back(std::move(entry));
  }
  Json unlisted{Json::Array{}};
  for (const std::string& path : report.unlisted) unlisted.push_back(path);
  Json json;
  json.set("run", report.run);
  json.set("valid", report.damaged.empty());
  json.set("files", report.files);
  json.set("bytes", report.bytes);
  json.set("members_done", report.members_done);
  json.set("members_total", report.members_total ? Json(*report.members_total) : Json());
  json.set("damaged", std::move(damaged_files));
  json.set("unlisted", std::move(unlisted));
  return json;
}

}  // namespace myriad::pipelines
