// A program like `myriad` whose verbs fail on purpose, so that every exit code and message can be
// seen from outside.

#include <csignal>
#include <cstdlib>
#include <new>
#include <stdexcept>
#include <system_error>

#include "pipelines/common/common_keys.hpp"
#include "pipelines/common/report_bundle.hpp"
#include "pipelines/common/verb.hpp"
#include "pipelines/config/config.hpp"
#include "pipelines/exit_codes/exit_codes.hpp"
#include "pipelines/version/version.hpp"
#include "src/base/error.hpp"
#include "src/base/log.hpp"
#include "src/comm/agree.hpp"

namespace myriad::pipelines {

namespace {

ErrorKind kind_by_code(int code) {
  for (int k = 0; k <= static_cast<int>(ErrorKind::config_invalid); ++k) {
    if (exit_code(static_cast<ErrorKind>(k)) == code) return static_cast<ErrorKind>(k);
  }
  throw std::invalid_argument("no such exit code");
}

/// `fail CODE`: an Error of the kind with that exit code; with --rank only on that rank, with
/// --agree agreed on.
int run_fail(const VerbContext& context) {
  const int code = std::stoi(context.argument("CODE"));
  log_info("fail", "about to fail with {}", code);
  const bool mine =
      !context.has_option("rank") || std::stoi(*context.option("rank")) == context.comm.rank();
  const auto fail = [&] {
    if (mine)
      throw Error(kind_by_code(code), "E9000",
                  "deliberate failure (a test asked for it); nothing to do");
  };
  if (context.has_option("agree")) {
    run_agreed(context.comm, fail);
  } else {
    fail();
    context.comm.barrier();
  }
  return 0;
}

void throw_bad_alloc() {
  throw std::bad_alloc();
}
void leave_what_must_not_throw() noexcept {
  throw_bad_alloc();
}

/// `break HOW`: the failures that are bugs.
int run_break(const VerbContext& context) {
  const std::string how = context.argument("HOW");
  if (how == "memory") throw std::bad_alloc();
  if (how == "array") throw OutOfMemory(12345678901);
  if (how == "noexcept") leave_what_must_not_throw();
  if (how == "library") std::exit(-1);
  if (how == "thread") throw std::system_error(std::make_error_code(std::errc::resource_unavailable_try_again));
  if (how == "exception") throw std::runtime_error("unforeseen");
  if (how == "crash") std::raise(SIGSEGV);
  if (how == "contract") MYRIAD_EXPECT(how.empty());
  return 0;
}

/// `work`: has a configuration; prints what it read.
int run_work(const VerbContext& context) {
  const Config& c = context.config;
  if (context.dry_run()) {
    context.print("would run\n");
    return 0;
  }
  const StopReason reason = agree_on_stop(context.comm, context.control.stop_requested());
  MYRIAD_VALIDATE(reason == StopReason::none, ErrorKind::stopped_early, "E9001",
                  "stopped by {} (as requested); run the same command again", to_string(reason));
  if (c.flag("bug"))
    throw Error(ErrorKind::internal, "E9002", "impossible state (a test asked for it); report it");
  context.print(fmt::format("seed {} members {} lead {} out {} overwrite {} progress {}\n",
                            c.integer("seed"), c.members("members").size(),
                            to_string(c.duration("lead")), c.path("out").string(),
                            c.flag("overwrite"), c.text("progress")));
  return c.flag("degraded") ? k_exit_degraded : 0;
}

Verb make_fail() {
  Verb verb;
  verb.name = "fail";
  verb.summary = "Fail with an exit code";
  verb.example = "  program fail 65";
  verb.positionals = {{"CODE", "exit code", CliPositional::Count::one}};
  verb.options = {{"rank", "only on this rank", CliOption::Kind::value},
                  {"agree", "all ranks agree", CliOption::Kind::flag}};
  verb.run = run_fail;
  return verb;
}

Verb make_break() {
  Verb verb;
  verb.name = "break";
  verb.summary = "Fail like a bug";
  verb.example = "  program break crash";
  verb.positionals = {{"HOW", "memory, array, noexcept, library, thread, exception, crash or contract", CliPositional::Count::one}};
  verb.run = run_break;
  return verb;
}

Verb make_work() {
  Verb verb;
  verb.name = "work";
  verb.summary = "Print its configuration";
  verb.example = "  program work run.yaml --seed 3";
  verb.schema = [] {
    Schema s("work", "Print its configuration");
    add_output_keys(s);
    add_seed_key(s);
    add_members_key(s);
    s.duration("lead", "Length").default_to("240h").on_command_line();
    s.flag("degraded", "Leave with 3").default_to(false);
    s.integer("idle", "Never read");
    s.flag("bug", "Meet an impossible state").default_to(false);
    return s;
  };
  verb.run = run_work;
  return verb;
}

}  // namespace

const std::vector<Verb>& all_verbs() {
  static const std::vector<Verb> verbs = {make_work(),   make_fail(),       make_break(),
                                          config_verb(), exit_codes_verb(), version_verb()};
  return verbs;
}

}  // namespace myriad::pipelines

int main(int argc, char** argv) {
  myriad::pipelines::install_crash_handler();
  myriad::MpiScope mpi(&argc, &argv);
  return myriad::pipelines::run_program({argv + 1, argv + argc}, mpi.world());
}
