/// The small files of a run directory that `myriad status` reads. The first byte says which one the
/// rest is.

#include "src/base/run_state.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <string_view>

#include "src/base/error.hpp"
#include "tests/fuzz/fuzz_target.hpp"

namespace myriad::fuzz {
namespace {

constexpr std::array<const char*, 3> k_files = {"status.json", "heartbeat.0", "run.lock"};

std::filesystem::path base() {
  return std::filesystem::is_directory("/dev/shm") ? "/dev/shm" : std::filesystem::current_path();
}

/// A folder of this process that is removed at exit; `run.manifest` makes it a run.
const std::filesystem::path& folder() {
  static const struct Folder {
    std::filesystem::path path = base() / fmt::format("fuzz-run-state.{}", ::getpid());
    Folder() {
      std::filesystem::create_directories(path);
      std::ofstream(path / "run.manifest").close();
    }
    ~Folder() {
      std::error_code ignored;
      std::filesystem::remove_all(path, ignored);
    }
  } instance;
  return instance.path;
}

}  // namespace

int fuzz_one(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text = text_of(data, size);
  const std::filesystem::path file = folder() / k_files[data[0] % k_files.size()];
  {
    std::ofstream out(file, std::ios::binary | std::ios::trunc);
    out.write(text.data() + 1, static_cast<std::streamsize>(text.size() - 1));
  }
  try {
    const RunState state = read_run_state(folder(), Instant::parse("2026-01-02T03:04:05Z"));
    require(state.heartbeat_age.value_or(0.0) >= 0.0, "an age is never negative");
    static_cast<void>(to_json_text(to_json(state, "run")));
  } catch (const Error& error) {
    require(error.kind() != ErrorKind::internal, "damage is no bug of ours");
  }
  std::filesystem::remove(file);
  return 0;
}

}  // namespace myriad::fuzz
