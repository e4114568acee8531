#include "tests/unit/house/house_rules.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <sstream>
#include <stdexcept>

namespace myriad::house {
namespace {

namespace fs = std::filesystem;

std::string read_text(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw std::runtime_error("cannot read " + path.string());
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

std::string top_folder(std::string_view path) {
  return std::string(path.substr(0, path.find('/')));
}

struct Include {
  std::string target;
  bool quoted;
};

std::vector<Include> includes_of(const std::string& text) {
  static const std::regex pattern(R"re(^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"])re",
                                  std::regex::ECMAScript | std::regex::multiline);
  std::vector<Include> found;
  for (std::sregex_iterator it(text.begin(), text.end(), pattern), end; it != end; ++it) {
    found.push_back({(*it)[2].str(), (*it)[1].str() == "\""});
  }
  return found;
}

const std::map<std::string, std::set<std::string>>& allowed_folders() {
  static const std::map<std::string, std::set<std::string>> table = {
      {"kernels", {"kernels"}},
      {"src", {"kernels", "src"}},
      {"diagnostics", {"kernels", "src", "diagnostics"}},
      {"training", {"kernels", "src", "training"}},
      {"pipelines", {"kernels", "src", "diagnostics", "training", "pipelines"}},
  };
  return table;
}

/// A family of third-party headers and the one kind of place that may include it.
struct VendorRule {
  const char* header;   ///< regular expression over the include target
  const char* allowed;  ///< regular expression over the including path
  const char* place;    ///< the same in words
};

constexpr std::array k_vendor_rules = {
    VendorRule{R"(^mpi\.h$)", R"(^src/comm/)", "src/comm"},
    VendorRule{R"(^nccl)", R"(^src/comm/|_cuda\.(cu|cuh)$)", "src/comm or *_cuda.cu"},
    VendorRule{R"(^(cuda|cublas|cufft|cusolver|curand|cooperative_groups|nvtx|mma\.h))",
               R"(^src/comm/|_cuda\.(cu|cuh)$)", "*_cuda.cu or src/comm"},
    VendorRule{R"(^(fftw3|cblas|lapacke|openblas))", R"(^kernels/.*_kokkos[^/]*$|^src/backend/)",
               "kernels/*_kokkos.cpp (src/backend for thread pinning)"},
    VendorRule{R"(^Kokkos_)", R"(^kernels/.*_kokkos[^/]*$|^kernels/compat\.hpp$|^src/backend/)",
               "kernels/*_kokkos.cpp (src/backend for initialise and finalise)"},
    VendorRule{R"(^(netcdf|hdf5|H5|eccodes))", R"(^src/io/)", "src/io"},
    VendorRule{R"(^(yaml-cpp/|CLI/|nlohmann/|spdlog/|xxhash|openssl/))", R"(^src/base/)",
               "src/base"},
};

/// The folder an id range belongs to (docs/errors/README.md).
bool range_fits(const std::string& id, const std::string& path) {
  static const std::map<std::string, std::regex> ranges = {
      {"E10", std::regex("^src/(base|backend)/")},
      {"E11", std::regex("^src/comm/")},
      {"E20", std::regex("^src/io/")},
      {"E21", std::regex("^src/state/")},
      {"E22", std::regex("^(src/(grid|spectral|backend)|kernels)/")},
      {"E23", std::regex("^src/(model|ensemble)/")},
      {"E24", std::regex("^training/")},
      {"E25", std::regex("^diagnostics/")},
      {"E26", std::regex("^(pipelines|src/base)/")},
      {"E27", std::regex("^pipelines/")},
  };
  const auto range = ranges.find(id.substr(0, 3));
  return range != ranges.end() && std::regex_search(path, range->second);
}

/// True when the second column of a table names the kind or its exit code.
bool kind_fits(const std::string& documented, const std::string& kind) {
  static const std::map<std::string, std::string> codes = {
      {"usage", "64"},       {"input_corrupt", "65"}, {"input_missing", "66"},
      {"unavailable", "69"}, {"internal", "70"},  {"resources", "71"},      {"cannot_create", "73"},
      {"io", "74"},          {"stopped_early", "75"}, {"quality", "76"},
      {"permission", "77"},  {"config_invalid", "78"}};
  const auto code = codes.find(kind);
  if (code == codes.end()) return false;
  return documented.find(code->second) != std::string::npos ||
         std::regex_search(documented, std::regex("\\b" + kind + "\\b"));
}

std::string trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return std::string(text.substr(begin, text.find_last_not_of(" \t") - begin + 1));
}

}  // namespace

fs::path repository_root() {
  const char* root = std::getenv("MYRIAD_SOURCE_DIR");
  if (root == nullptr) throw std::runtime_error("MYRIAD_SOURCE_DIR is not set; run through ctest");
  return root;
}

std::vector<SourceFile> read_files(const std::string& folder, std::string_view suffix) {
  std::vector<SourceFile> files;
  const fs::path base = repository_root() / folder;
  if (!fs::exists(base)) return files;
  for (const auto& entry : fs::recursive_directory_iterator(base)) {
    if (!entry.is_regular_file()) continue;
    const std::string path = fs::relative(entry.path(), repository_root()).generic_string();
    if (path.ends_with(suffix)) files.push_back({path, read_text(entry.path())});
  }
  std::sort(files.begin(), files.end(),
            [](const auto& a, const auto& b) { return a.path < b.path; });
  return files;
}

