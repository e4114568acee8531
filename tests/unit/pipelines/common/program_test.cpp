#include <gtest/gtest.h>

#include <filesystem>
#include <sstream>

#include "src/base/files.hpp"
#include "src/base/json.hpp"
#include "tests/unit/pipelines/common/run_process.hpp"

namespace myriad {
namespace {

using test::ProcessOptions;
using test::ProcessResult;
using test::TemporaryDirectory;

ProcessResult run(const std::vector<std::string>& arguments, const ProcessOptions& options = {}) {
  return test::run_process(MYRIAD_PROGRAM_CASE, arguments, options);
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST(ExitCodes, EveryKindOfErrorLeavesWithItsCodeAndItsMessage) {
  for (const int code : {64, 65, 66, 69, 70, 71, 73, 74, 75, 76, 77, 78}) {
    const ProcessResult r = run({"fail", std::to_string(code)});
    EXPECT_EQ(r.code, code);
    EXPECT_TRUE(
        contains(r.err, "error E9000: deliberate failure (a test asked for it); nothing to do"))
        << r.err;
    EXPECT_EQ(r.out, "") << "stdout is for results";
  }
}

TEST(ExitCodes, SuccessIsZeroAndDegradedIsThree) {
  EXPECT_EQ(run({"work", "--out", "x"}).code, 0);
  EXPECT_EQ(run({"work", "--out", "x", "--set", "degraded=true"}).code, 3);
}

TEST(ExitCodes, WrongCommandLinesAre64) {
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{},
                                             {"wrok"},
                                             {"work", "--sede", "3"},
                                             {"fail"},
                                             {"version", "x"},
                                             {"work", "--set", "x"},
                                             {"config", "x"}}) {
    const ProcessResult r = run(arguments);
    EXPECT_EQ(r.code, 64) << r.err;
    EXPECT_TRUE(contains(r.err, "error E")) << r.err;
    EXPECT_EQ(r.out, "");
  }
}

TEST(ExitCodes, WrongConfigurationIs78WithFileAndLine) {
  const TemporaryDirectory dir;
  publish_text(dir / "run.yaml", "out: x\nsede: 3\n");
  ProcessResult r = run({"work", (dir / "run.yaml").string()});
  EXPECT_EQ(r.code, 78);
  EXPECT_TRUE(
      contains(r.err, "error E1004: " + (dir / "run.yaml").string() + ":2: unknown key 'sede'"))
      << r.err;
  EXPECT_TRUE(contains(r.err, "did you mean 'seed'?")) << r.err;
  r = run({"work"});
  EXPECT_EQ(r.code, 78);
  EXPECT_TRUE(contains(r.err, "error E1005: command line: key 'out' is missing")) << r.err;
  r = run({"work", "--out", "x", "--quiet", "--verbose"});
  EXPECT_EQ(r.code, 78);
  EXPECT_TRUE(contains(r.err, "E2605")) << r.err;
}

TEST(ExitCodes, FailuresOfTheSystemHaveTheirCodes) {
  EXPECT_EQ(run({"work", "no-such-file.yaml"}).code, 66);
  const TemporaryDirectory dir;
  publish_text(dir / "huge.yaml", std::string(1000001, '#'));
  EXPECT_EQ(run({"work", (dir / "huge.yaml").string()}).code, 65);
  EXPECT_EQ(run({"version", "--log-dir", (dir / "huge.yaml/x").string()}).code, 73);
  EXPECT_EQ(run({"version", "--log-dir", "/sys/myriad"}).code, 77);
  ProcessOptions full;
  full.stdout_file = "/dev/full";
  const ProcessResult r = run({"exit-codes"}, full);
  EXPECT_EQ(r.code, 74);
  EXPECT_TRUE(contains(r.err, "ENOSPC")) << r.err;
}

TEST(ExitCodes, ManyTasksWithoutMpiAreRefusedWith69) {
  ProcessOptions options;
  options.environment = {"SLURM_STEP_ID=0", "SLURM_STEP_NUM_TASKS=2"};
  const ProcessResult r = test::run_process(MYRIAD_PROGRAM, {"version"}, options);
  EXPECT_EQ(r.code, 69) << r.err;
  EXPECT_TRUE(contains(r.err, "error E1104: srun started 2 tasks")) << r.err;
}

TEST(Bugs, EveryKindOfCrashIs70WithAReportBundle) {
  std::vector<std::pair<std::string, std::string>> cases = {
      {"exception", "error E2698: unexpected failure (unforeseen)"},
  };
#if !defined(__SANITIZE_ADDRESS__) && \
    !defined(__SANITIZE_THREAD__)  // sanitizers report crashes themselves
  cases.emplace_back("crash", "error E2699: the program crashed (signal 11)");
  cases.emplace_back("contract", "precondition violated: how.empty()");
#endif
  for (const auto& [how, words] : cases) {
    const TemporaryDirectory dir;
    ProcessOptions options;
    options.working_directory = dir.path();
    const ProcessResult r = run({"break", how}, options);
    EXPECT_EQ(r.code, 70) << how << r.err;
    EXPECT_TRUE(contains(r.err, words)) << r.err;
    EXPECT_TRUE(contains(r.err, "report bundle: ")) << r.err;
    ASSERT_FALSE(std::filesystem::is_empty(dir.path())) << how;
    const std::filesystem::path bundle = *std::filesystem::directory_iterator(dir.path());
    EXPECT_TRUE(std::filesystem::exists(bundle / "versions.json")) << how;
    EXPECT_TRUE(contains(read_text_file(bundle / "failure.txt"), "verb break on rank 0")) << how;
    EXPECT_TRUE(contains(read_text_file(bundle / "stack.txt"), "program_case")) << how;
  }
}

TEST(OutOfMemory, Is71WithWhatIsKnownAndWithoutAReportOfABug) {
  std::vector<std::pair<std::string, std::string>> cases = {
      {"memory", "error E2697: out of memory (this process holds"},
      {"array", "error E2697: out of memory (12345678901 bytes of an array were refused; this process holds"},
      {"noexcept", "error E2697: out of memory (this process holds"},
      {"thread", "error E2696: the system refused a thread"}};
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  cases.emplace_back("library", "error E2695: a library ended the program");
#endif
  for (const auto& [how, words] : cases) {
    const TemporaryDirectory dir;
    ProcessOptions options;
    options.working_directory = dir.path();
    const ProcessResult r = run({"break", how}, options);
    EXPECT_EQ(r.code, 71) << how << r.err;
    EXPECT_TRUE(contains(r.err, words)) << r.err;
    EXPECT_TRUE(std::filesystem::is_empty(dir.path())) << how;
  }
}

TEST(Bugs, ReportBundleLiesInTheRunDirectoryAndHoldsNoSecrets) {
  const TemporaryDirectory dir;
  ProcessOptions options;
  options.environment = {"MYRIAD_TEST_TOKEN=hunter2"};
  publish_text(dir / "run.manifest", "{}\n");
  const ProcessResult r = run({"work", "--out", dir.path().string(), "--set", "bug=true"}, options);
  EXPECT_EQ(r.code, 70);
  std::filesystem::path bundle;
  for (const auto& entry : std::filesystem::directory_iterator(dir.path())) {
    if (entry.is_directory()) bundle = entry.path();
  }
  ASSERT_FALSE(bundle.empty()) << r.err;
  EXPECT_TRUE(contains(read_text_file(bundle / "config.txt"), "bug: true  # --set"));
  EXPECT_TRUE(contains(read_text_file(bundle / "failure.txt"), "E9002"));
  EXPECT_TRUE(contains(read_text_file(bundle / "log-tail.txt"), "E9002"));
  EXPECT_EQ(read_text_file(bundle / "run.manifest"), "{}\n");
  for (const auto& entry : std::filesystem::directory_iterator(bundle)) {
    EXPECT_FALSE(contains(read_text_file(entry.path()), "hunter2")) << entry.path();
  }
}

TEST(Configuration, FileSetAndFlagsAreMergedInThisOrder) {
  const TemporaryDirectory dir;
  publish_text(dir / "run.yaml", "out: a\nseed: 1\nmembers: 8\n");
  const ProcessResult r = run({"work", (dir / "run.yaml").string(), "--seed", "5", "--set",
                               "lead=2d", "--overwrite", "--progress", "none"});
  EXPECT_EQ(r.code, 0) << r.err;
  EXPECT_EQ(r.out, "seed 5 members 8 lead 48h out a overwrite true progress none\n");
}

TEST(Configuration, KeysThatWereSetWithoutEffectAreWarnedOf) {
  EXPECT_FALSE(contains(run({"work", "--out", "x", "--seed", "1", "--quiet"}).err, "E2606"));
  const ProcessResult r = run({"work", "--out", "x", "--set", "idle=3"});
  EXPECT_EQ(r.code, 0);
  EXPECT_TRUE(contains(r.err, "warning E2606: set but without effect in this run: idle ("))
      << r.err;
}

TEST(Configuration, DryRunReachesTheVerb) {
  EXPECT_EQ(run({"work", "--out", "x", "--dry-run"}).out, "would run\n");
}

TEST(Configuration, ShowPrintsValuesOriginsAndTheHash) {
  const TemporaryDirectory dir;
  publish_text(dir / "run.yaml", "out: a\n\nseed: 1\n");
  const std::string file = (dir / "run.yaml").string();
  const ProcessResult r = run({"config", "show", "work", file, "--set", "members=3"});
  EXPECT_EQ(r.code, 0) << r.err;
  for (const std::string& line :
       {"seed: 1  # " + file + ":3\n", std::string("members: \"0-2\"  # --set\n"),
        std::string("lead: \"240h\"  # default\n"), std::string("# sha256: ")}) {
    EXPECT_TRUE(contains(r.out, line)) << line << r.out;
  }
  const Json json = parse_json(run({"config", "show", "work", file, "--json"}).out, "out");
  EXPECT_EQ(json.at("values").at("seed").as_int(), 1);
  EXPECT_TRUE(contains(r.out, json.at("sha256").as_string())) << "members are not part of the hash";
  EXPECT_EQ(run({"config", "show", "work", file, "--set", "sede=1"}).code, 78);
  EXPECT_EQ(run({"config", "show", "version"}).code, 64);
}

TEST(Configuration, InitAndSchemaDescribeTheVerb) {
  const ProcessResult init = run({"config", "init", "work"});
  EXPECT_EQ(init.code, 0);
  EXPECT_TRUE(contains(init.out, "out:  # required"));
  const Json schema = parse_json(run({"config", "schema", "work"}).out, "out");
  EXPECT_EQ(schema.at("properties").at("seed").at("type").as_string(), "integer");
}

TEST(Stopping, WallLimitThatIsUsedUpEndsWith75) {
  const ProcessResult r = run({"work", "--out", "x", "--wall-limit", "1s"});
  EXPECT_EQ(r.code, 75);
  EXPECT_TRUE(contains(r.err, "wall-clock limit")) << r.err;
}

TEST(Logs, JsonFormatMakesEveryLineOfStderrAnObject) {
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"fail", "76", "--log-format", "json"},
        {"fail", "70", "--log-format=json"},
        {"version", "--log-format", "json", "--zzz"}}) {
    const ProcessResult r = run(arguments);
    std::istringstream lines(r.err);
    int count = 0;
    for (std::string line; std::getline(lines, line); ++count) {
      EXPECT_NO_THROW(parse_json(line, "stderr").at("level")) << line;
    }
    EXPECT_GE(count, 1);
  }
}

