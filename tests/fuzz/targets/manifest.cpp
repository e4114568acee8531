/// The manifest of a run. Line check sums are made right in a second pass, so that mutations reach
/// the fields.

#include "src/base/manifest.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "src/base/error.hpp"
#include "src/base/hash.hpp"
#include "tests/fuzz/fuzz_target.hpp"

namespace myriad::fuzz {
namespace {

/// Memory, where there is such a folder: the manifest is written twice for every input.
std::filesystem::path base() {
  return std::filesystem::is_directory("/dev/shm") ? "/dev/shm" : std::filesystem::current_path();
}

/// A folder of this process that is removed at exit.
const std::filesystem::path& folder() {
  static const struct Folder {
    std::filesystem::path path = base() / fmt::format("fuzz-manifest.{}", ::getpid());
    Folder() { std::filesystem::create_directories(path); }
    ~Folder() {
      std::error_code ignored;
      std::filesystem::remove_all(path, ignored);
    }
  } instance;
  return instance.path;
}

void read_manifest(std::string_view text) {
  {
    std::ofstream out(folder() / "run.manifest", std::ios::binary | std::ios::trunc);
    out.write(text.data(), static_cast<std::streamsize>(text.size()));
  }
  try {
    const Manifest manifest(folder());
    for (const ManifestFile& file : manifest.files()) {
      require(manifest.find(file.path) != nullptr, "a listed file is found");
    }
    // Every missing file costs an exception; a few are enough.
    if (manifest.files().size() < 8) static_cast<void>(manifest.verify());
  } catch (const Error&) {
  }
}

/// The same lines with correct check sums.
std::string sealed(std::string_view text) {
  constexpr std::string_view k_open = ",\"crc32c\":\"";
  constexpr std::size_t k_tail = k_open.size() + 10;  // eight digits, quote, brace
  std::string out;
  std::uint32_t chain = 0;
  while (!text.empty()) {
    const auto end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
    const std::string_view body = line.substr(0, line.size() < k_tail ? 0 : line.size() - k_tail);
    chain = crc32c(body, chain);
    out += fmt::format("{}{}{:08x}\"}}\n", body, k_open, chain);
  }
  return out;
}

}  // namespace

int fuzz_one(const std::uint8_t* data, std::size_t size) {
  const auto text = text_of(data, size);
  read_manifest(text);
  read_manifest(sealed(text));
  return 0;
}

}  // namespace myriad::fuzz