std::vector<SourceFile> read_sources(const std::vector<std::string>& top_folders) {
  std::vector<SourceFile> files;
  for (const auto& folder : top_folders) {
    for (std::string_view suffix : {".hpp", ".h", ".cpp", ".cu", ".cuh"}) {
      auto some = read_files(folder, suffix);
      std::move(some.begin(), some.end(), std::back_inserter(files));
    }
  }
  std::sort(files.begin(), files.end(),
            [](const auto& a, const auto& b) { return a.path < b.path; });
  return files;
}

std::vector<std::string> direction_violations(const SourceFile& file) {
  std::vector<std::string> found;
  const auto rule = allowed_folders().find(top_folder(file.path));
  if (rule == allowed_folders().end()) return found;
  for (const Include& include : includes_of(file.text)) {
    const std::string target_top = top_folder(include.target);
    const bool ours = allowed_folders().contains(target_top) || target_top == "tests";
    if (include.quoted && !ours) {
      found.push_back(fmt::format("{} includes \"{}\": project headers are named from the root",
                                  file.path, include.target));
    }
    if (ours && !rule->second.contains(target_top)) {
      found.push_back(fmt::format("{} includes {}: {} may not depend on {}", file.path,
                                  include.target, rule->first, target_top));
    }
    // The lowest layer of src knows no other layer of src.
    if (file.path.starts_with("src/base/") && include.target.starts_with("src/") &&
        !include.target.starts_with("src/base/")) {
      found.push_back(fmt::format("{} includes {}: src/base is below every other folder", file.path,
                                  include.target));
    }
  }
  return found;
}

std::vector<std::string> vendor_violations(const SourceFile& file) {
  std::vector<std::string> found;
  if (!allowed_folders().contains(top_folder(file.path))) return found;
  for (const Include& include : includes_of(file.text)) {
    for (const VendorRule& rule : k_vendor_rules) {
      if (std::regex_search(include.target, std::regex(rule.header)) &&
          !std::regex_search(file.path, std::regex(rule.allowed))) {
        found.push_back(fmt::format("{} includes {}: allowed only in {}", file.path, include.target,
                                    rule.place));
      }
    }
  }
  return found;
}

std::size_t line_count(std::string_view text) {
  const auto newlines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
  return newlines + (text.empty() || text.back() == '\n' ? 0 : 1);
}

std::vector<std::string> unnumbered_work_marks(const SourceFile& file) {
  // The words are assembled here so that this file does not find itself.
  static const std::regex pattern(
      "\\b(TO"
      "DO|FIX"
      "ME)\\b(?!\\(#[0-9]+\\))");
  std::vector<std::string> found;
  std::istringstream lines(file.text);
  std::string line;
  for (std::size_t number = 1; std::getline(lines, line); ++number) {
    if (std::regex_search(line, pattern)) {
      found.push_back(fmt::format("{}:{}: {}", file.path, number, trimmed(line)));
    }
  }
  return found;
}

std::vector<ErrorUse> error_uses(const SourceFile& file) {
  static const std::regex pattern(R"re((?:ErrorKind::([a-z_]+)[ \t\n]*,[ \t\n]*)?"(E[0-9]{4})")re");
  // Ids in comments are examples, not uses.
  const std::string code = std::regex_replace(file.text, std::regex("//[^\n]*"), "");
  std::vector<ErrorUse> found;
  for (std::sregex_iterator it(code.begin(), code.end(), pattern), end; it != end; ++it) {
    found.push_back({(*it)[2].str(), (*it)[1].str(), file.path});
  }
  return found;
}

std::vector<ErrorRow> error_rows(const SourceFile& document) {
  static const std::regex pattern(
      R"re(^\|\s*`?(E[0-9]{4})`?\s*\|([^|]*)\|([^|]*)\|([^|]*)\|\s*$)re");
  std::vector<ErrorRow> rows;
  std::istringstream lines(document.text);
  std::string line;
  while (std::getline(lines, line)) {
    std::smatch match;
    if (std::regex_match(line, match, pattern)) {
      rows.push_back({match[1].str(), trimmed(match[2].str()), trimmed(match[3].str()),
                      trimmed(match[4].str()), document.path});
    }
  }
  return rows;
}

std::vector<std::string> error_table_violations(const std::vector<ErrorUse>& uses,
                                                const std::vector<ErrorRow>& rows) {
  std::vector<std::string> found;
  std::map<std::string, ErrorRow> documented;
  for (const ErrorRow& row : rows) {
    if (!documented.emplace(row.id, row).second) {
      found.push_back(fmt::format("{} is documented twice ({} and {})", row.id,
                                  documented.at(row.id).path, row.path));
    }
    if (row.meaning.empty() || row.hint.empty()) {
      found.push_back(fmt::format("{} in {} lacks a meaning or a hint", row.id, row.path));
    }
  }
  std::set<std::string> used;
  for (const ErrorUse& use : uses) {
    used.insert(use.id);
    if (!range_fits(use.id, use.path)) {
      found.push_back(
          fmt::format("{} is used in {}, outside the folder of its range", use.id, use.path));
    }
    const auto row = documented.find(use.id);
    if (row == documented.end()) {
      found.push_back(fmt::format("{} (used in {}) has no row in docs/errors", use.id, use.path));
      continue;
    }
    if (!use.kind.empty() && !kind_fits(row->second.kind, use.kind)) {
      found.push_back(fmt::format("{} is thrown as {} in {} but documented as {}", use.id, use.kind,
                                  use.path, row->second.kind));
    }
  }
  for (const auto& [id, row] : documented) {
    if (!used.contains(id)) {
      found.push_back(fmt::format("{} is documented in {} but no code throws it", id, row.path));
    }
  }
  return found;
}

}  // namespace myriad::house
