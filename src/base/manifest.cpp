#include "src/base/manifest.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "src/base/file_descriptor.hpp"
#include "src/base/files.hpp"
#include "src/base/hash.hpp"

namespace myriad {

namespace fs = std::filesystem;

namespace {

// A line is {...,"crc32c":"0123abcd"}: still JSON, and the sum covers everything before the last
// member. The sums are chained from line to line, so that a line that was removed, repeated or
// moved is noticed too.
constexpr std::string_view k_crc_open = ",\"crc32c\":\"";
constexpr std::string_view k_crc_close = "\"}";
constexpr std::size_t k_crc_length = k_crc_open.size() + 8 + k_crc_close.size();

Json to_json(const ManifestFile& file) {
  Json line;
  line.set("type", "file");
  line.set("path", file.path);
  line.set("bytes", file.bytes);
  line.set("xxh3_128", file.xxh3);
  line.set("sha256", file.sha256);
  line.set("member", file.member ? Json(*file.member) : Json());
  Json::Array steps;
  for (const std::int64_t step : file.steps) steps.emplace_back(step);
  line.set("steps", std::move(steps));
  return line;
}

ManifestFile file_from_json(const Json& line) {
  ManifestFile file;
  file.path = line.at("path").as_string();
  file.bytes = line.at("bytes").as_uint();
  file.xxh3 = line.at("xxh3_128").as_string();
  file.sha256 = line.at("sha256").as_string();
  if (!line.at("member").is_null()) file.member = line.at("member").as_int();
  for (const Json& step : line.at("steps").as_array()) file.steps.push_back(step.as_int());
  return file;
}

void keep(std::vector<ManifestFile>& files, ManifestFile file) {
  const auto same = std::find_if(files.begin(), files.end(),
                                 [&](const ManifestFile& f) { return f.path == file.path; });
  if (same != files.end()) {
    *same = std::move(file);
  } else {
    files.push_back(std::move(file));
  }
}

bool drop(std::vector<ManifestFile>& files, std::string_view path) {
  return std::erase_if(files, [&](const ManifestFile& f) { return f.path == path; }) > 0;
}

}  // namespace

Manifest::Manifest(fs::path run_directory)
    : directory_(std::move(run_directory)), file_(directory_ / "run.manifest") {
  std::error_code problem;
  if (!fs::exists(fs::symlink_status(file_, problem))) return;
  const std::string text = read_text_file(file_);
  std::size_t number = 0;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = text.find('\n', begin);
    if (end == std::string::npos) break;  // torn by a crash: the line was never complete
    ++number;
    read_line(std::string_view(text).substr(begin, end - begin), number);
    begin = end + 1;
    good_bytes_ = begin;
  }
}

void Manifest::read_line(std::string_view text, std::size_t number) {
  const auto damaged = [&](std::string_view reason) -> Error {
    return Error(
        ErrorKind::input_corrupt, "E1060",
        fmt::format("{}:{}: damaged line ({}); restore the file from a copy, or repeat the run",
                    file_.string(), number, reason));
  };
  if (text.size() <= k_crc_length) throw damaged("it is too short to hold its check sum");
  const std::string_view body = text.substr(0, text.size() - k_crc_length);
  const std::uint32_t sum = crc32c(body, chain_);
  const std::string expected = fmt::format("{}{:08x}{}", k_crc_open, sum, k_crc_close);
  if (text.substr(body.size()) != expected) throw damaged("its check sum does not fit");
  try {
    Json line = parse_json(text, fmt::format("{}:{}", file_.string(), number));
    const std::string& type = line.at("type").as_string();
    if (type == "file") {
      keep(files_, file_from_json(line));
    } else if (type == "run") {
      runs_.push_back(std::move(line));
    } else if (type == "removed") {
      const std::string& path = line.at("path").as_string();
      static_cast<void>(line.at("reason").as_string());
      if (!drop(files_, path)) throw damaged("it removes a file that was not listed");
    } else {
      throw damaged("its type is unknown");
    }
  } catch (const Error& error) {
    if (error.id() == "E1060") throw;
    throw damaged(error.what());
  }
  chain_ = sum;
}

void Manifest::append(const Json& line) {
  std::string text = to_json_text(line);
  text.pop_back();  // the closing brace comes back with the sum
  const std::uint32_t sum = crc32c(text, chain_);
  text += fmt::format("{}{:08x}{}\n", k_crc_open, sum, k_crc_close);
  const int descriptor =
      detail::open_waiting(file_, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0644);
  if (descriptor < 0) {
    detail::throw_system_error("append to", file_, errno == ENOENT ? ENOTDIR : errno, "E1053");
  }
  detail::FileDescriptor file(descriptor, file_);
  // Drop what a crash left of a line; our line must start on its own.
  if (::ftruncate(descriptor, static_cast<off_t>(good_bytes_)) != 0) {
    detail::throw_system_error("append to", file_, errno, "E1053");
  }
  file.write_all(bytes_of(text));
  file.sync();
  file.close();
  if (good_bytes_ == 0) detail::sync_directory_of(file_);
  good_bytes_ += text.size();
  chain_ = sum;
}

void Manifest::add_run(Json facts) {
  Json line;
  line.set("type", "run");
  for (const Json::Member& m : facts.as_object()) line.set(m.first, m.second);
  append(line);
  runs_.push_back(std::move(line));
}

ManifestFile Manifest::add_file(const std::string& relative_path,
                                std::optional<std::int64_t> member,
                                std::vector<std::int64_t> steps) {
  const fs::path path = path_inside(directory_, relative_path);
  ManifestFile file;
  file.path = relative_path;
  file.bytes = fs::file_size(path);
  file.xxh3 = xxh3_128_file(path).hex();
  file.sha256 = sha256_file(path);
  file.member = member;
  file.steps = std::move(steps);
  append(to_json(file));
  keep(files_, file);
  return file;
}

void Manifest::add_removed(const std::string& relative_path, const std::string& reason) {
  MYRIAD_EXPECT(find(relative_path) != nullptr);
  Json line;
  line.set("type", "removed");
  line.set("path", relative_path);
  line.set("reason", reason);
  append(line);
  drop(files_, relative_path);
}

const ManifestFile* Manifest::find(std::string_view relative_path) const {
  const auto found = std::find_if(files_.begin(), files_.end(),
                                  [&](const ManifestFile& f) { return f.path == relative_path; });
  return found == files_.end() ? nullptr : &*found;
}

std::optional<std::string> Manifest::problem_of(const ManifestFile& file) const {
  try {
    const fs::path path = path_inside(directory_, file.path);
    if (const Hash128 hash = xxh3_128_file(path); hash.hex() != file.xxh3) {
      return fmt::format("content differs from the manifest (xxh3 {} instead of {})", hash.hex(),
                         file.xxh3);
    }
    if (fs::file_size(path) != file.bytes) return "size differs from the manifest";
    if (!file.sha256.empty() && sha256_file(path) != file.sha256)
      return "SHA-256 differs from the manifest";
  } catch (const Error& error) {
    return error.what();
  }
  return std::nullopt;
}

std::vector<std::string> Manifest::verify() const {
  std::vector<std::string> problems;
  for (const ManifestFile& file : files_) {
    if (const auto problem = problem_of(file))
      problems.push_back(fmt::format("{}: {}", file.path, *problem));
  }
  return problems;
}

}  // namespace myriad
