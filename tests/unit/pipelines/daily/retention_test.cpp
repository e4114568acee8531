#include "pipelines/daily/retention.hpp"

#include <gtest/gtest.h>

#include <filesystem>

#include "src/base/files.hpp"
#include "tests/unit/base/temporary_directory.hpp"

namespace myriad::pipelines {
namespace {

namespace fs = std::filesystem;
using myriad::test::TemporaryDirectory;

const auto k_all = [](const ManifestFile&) { return true; };

class Retention : public ::testing::Test {
 protected:
  Retention() {
    make_directory(dir / "members");
    make_directory(dir / "products");
    Manifest manifest(dir.path());
    for (const char* name :
         {"members/mem00000.nc", "members/mem00001.nc", "products/ensemble.nc"}) {
      publish_text(dir / name, "content of " + std::string(name));
      write_sha256_sidecar(dir / name);
      manifest.add_file(name);
    }
  }
  TemporaryDirectory dir;
};

TEST_F(Retention, DeletesChosenFilesWithTheirSidecarsAndEmptyFolders) {
  const Pruned pruned =
      prune_run(dir.path(), [](const ManifestFile& f) { return f.path.starts_with("members/"); });
  EXPECT_EQ(pruned.files, 2U);
  EXPECT_EQ(pruned.bytes, 2 * std::string("content of members/mem00000.nc").size());
  EXPECT_FALSE(fs::exists(dir / "members"));
  EXPECT_TRUE(fs::exists(dir / "products/ensemble.nc"));
  EXPECT_TRUE(fs::exists(dir / "run.manifest"));
  EXPECT_EQ(Manifest(dir.path()).files().size(), 1U);
  EXPECT_TRUE(Manifest(dir.path()).verify().empty()) << "what is left is whole";
  EXPECT_EQ(prune_run(dir.path(), k_all).files, 1U) << "what is gone already does not count";
}

TEST_F(Retention, KeepsWhatTheManifestDoesNotName) {
  publish_text(dir / "members/notes.txt", "mine");
  publish_text(dir / "members/mem00002.nc", "somebody's");
  prune_run(dir.path(), k_all);
  EXPECT_EQ(read_text_file(dir / "members/notes.txt"), "mine");
  EXPECT_TRUE(fs::exists(dir / "members/mem00002.nc"));
  EXPECT_FALSE(fs::exists(dir / "members/mem00000.nc"));
}

TEST_F(Retention, KeepsAFileThatIsNoLongerTheOneThatWasMade) {
  publish_text(dir / "members/mem00000.nc", "replaced by hand", Existing::replace);
  publish_text(dir / "members/mem00001.nc.sha256", "a note of mine", Existing::replace);
  EXPECT_EQ(prune_run(dir.path(), k_all).files, 2U);
  EXPECT_EQ(read_text_file(dir / "members/mem00000.nc"), "replaced by hand");
  EXPECT_EQ(read_text_file(dir / "members/mem00001.nc.sha256"), "a note of mine");
}

TEST_F(Retention, AFileThatWasDeletedButNotToldIsToldTheNextTime) {
  fs::remove(dir / "members/mem00000.nc");
  EXPECT_EQ(prune_run(dir.path(), k_all).files, 2U);
  EXPECT_TRUE(Manifest(dir.path()).files().empty());
}

TEST_F(Retention, FollowsNoSymbolicLink) {
  const TemporaryDirectory outside;
  publish_text(outside / "precious", "content of members/mem00000.nc");
  fs::remove(dir / "members/mem00000.nc");
  fs::create_symlink(outside / "precious", dir / "members/mem00000.nc");
  // A link inside the run's path is refused as a whole: nothing outside is touched.
  try {
    prune_run(dir.path(), k_all);
  } catch (const Error& error) {
    EXPECT_EQ(error.id(), "E1058");
  }
  EXPECT_TRUE(fs::exists(outside / "precious"));
}

TEST(RetentionWithoutManifest, DeletesNothing) {
  const TemporaryDirectory dir;
  publish_text(dir / "a.nc", "x");
  EXPECT_EQ(prune_run(dir.path(), k_all).files, 0U);
  EXPECT_TRUE(fs::exists(dir / "a.nc"));
}

}  // namespace
}  // namespace myriad::pipelines
