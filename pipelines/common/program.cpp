#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <random>

#include "pipelines/common/common_keys.hpp"
#include "pipelines/common/report_bundle.hpp"
#include "pipelines/common/verb.hpp"
#include "src/base/error.hpp"
#include "src/base/files.hpp"
#include "src/base/hash.hpp"
#include "src/base/log.hpp"
#include "src/comm/agree.hpp"

namespace myriad::pipelines {

namespace {

constexpr std::string_view k_summary =
    "huge ensemble weather forecasts with spherical neural operators";
/// Time kept for finishing a step and writing a checkpoint before the wall-clock limit; verbs may
/// set a longer one.
constexpr Duration k_wall_reserve{60};

/// The same text on every rank: that of rank 0.
std::string share_text(Comm& comm, std::string text) {
  const std::int64_t length =
      comm.max(comm.rank() == 0 ? static_cast<std::int64_t>(text.size()) : 0);
  text.resize(static_cast<std::size_t>(length));
  comm.broadcast(std::as_writable_bytes(std::span(text)), 0);
  return text;
}

std::string make_run_id() {
  std::random_device device;
  return fmt::format("{:08x}", device());
}

/// Everything a run needs before its verb starts.
struct Prepared {
  CliResult cli;
  const Verb* verb = nullptr;
  Config config;
};

Prepared prepare(const std::vector<std::string>& arguments, Comm& comm) {
  Prepared p;
  const std::vector<CliVerb> verbs = cli_verbs();
  // Every rank sees the same arguments, so every rank fails or none.
  run_agreed(comm, [&] { p.cli = parse_command_line(arguments, verbs, k_summary); });
  if (p.cli.action == CliResult::Action::print_and_exit) return p;
  const auto index = static_cast<std::size_t>(
      std::find_if(verbs.begin(), verbs.end(),
                   [&](const CliVerb& v) { return v.name == p.cli.verb; }) -
      verbs.begin());
  p.verb = &all_verbs()[index];
  // One rank reads, so that a file that changes meanwhile cannot divide the ranks.
  std::string text;
  run_agreed(comm, [&] {
    if (comm.rank() == 0 && p.cli.config_file) text = read_config_file(*p.cli.config_file);
  });
  text = share_text(comm, std::move(text));
  run_agreed(comm, [&] {
    p.config = Config::from_text(verbs[index].schema, text,
                                 p.cli.config_file.value_or("command line"), p.cli.overrides);
  });
  return p;
}

LogOptions log_options(const Config& config, const std::string& run_id, const Comm& comm) {
  const bool quiet = config.flag("quiet");
  const bool verbose = config.flag("verbose");
  MYRIAD_VALIDATE(!quiet || !verbose, ErrorKind::config_invalid, "E2605",
                  "quiet and verbose are both set (they contradict each other); choose one");
  LogOptions options;
  options.threshold = quiet ? LogLevel::warning : verbose ? LogLevel::debug : LogLevel::info;
  options.format = log_format_from_string(config.text("log_format"));
  options.run_id = run_id;
  options.rank = comm.rank();
  if (config.has("log_dir")) options.directory = config.path("log_dir");
  return options;
}

void set_up_process(const Prepared& p, const std::string& run_id, Comm& comm, RunControl& control) {
  run_agreed(comm, [&] { configure_log(log_options(p.config, run_id, comm)); });
  ReportFacts facts{".", run_id, p.cli.verb, p.config.show(), comm.rank()};
  const Schema& schema = p.config.schema();
  if (schema.find("wall_limit") != nullptr) {
    std::optional<Duration> limit;
    if (p.config.has("wall_limit")) limit = p.config.duration("wall_limit");
    control.set_wall_limit(limit, k_wall_reserve);
  }
  // Peeked at, not read: whether the verb reads `out` must stay visible to assert_all_used().
  const Json effective = p.config.effective();
  if (const Json* out = effective.find("out"); out != nullptr && out->is_string()) {
    std::error_code ignored;
    if (std::filesystem::is_directory(expand_home(out->as_string()), ignored)) {
      facts.directory = expand_home(out->as_string());
    }
  }
  set_report_facts(std::move(facts));
}

bool wants_json_log(const std::vector<std::string>& arguments) {
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i] == "--log-format=json") return true;
    if (arguments[i] == "--log-format" && i + 1 < arguments.size() && arguments[i + 1] == "json")
      return true;
  }
  return false;
}

/// Collects how a failure is told: plain lines for people, log lines once a log is set up or JSON
/// is asked for.
class Reporter {
 public:
  explicit Reporter(bool as_log) : as_log_(as_log) {}
  void use_log() { as_log_ = true; }

  /// Tells without memory when there is none.
  void tell(std::string_view id, std::string_view text) const {
    if (!as_log_) {
      write_bare_error(id, text);
      return;
    }
    try {
      while (true) {
        const std::size_t end = text.find('\n');
        write_log(LogLevel::error, "myriad", text.substr(0, end), id);
        if (end == std::string_view::npos) return;
        text.remove_prefix(end + 1);
      }
    } catch (const std::bad_alloc&) {
      write_bare_error(id, text);
    }
  }

 private:
  bool as_log_;
};

enum class Known : std::uint8_t { this_rank, all_ranks };

void write_bundle(const Reporter& reporter, const Error& error) {
  const std::string place = fmt::format("{}:{}", error.where().file_name(), error.where().line());
  const auto bundle =
      write_report_bundle(fmt::format("error {}: {} ({})", error.id(), error.what(), place), stack_text());
  if (!bundle.empty()) reporter.tell(error.id(), "report bundle: " + bundle.string());
}

