#pragma once
/// \file
/// A verb of the command line: what it is called, what it takes, what it does.

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "src/base/cli.hpp"
#include "src/base/config.hpp"
#include "src/base/file_watch.hpp"
#include "src/base/schema.hpp"
#include "src/base/signals.hpp"
#include "src/comm/comm.hpp"

namespace myriad::pipelines {

/// What a verb gets to work with. Everything is valid on every rank; the configuration is the same
/// on all of them.
struct VerbContext {
  const CliResult& cli;
  const Config& config;  ///< empty for a verb without a schema
  Comm& comm;
  RunControl& control;
  std::string run_id;          ///< unique per start; for logs and manifests, never for results
  FileWatch* watch = nullptr;  ///< null for a verb without a schema

  /// Let \p teller (StatusWriter, Heartbeat) show when this process waits for its file system.
  template <class Teller>
  void show_waits(const Teller& teller) const {
    if (watch != nullptr) watch->tell(teller.listener());
  }

  bool dry_run() const { return cli.dry_run; }
  bool root() const { return comm.rank() == 0; }
  /// Positional argument; empty when an optional one is not given.
  std::string argument(std::string_view name) const;
  std::vector<std::string> arguments(std::string_view name) const;
  bool has_option(std::string_view name) const;
  /// Value of an option (the last one when repeated).
  std::optional<std::string> option(std::string_view name) const;
  std::vector<std::string> option_values(std::string_view name) const;
  /// Print a result on stdout, on rank 0 only. Errors: ErrorKind::io (E2610) when stdout cannot be
  /// written.
  void print(std::string_view text) const;
};

/// One command. `run` returns 0 (complete) or 3 (complete but degraded); everything else leaves as
/// an Error.
///
/// On several ranks an error that only some of them meet must leave through run_agreed()
/// (src/comm/agree.hpp): an Error that was not agreed on ends all ranks at once.
struct Verb {
  std::string name;
  std::string summary;
  std::string example;
  std::function<Schema()> schema;  ///< empty: the verb takes no configuration
  std::vector<CliPositional> positionals;
  std::vector<CliOption> options;
  int (*run)(const VerbContext&) = nullptr;
};

/// The verbs of this program, in the order of the help text (pipelines/verbs.cpp).
const std::vector<Verb>& all_verbs();

/// Schema of a verb with the keys that every verb has (common_keys.hpp).
Schema complete_schema(const Verb& verb);

/// Verb that takes a configuration, by name. Errors: ErrorKind::usage (E2604) naming those that do.
const Verb& verb_with_config(std::string_view name);

/// What the command-line parser must know about the verbs.
std::vector<CliVerb> cli_verbs();

/// Exit code of a verb whose result is complete but degraded.
inline constexpr int k_exit_degraded = 3;

/// Parse, configure, run; every failure becomes a message on stderr and an exit code. \p arguments
/// without the program's name. Returns the exit code; on several ranks it does not return when only
/// this rank failed.
int run_program(const std::vector<std::string>& arguments, Comm& world);

}  // namespace myriad::pipelines
