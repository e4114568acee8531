#include "src/state/generations.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <functional>
#include <system_error>
#include <utility>

#include "src/base/error.hpp"
#include "src/base/files.hpp"
#include "src/base/log.hpp"

namespace myriad {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view k_suffix = ".safetensors";
constexpr std::size_t k_digits = 8;

/// The number in `<stem>.g00000012.safetensors`; absent for other names.
std::optional<std::uint32_t> generation_number(const fs::path& file, std::string_view stem) {
  std::string name = file.filename().string();
  const std::string prefix = fmt::format("{}.g", stem);
  if (name.size() != prefix.size() + k_digits + k_suffix.size() || !name.starts_with(prefix) ||
      !name.ends_with(k_suffix)) {
    return std::nullopt;
  }
  const char* begin = name.data() + prefix.size();
  std::uint32_t number = 0;
  const auto [end, status] = std::from_chars(begin, begin + k_digits, number);
  if (status != std::errc{} || end != begin + k_digits) return std::nullopt;
  return number;
}

bool is_valid_stem(std::string_view stem) {
  return !stem.empty() && std::all_of(stem.begin(), stem.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
  });
}

}  // namespace

Generations::Generations(fs::path directory, std::string stem)
    : directory_(std::move(directory)), stem_(std::move(stem)) {
  MYRIAD_VALIDATE(
      is_valid_stem(stem_), ErrorKind::internal, "E2114",
      "checkpoint series cannot be named '{}' (letters, digits, '_' and '-'); rename it", stem_);
}

std::vector<fs::path> Generations::files() const {
  std::vector<std::pair<std::uint32_t, fs::path>> found;
  std::error_code absent;
  for (const auto& entry : fs::directory_iterator(directory_, absent)) {
    const auto number = generation_number(entry.path(), stem_);
    if (number.has_value()) found.emplace_back(*number, entry.path());
  }
  std::sort(found.begin(), found.end(), std::greater<>());
  std::vector<fs::path> paths;
  for (auto& [number, path] : found) paths.push_back(std::move(path));
  return paths;
}

fs::path Generations::publish(const CheckpointWriter& writer) {
  make_directory(directory_);
  remove_stale_temporaries(directory_);
  const std::vector<fs::path> existing = files();
  const std::uint32_t newest = existing.empty() ? 0 : *generation_number(existing.front(), stem_);
  const fs::path path = directory_ / fmt::format("{}.g{:08}{}", stem_, newest + 1, k_suffix);
  writer.publish(path);

  // From here on the new generation stands; whatever fails below only leaves more files than
  // needed.
  bool have_previous = false;
  for (const fs::path& older : existing) {
    std::error_code ignored;
    if (have_previous) {
      fs::remove(older, ignored);
      continue;
    }
    if (older == known_good_) {
      have_previous = true;
      continue;
    }
    try {
      verify_checkpoint(older);
      have_previous = true;
    } catch (const Error& error) {
      fs::path aside = older;
      aside += ".damaged";
      fs::rename(older, aside, ignored);
      log_warning("state", "E2119", "generation set aside as {} ({})", aside.string(),
                  error.what());
    }
  }
  known_good_ = path;
  return path;
}

std::optional<Generations::Loaded> Generations::load_newest() {
  const std::vector<fs::path> candidates = files();
  if (candidates.empty()) return std::nullopt;
  std::vector<std::string> refused;
  for (const fs::path& path : candidates) {
    try {
      Loaded loaded{Checkpoint::load(path), path, std::move(refused)};
      known_good_ = path;
      for (const std::string& sentence : loaded.refused) {
        log_warning("state", "E2119", "fell back to {} ({})", path.string(), sentence);
      }
      return loaded;
    } catch (const Error& error) {
      // Only what is wrong with the file justifies an older one; a machine without memory or access
      // does not. A file may also vanish because its writer has just published a newer one.
      const bool usable_excuse =
          error.kind() == ErrorKind::input_corrupt || error.kind() == ErrorKind::input_missing;
      if (!usable_excuse) throw;
      refused.emplace_back(error.what());
    }
  }
  throw Error(
      ErrorKind::input_corrupt, "E2118",
      fmt::format(
          "no generation of {} in {} can be used ({}); start again or restore one from a copy",
          stem_, directory_.string(), fmt::join(refused, "; ")));
}

}  // namespace myriad
