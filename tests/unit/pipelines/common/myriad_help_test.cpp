// The real program: whatever verbs it has, their help and configuration tables must be sound.

#include <gtest/gtest.h>

#include <set>
#include <sstream>

#include "src/base/json.hpp"
#include "tests/unit/pipelines/common/run_process.hpp"

namespace myriad {
namespace {

using test::ProcessResult;

ProcessResult run(const std::vector<std::string>& arguments) {
  return test::run_process(MYRIAD_PROGRAM, arguments);
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

/// Verbs as the overview lists them.
std::vector<std::string> verbs() {
  std::vector<std::string> names;
  std::istringstream lines(run({"--help"}).out);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("  ") && line.size() > 2 && line[2] != ' ')
      names.push_back(line.substr(2, line.find(' ', 2) - 2));
  }
  return names;
}

TEST(Help, ShortFormFitsAScreenAndFullFormHasAnExampleForEveryVerb) {
  const std::vector<std::string> names = verbs();
  ASSERT_GE(names.size(), 3U);
  for (const std::string& verb : names) {
    const ProcessResult brief = run({verb, "-h"});
    EXPECT_EQ(brief.code, 0);
    std::istringstream lines(brief.out);
    int count = 0;
    for (std::string line; std::getline(lines, line); ++count)
      EXPECT_LE(line.size(), 80U) << verb << ": " << line;
    EXPECT_LE(count, 24) << verb;
    const ProcessResult full = run({verb, "--help"});
    EXPECT_EQ(full.code, 0);
    EXPECT_TRUE(contains(full.out, "\nexample:\n")) << verb;
    EXPECT_TRUE(contains(full.out, "myriad " + verb)) << verb;
    EXPECT_GE(full.out.size(), brief.out.size()) << verb;
  }
}

TEST(Help, NoTwoFlagsOfAVerbShareTheirText) {
  for (const std::string& verb : verbs()) {
    std::set<std::string> texts;
    std::istringstream lines(run({verb, "--help"}).out);
    for (std::string line; std::getline(lines, line);) {
      if (!line.starts_with("  --")) continue;
      const std::size_t gap = line.find("  ", 4);
      ASSERT_NE(gap, std::string::npos) << line;
      EXPECT_TRUE(texts.insert(line.substr(line.find_first_not_of(' ', gap))).second)
          << verb << ": " << line;
    }
  }
}

TEST(ConfigTables, EveryVerbWithAConfigurationHasASchemaAndATemplateThatParses) {
  for (const std::string& verb : verbs()) {
    const ProcessResult schema = run({"config", "schema", verb});
    if (!contains(run({verb, "--help"}).out, "config.yaml")) {
      EXPECT_EQ(schema.code, 64) << verb;
      continue;
    }
    ASSERT_EQ(schema.code, 0) << verb << schema.err;
    EXPECT_NO_THROW(parse_json(schema.out, verb)) << verb;
    const ProcessResult init = run({"config", "init", verb});
    ASSERT_EQ(init.code, 0) << verb;
    // The template is a configuration in which only required keys are missing.
    const test::TemporaryDirectory dir;
    std::ofstream(dir / "run.yaml") << init.out;
    const ProcessResult show = run({"config", "show", verb, (dir / "run.yaml").string()});
    EXPECT_TRUE(show.code == 0 || (show.code == 78 && contains(show.err, "E1005")))
        << verb << show.err;
    EXPECT_FALSE(contains(show.err, "E1004")) << verb << show.err;
    EXPECT_FALSE(contains(show.err, "E1006")) << verb << show.err;
  }
}

}  // namespace
}  // namespace myriad