TEST(Logs, QuietHidesInformationAndFilesKeepTheErrors) {
  const TemporaryDirectory dir;
  const std::string logs = (dir / "logs").string();
  EXPECT_TRUE(contains(run({"fail", "76"}).err, "about to fail"));
  const ProcessResult r = run({"fail", "76", "--quiet", "--log-dir", logs});
  EXPECT_FALSE(contains(r.err, "about to fail"));
  EXPECT_TRUE(contains(r.err, "E9000"));
  EXPECT_TRUE(contains(read_text_file(logs + "/rank-0000.log"), "E9000"));
}

TEST(Version, NamesLibrariesAsTextAndAsJson) {
  const ProcessResult text = run({"version"});
  EXPECT_TRUE(contains(text.out, "myriad "));
  EXPECT_TRUE(contains(text.out, "netcdf"));
  const Json json = parse_json(run({"version", "--json"}).out, "out");
  for (const char* name : {"kokkos", "mpi", "netcdf", "hdf5", "openssl"}) {
    EXPECT_FALSE(json.at("libraries").at(name).as_string().empty()) << name;
  }
  EXPECT_FALSE(json.at("compiler").as_string().empty());
  EXPECT_FALSE(json.at("git_describe").as_string().empty());
}

TEST(ExitCodesVerb, ListsEveryCodeOnce) {
  const ProcessResult r = run({"exit-codes", "--json"});
  std::istringstream lines(r.out);
  std::vector<std::int64_t> codes;
  for (std::string line; std::getline(lines, line);)
    codes.push_back(parse_json(line, "out").at("code").as_int());
  EXPECT_EQ(codes, (std::vector<std::int64_t>{0, 3, 64, 65, 66, 69, 70, 71, 73, 74, 75, 76, 77, 78}));
  const std::string doc = read_text_file(std::string(MYRIAD_DOCS) + "/exit-codes.md");
  for (const std::int64_t code : codes)
    EXPECT_TRUE(contains(doc, "| " + std::to_string(code) + " |")) << code;
}

}  // namespace
}  // namespace myriad
