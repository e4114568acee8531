#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "tests/unit/house/house_rules.hpp"

namespace myriad::house {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const std::vector<std::string> k_product = {"kernels", "src", "diagnostics", "training",
                                            "pipelines"};
const std::vector<std::string> k_everything = {"kernels",  "src",       "diagnostics",
                                               "training", "pipelines", "tests"};

std::vector<std::string> over_all(const std::vector<std::string>& folders,
                                  std::vector<std::string> (*rule)(const SourceFile&)) {
  std::vector<std::string> found;
  for (const SourceFile& file : read_sources(folders)) {
    for (auto& sentence : rule(file)) found.push_back(std::move(sentence));
  }
  return found;
}

TEST(IncludeDirection, LowerFoldersNeverIncludeHigherOnes) {
  ASSERT_GT(read_sources(k_product).size(), 10U) << "the tree was not found";
  EXPECT_THAT(over_all(k_product, direction_violations), IsEmpty());
}

TEST(IncludeDirection, ThirdPartyHeadersStayInTheirOneFolder) {
  EXPECT_THAT(over_all(k_product, vendor_violations), IsEmpty());
}

TEST(IncludeDirection, PlantedViolationsAreFound) {
  EXPECT_THAT(direction_violations({"kernels/a.cpp", "#include \"src/base/error.hpp\"\n"}),
              SizeIs(1));
  EXPECT_THAT(direction_violations({"src/io/a.cpp", "  # include  \"training/loss.hpp\"\n"}),
              SizeIs(1));
  EXPECT_THAT(direction_violations({"training/a.hpp", "#include \"diagnostics/crps.hpp\"\n"}),
              SizeIs(1));
  EXPECT_THAT(direction_violations({"diagnostics/a.hpp", "#include \"pipelines/x.hpp\"\n"}),
              SizeIs(1));
  EXPECT_THAT(direction_violations({"pipelines/a.cpp", "#include \"tests/support/x.hpp\"\n"}),
              SizeIs(1));
  EXPECT_THAT(direction_violations({"src/base/a.cpp", "#include \"src/io/x.hpp\"\n"}), SizeIs(1));
  EXPECT_THAT(direction_violations({"src/io/a.cpp", "#include \"reader.hpp\"\n"}), SizeIs(1));
  EXPECT_THAT(
      direction_violations({"src/io/a.cpp", "#include \"kernels/tensor.hpp\"\n#include <map>\n"}),
      IsEmpty());
  EXPECT_THAT(vendor_violations({"training/a.cpp", "#include <mpi.h>\n"}), SizeIs(1));
  EXPECT_THAT(vendor_violations({"src/model/a.cpp", "#include <netcdf.h>\n"}), SizeIs(1));
  EXPECT_THAT(vendor_violations({"src/io/a.cpp", "#include <yaml-cpp/yaml.h>\n"}), SizeIs(1));
  EXPECT_THAT(vendor_violations({"kernels/gemm.cpp", "#include <cblas.h>\n"}), SizeIs(1));
  EXPECT_THAT(vendor_violations({"kernels/gemm_kokkos.cpp", "#include <cuda_runtime.h>\n"}),
              SizeIs(1));
  EXPECT_THAT(vendor_violations({"kernels/gemm_kokkos.cpp", "#include <Kokkos_Core.hpp>\n"}),
              IsEmpty());
  EXPECT_THAT(vendor_violations({"kernels/gemm_cuda.cu", "#include <cublas_v2.h>\n"}), IsEmpty());
}

TEST(Files, NoneIsLongerThanEightHundredLines) {
  for (const SourceFile& file : read_sources(k_everything)) {
    EXPECT_LE(line_count(file.text), 800U) << file.path;
  }
  EXPECT_EQ(line_count("a\nb\n"), 2U);
  EXPECT_EQ(line_count("a\nb"), 2U);
}

TEST(Files, HeadersAreGuardedByPragmaOnce) {
  for (const SourceFile& file : read_sources(k_everything)) {
    if (!file.path.ends_with(".hpp")) continue;
    EXPECT_THAT(file.text, HasSubstr("#pragma once")) << file.path;
    EXPECT_EQ(file.text.find("\nusing namespace"), std::string::npos) << file.path;
  }
}

TEST(Files, NamesAreSnakeCase) {
  for (const SourceFile& file : read_sources(k_everything)) {
    const bool plain = std::all_of(file.path.begin(), file.path.end(), [](char c) {
      return std::islower(static_cast<unsigned char>(c)) != 0 ||
             std::isdigit(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '.' || c == '/';
    });
    EXPECT_TRUE(plain) << file.path;
  }
}

TEST(Files, EveryWorkMarkCarriesAnIssueNumber) {
  EXPECT_THAT(over_all(k_everything, unnumbered_work_marks), IsEmpty());
  const std::string mark = std::string("TO") + "DO";
  EXPECT_THAT(unnumbered_work_marks({"a.cpp", "// " + mark + " later\n"}), SizeIs(1));
  EXPECT_THAT(unnumbered_work_marks({"a.cpp", "// " + mark + "(#12) later\n"}), IsEmpty());
}

TEST(ErrorIds, EveryIdIsDocumentedOnceWithTheKindThatIsThrown) {
  std::vector<ErrorUse> uses;
  for (const SourceFile& file : read_sources(k_product)) {
    for (auto& use : error_uses(file)) uses.push_back(std::move(use));
  }
  std::vector<ErrorRow> rows;
  for (const SourceFile& document : read_files("docs/errors", ".md")) {
    for (auto& row : error_rows(document)) rows.push_back(std::move(row));
  }
  ASSERT_GT(uses.size(), 10U);
  // One line each, and each once: an id is often used at several places of a file.
  std::set<std::string> sentences;
  for (auto& sentence : error_table_violations(uses, rows)) sentences.insert(std::move(sentence));
  for (const std::string& sentence : sentences) ADD_FAILURE() << sentence;
}

TEST(ErrorIds, PlantedDisagreementsAreFound) {
  const auto uses =
      error_uses({"src/state/a.cpp",
                  "MYRIAD_VALIDATE(x, ErrorKind::input_corrupt,\n    \"E2101\", \"p (w) h\");"});
  ASSERT_THAT(uses, SizeIs(1));
  EXPECT_EQ(uses[0].id, "E2101");
  EXPECT_EQ(uses[0].kind, "input_corrupt");
  const auto rows = error_rows({"docs/errors/state.md",
                                "| id | kind | meaning | hint |\n|---|---|---|---|\n"
                                "| E2101 | input_corrupt (65) | damaged | fetch again |\n"});
  ASSERT_THAT(rows, SizeIs(1));
  EXPECT_THAT(error_table_violations(uses, rows), IsEmpty());
  EXPECT_THAT(error_table_violations(uses, {}), SizeIs(1)) << "undocumented";
  EXPECT_THAT(error_table_violations({}, rows), SizeIs(1)) << "unused";
  EXPECT_THAT(error_table_violations(uses, {rows[0], rows[0]}), SizeIs(1)) << "documented twice";
  auto other_kind = uses;
  other_kind[0].kind = "io";
  EXPECT_THAT(error_table_violations(other_kind, rows), SizeIs(1)) << "another kind";
  auto other_folder = uses;
  other_folder[0].path = "training/a.cpp";
  EXPECT_THAT(error_table_violations(other_folder, rows), SizeIs(1)) << "outside its range";
}

TEST(Documents, ChangelogHasTheFiveHeadings) {
  const auto files = read_files("docs", "CHANGELOG.md");
  ASSERT_THAT(files, SizeIs(1));
  for (const char* heading :
       {"### Added", "### Changed", "### Fixed", "### Removed", "### Incompatible"}) {
    EXPECT_THAT(files[0].text, HasSubstr(heading));
  }
}

TEST(Documents, TestsThatAreNamedAsProofExist) {
  const auto documents = read_files("docs", "reliability.md");
  const auto scripts = read_files("tests/e2e", "CMakeLists.txt");
  ASSERT_THAT(documents, SizeIs(1));
  ASSERT_THAT(scripts, SizeIs(1));
  const std::regex name("`(e2e_[a-z_]+)`");
  const std::string& text = documents[0].text;
  std::size_t named = 0;
  for (std::sregex_iterator it(text.begin(), text.end(), name), end; it != end; ++it, ++named) {
    EXPECT_THAT(scripts[0].text, HasSubstr("(" + (*it)[1].str() + " ")) << "named in docs/reliability.md";
  }
  EXPECT_GT(named, 10U);
}

TEST(Documents, LicenceAndSecurityPolicyAreThere) {
  for (const char* name : {"LICENSE", "SECURITY.md"}) {
    EXPECT_TRUE(std::filesystem::exists(repository_root() / name)) << name;
  }
}

}  // namespace
}  // namespace myriad::house
