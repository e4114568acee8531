#pragma once
/// \file
/// The house rules that a program can check, as pure functions over (path, text) so that each rule
/// has its own test with a planted violation.

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace myriad::house {

/// One text file of the repository; the path is relative to the root and uses '/'.
struct SourceFile {
  std::string path;
  std::string text;
};

/// Root of the repository: environment variable MYRIAD_SOURCE_DIR (set by CTest).
std::filesystem::path repository_root();

/// All C++ and CUDA files below the given top folders, sorted by path.
std::vector<SourceFile> read_sources(const std::vector<std::string>& top_folders);

/// All files with the given suffix below a folder, sorted by path; empty when the folder does not
/// exist.
std::vector<SourceFile> read_files(const std::string& folder, std::string_view suffix);

/// One sentence per include that breaks the direction kernels <- src <- {diagnostics, training} <-
/// pipelines.
std::vector<std::string> direction_violations(const SourceFile& file);

/// One sentence per third-party header included outside its one allowed place.
std::vector<std::string> vendor_violations(const SourceFile& file);

/// Number of lines of a text.
std::size_t line_count(std::string_view text);

/// The work marks (to-do notes) of a file that carry no issue number.
std::vector<std::string> unnumbered_work_marks(const SourceFile& file);

/// One use of an error id in the code.
struct ErrorUse {
  std::string id;    ///< "E2101"
  std::string kind;  ///< "input_corrupt", or empty when the kind is not a literal beside the id
  std::string path;
};
std::vector<ErrorUse> error_uses(const SourceFile& file);

/// One row `| E2101 | kind (code) | meaning | hint |` of a table in docs/errors.
struct ErrorRow {
  std::string id;
  std::string kind;
  std::string meaning;
  std::string hint;
  std::string path;
};
std::vector<ErrorRow> error_rows(const SourceFile& document);

/// Disagreements between the ids in the code and the tables: undocumented, unused, documented
/// twice, another kind than documented, two kinds for one id, or an id outside the range of its
/// folder.
std::vector<std::string> error_table_violations(const std::vector<ErrorUse>& uses,
                                                const std::vector<ErrorRow>& rows);

}  // namespace myriad::house