int fail(const Reporter& reporter, const Error& error, Known known, Comm& comm) {
  const bool speak = known == Known::this_rank || comm.rank() == 0;
  const int code = exit_code(error.kind());
  if (speak) {
    reporter.tell(error.id(), error.what());
    if (error.kind() == ErrorKind::internal) write_bundle(reporter, error);
  }
  if (known == Known::this_rank && comm.size() > 1) comm.abort(code);
  return code;
}

int fail_unforeseen(const Reporter& reporter, const std::exception& error, Comm& comm) {
  return fail(reporter,
              Error(ErrorKind::internal, "E2698",
                    fmt::format("unexpected failure ({}); this is a bug, please report it", error.what())),
              Known::this_rank, comm);
}

/// Nothing here asks for memory: there may be none at all.
int fail_without_memory(const Reporter& reporter, const std::bad_alloc& error, Comm& comm) {
  const int code = exit_code(ErrorKind::resources);
  const MemorySentence sentence(error, comm.size() > 1 ? comm.rank() : -1);
  reporter.tell("E2697", sentence.text());
  if (comm.size() > 1) comm.abort(code);
  return code;
}

/// A key that was set but had no effect may be a misunderstanding (a section of a method that is
/// not chosen).
void warn_of_unused(const Config& config) {
  const std::vector<std::string> unused = config.unused_given_keys();
  if (unused.empty()) return;
  log_warning(
      "myriad", "E2606",
      "set but without effect in this run: {} (what they belong to was not used); remove them",
      fmt::join(unused, ", "));
}

int guarded_run(const std::vector<std::string>& arguments, Comm& comm, Reporter& reporter) {
  RunControl control;
  const std::string run_id = share_text(comm, comm.rank() == 0 ? make_run_id() : std::string());
  set_report_facts({".", run_id, arguments.empty() ? "" : arguments.front(), "", comm.rank()});
  const Prepared p = prepare(arguments, comm);
  std::optional<FileWatch> watch;
  VerbContext context{p.cli, p.config, comm, control, run_id, nullptr};
  if (p.cli.action == CliResult::Action::print_and_exit) {
    context.print(p.cli.text);
    return 0;
  }
  set_up_process(p, run_id, comm, control);
  reporter.use_log();
  if (p.verb->schema) {
    watch.emplace(static_cast<double>(p.config.duration("slow_file_limit").seconds));
    context.watch = &*watch;
  }
  const int code = p.verb->run(context);
  MYRIAD_ENSURE(code == 0 || code == k_exit_degraded);
  if (context.root() && !context.dry_run()) warn_of_unused(p.config);
  return code;
}

}  // namespace

Schema complete_schema(const Verb& verb) {
  Schema schema = verb.schema ? verb.schema() : Schema(verb.name, verb.summary);
  if (verb.schema) add_run_keys(schema);
  add_log_keys(schema);
  return schema;
}

const Verb& verb_with_config(std::string_view name) {
  std::vector<std::string> names;
  for (const Verb& verb : all_verbs()) {
    if (!verb.schema) continue;
    if (verb.name == name) return verb;
    names.push_back(verb.name);
  }
  const std::string near = nearest_name(name, names);
  throw Error(
      ErrorKind::usage, "E2604",
      fmt::format("'{}' takes no configuration (verbs that do: {}); {}", name,
                  names.empty() ? "none in this build" : fmt::format("{}", fmt::join(names, ", ")),
                  near.empty() ? "give one of them" : fmt::format("did you mean '{}'?", near)));
}

std::vector<CliVerb> cli_verbs() {
  std::vector<CliVerb> verbs;
  for (const Verb& verb : all_verbs()) {
    CliVerb cli;
    cli.name = verb.name;
    cli.summary = verb.summary;
    cli.example = verb.example;
    cli.schema = std::make_shared<const Schema>(complete_schema(verb));
    cli.takes_config = verb.schema ? TakesConfig::yes : TakesConfig::no;
    cli.positionals = verb.positionals;
    cli.options = verb.options;
    verbs.push_back(std::move(cli));
  }
  return verbs;
}

namespace {

/// run_program() but for a lack of memory, which leaves as std::bad_alloc: telling of an error needs memory, too.
int run_and_tell(const std::vector<std::string>& arguments, Comm& world, Reporter& reporter) {
  if (wants_json_log(arguments)) {
    LogOptions options;
    options.format = LogFormat::json;
    options.rank = world.rank();
    configure_log(options);
  }
  try {
    return guarded_run(arguments, world, reporter);
  } catch (const AgreedError& error) {
    return fail(reporter, error, Known::all_ranks, world);
  } catch (const Error& error) {
    return fail(reporter, error, Known::this_rank, world);
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::system_error& error) {
    if (!is_lack_of_resources(error)) return fail_unforeseen(reporter, error, world);
    return fail(reporter,
                Error(ErrorKind::resources, "E2696",
                      fmt::format("the system refused a thread or another resource ({}); raise its limits, or ask for "
                                  "fewer threads",
                                  error.what())),
                Known::this_rank, world);
  } catch (const std::exception& error) {
    return fail_unforeseen(reporter, error, world);
  }
}

}  // namespace

int run_program(const std::vector<std::string>& arguments, Comm& world) {
  Reporter reporter(wants_json_log(arguments));
  try {
    return run_and_tell(arguments, world, reporter);
  } catch (const std::bad_alloc& error) {
    return fail_without_memory(reporter, error, world);
  }
}

}  // namespace myriad::pipelines
